"""A cluster's time, rate and place in words."""

from __future__ import annotations

import pytest

from lab.report import clusters, text


def test_machine_facts_are_told_in_words() -> None:
    facts = {"rate": "0.0", "now": "1767225730.5", "began": "1767225600", "server": "https://127.0.0.1:1"}
    said = clusters.status([("state", "running"), ("version", "")], facts)
    assert said.splitlines()[0] == "state         running"
    assert "2026-01-01 00:02:10.500 UTC, 2 min 10 s after its first start; kubectl is told it" in said
    assert "0 (stands still)" in said
    assert "https://127.0.0.1:1" in said
    assert "1767225730" not in said
    assert "version" not in said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (59.9, "59 s"), (60, "1 min"), (3700, "1 h 1 min"), (90000, "1 d 1 h"), (86400, "1 d")],
)
def test_a_span_is_its_two_largest_units(seconds: float, said: str) -> None:
    assert clusters.span(seconds) == said


def test_a_header_without_a_word_takes_no_line() -> None:
    assert text.table(("", ""), [("a", "b")]) == "a  b\n"


def test_one_is_not_many() -> None:
    assert [text.counted(number, "file") for number in (0, 1, 2)] == ["0 files", "1 file", "2 files"]

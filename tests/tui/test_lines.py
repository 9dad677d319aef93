"""How lines are broken to a width."""

from __future__ import annotations

import pytest

from lab.tui.widgets.lines import wrapped


def _texts(text: str, width: int, *, words: bool) -> list[str]:
    return ["".join(span.text for span in line) for line in wrapped(text, width, words=words)]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("Liveness probe failed: HTTP", ["Liveness probe", "failed: HTTP"]),
        ("    deep as it began, and so on", ["    deep as it", "    began, and", "    so on"]),
        ("sha256:0123456789abcdef", ["sha256:012345678", "9abcdef"]),
        ("NAME   READY   STATUS", ["NAME   READY", "STATUS"]),
        ("名前が長い容器のログ出力", ["名前が長い容器の", "ログ出力"]),
        ("", [""]),
    ],
)
def test_lines_break_between_words_where_they_can(text: str, lines: list[str]) -> None:
    assert _texts(text, 16, words=True) == lines


def test_logs_break_at_the_edge() -> None:
    assert _texts("Liveness probe failed", 16, words=False) == ["Liveness probe f", "ailed"]

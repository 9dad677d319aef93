"""A running kubectl: its output comes in bounded batches; it can be stopped, and has no terminal."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from lab.attempt.kubectl import Process
from lab.attempt.kubectl.process import LINES, LONGEST
from lab.errors import NotAbleError

if TYPE_CHECKING:
    from pathlib import Path


def run(tmp_path: Path, script: str) -> tuple[Process, list[str]]:
    process = Process(("/bin/sh", "-c", script), {}, tmp_path)
    process.run(lambda: None)
    return process, list(process.take().lines)


def test_output_errors_and_exit_code_come_in_order(tmp_path: Path) -> None:
    process, lines = run(tmp_path, "echo one; echo two >&2; printf three; pwd > where; exit 3")
    assert lines == ["one", "two", "three"]
    assert process.exit_code == 3
    assert (tmp_path / "where").read_text().strip() == str(tmp_path)


def test_what_a_terminal_would_obey_is_left_out(tmp_path: Path) -> None:
    _, lines = run(tmp_path, r"printf '\033[31mred\033[0m\r\n\033]0;title\007a\tb\b\n\303\n'")
    assert lines == ["red", "a       b", "�"]


def test_it_reads_nothing_and_has_no_terminal(tmp_path: Path) -> None:
    _, lines = run(tmp_path, "cat; (exec < /dev/tty) 2>/dev/null || echo none")
    assert lines == ["none"]


def test_too_much_is_dropped_from_the_front_and_counted(tmp_path: Path) -> None:
    process = Process(
        ("/bin/sh", "-c", f"seq {LINES + 1000}; yes | head -c {LONGEST + 9} | tr -d '\\n'"), {}, tmp_path
    )
    process.run(lambda: None)
    batch = process.take()
    assert len(batch.lines) == LINES
    assert batch.dropped + len(batch.lines) == LINES + 1001
    assert len(batch.lines[-1]) <= LONGEST + 1
    assert not process.take().lines


@pytest.mark.parametrize("trap", ["", "trap 'echo bye; exit 9' INT;"])
def test_it_is_stopped_as_by_ctrl_c(tmp_path: Path, trap: str) -> None:
    process = Process(("/bin/sh", "-c", f"{trap} echo on; while :; do sleep 0.02; done"), {}, tmp_path)
    wrote = threading.Event()
    thread = threading.Thread(target=process.run, args=(wrote.set,))
    thread.start()
    assert wrote.wait(30)
    process.stop()
    thread.join(30)
    assert process.stopped
    assert process.exit_code == (9 if trap else -2)


def test_a_missing_kubectl_is_told_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NotAbleError, match="cannot start") as told:
        Process((str(tmp_path / "kubectl"),), {}, tmp_path).run(lambda: None)
    assert "install kubectl" in told.value.remedy

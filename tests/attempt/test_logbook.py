"""Lines of logs are kept under the instance that wrote them, in bounds."""

from __future__ import annotations

from lab.attempt.logbook import LINES, LogBook
from lab.kube.logs import LogLine

KEY = ("uid", "app", 5)


def _texts(book: LogBook, restart: int) -> list[str]:
    volume = book.get(("uid", "app", restart))
    return [line.text for line in volume.lines] if volume is not None else []


def _read(book: LogBook, *lines: LogLine) -> tuple[str, str, int]:
    volume = book.open(KEY)
    key = book.begun(KEY, volume, lines[0])
    volume.add(lines)
    return key


def test_a_log_that_begins_later_than_what_was_kept_is_the_next_instances() -> None:
    book = LogBook()
    assert _read(book, LogLine(10, "booting"), LogLine(20, "bye")) == KEY
    assert _read(book, LogLine(10, "booting"), LogLine(20, "bye"), LogLine(21, "really")) == KEY
    book.open(KEY)  # nothing came of it
    assert _read(book, LogLine(21, "booting again")) == ("uid", "app", 6)
    assert _texts(book, 5) == ["booting", "bye", "really"]
    assert _texts(book, 6) == ["booting again"]


def test_of_a_log_that_was_not_kept_whole_nothing_is_guessed() -> None:
    book = LogBook()
    _read(book, *(LogLine(at, "x") for at in range(LINES + 10)))
    assert _read(book, LogLine(LINES + 100, "y")) == KEY
    assert _texts(book, 5) == ["y"]

"""An image is brought once by those who need it together, and again when its tag got other content."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from lab.providers.base import ImageSource
from lab.providers.bringing import LATE, Brought

SOURCE = ImageSource("podlab/x:1", Path(), content="sha256:a")


class Clock:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def wanted(brought: Brought, source: ImageSource) -> bool:
    with brought.turn(source) as needed:
        return needed


def test_what_was_just_brought_is_not_brought_again() -> None:
    clock = Clock()
    brought = Brought(clock)
    assert wanted(brought, SOURCE)
    assert not wanted(brought, SOURCE)
    clock.seconds = LATE
    assert wanted(brought, SOURCE), "by then the nodes tell, or it is gone"
    brought.forget()
    assert wanted(brought, SOURCE)


def test_a_tag_with_other_content_is_brought_again_and_so_is_the_first_content_after_it() -> None:
    brought = Brought(Clock())
    other = replace(SOURCE, content="sha256:b")
    assert [wanted(brought, source) for source in (SOURCE, other, SOURCE)] == [True, True, True]
    assert wanted(brought, replace(SOURCE, content=""))
    assert wanted(brought, replace(SOURCE, content=""))


def test_what_failed_is_tried_again() -> None:
    brought = Brought(Clock())
    with pytest.raises(OSError, match="broken"), brought.turn(SOURCE):
        raise OSError("broken")
    assert wanted(brought, SOURCE)


def test_the_second_waits_for_the_first() -> None:
    brought = Brought(Clock())
    answers: list[bool] = []
    with brought.turn(SOURCE) as needed:
        answers.append(needed)
        second = threading.Thread(target=lambda: answers.append(wanted(brought, SOURCE)))
        second.start()
    second.join()
    assert answers == [True, False]

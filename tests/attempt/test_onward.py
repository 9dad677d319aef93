"""What comes next: what is open first, and what is passed over is told."""

from __future__ import annotations

from lab.attempt.onward import Way
from lab.model.card import Card
from lab.model.progress import Progress, Record, Standing
from tests.tui.scripted import CATALOGUE, exercise

DONE = Record(standing=Standing.SOLVED)


def _way(*solved: str, capabilities: frozenset[str] | None = frozenset()) -> Way:
    return Way.of(CATALOGUE, Progress(dict.fromkeys(solved, DONE)), capabilities)


def test_what_is_not_open_is_passed_over_and_told() -> None:
    ahead = _way("http-probe", "wrong-path").after("wrong-path")
    assert ahead.name == "database-in-liveness"
    assert ahead.passed == ("always-200 (not on this cluster)",)
    assert _way("http-probe", "wrong-path", capabilities=None).after("wrong-path").name == "always-200"


def test_what_was_begun_elsewhere_is_named_besides() -> None:
    records = {
        "oom-limit": Record(standing=Standing.STARTED),
        "http-probe": Record(standing=Standing.STARTED),
    }
    way = Way.of(CATALOGUE, Progress({"wrong-path": DONE, **records}), None)
    ahead = way.after("wrong-path")
    assert (ahead.name, ahead.passed, ahead.begun) == ("always-200", ("http-probe",), ("oom-limit",))


def test_an_unsolved_prerequisite_puts_an_exercise_behind_those_that_are_open() -> None:
    ahead = _way("database-in-liveness").after("database-in-liveness")
    assert ahead.name == "oom-limit"
    assert ahead.passed == (
        "http-probe",
        "wrong-path",
        "always-200 (not on this cluster)",
        "probe-loop (better after wrong-path)",
    )


def test_round_the_end_of_the_list_and_when_nothing_else_is_left() -> None:
    solved = {one.name for one in CATALOGUE} - {"always-200"}
    last = _way(*solved).after("oom-limit")
    assert (last.name, last.passed) == ("always-200", ()), "not to be had here, but all there is"
    assert _way(*solved, "always-200").after("oom-limit").name == ""
    first = _way(*(solved - {"probe-loop"}), capabilities=None).after("probe-loop")
    assert (first.name, first.passed) == ("always-200", ()), "the one left is not its own next"


def test_a_prerequisite_that_is_not_there_stands_in_nobodys_way() -> None:
    lone = Card.of(exercise("lone", "Alone", "probes", 1, 5, prerequisites=("gone",)))
    assert Way((lone,)).obstacle(lone) == ""

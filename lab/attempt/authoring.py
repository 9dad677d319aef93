"""For authors: which exercises are meant, what is wrong with their files, whether they hold their promise."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from lab.attempt.cancel import Cancel, Narrate, silent
from lab.catalogue.lint import lint
from lab.catalogue.problems import ContentProblems
from lab.errors import NotAbleError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lab.attempt.lab import Lab
    from lab.errors import ContentError
    from lab.model.exercise import Exercise
    from lab.model.proof import Proof
    from lab.providers.base import Provider
    from lab.settings import Settings


def chosen(lab: Lab, names: Sequence[str]) -> tuple[Exercise, ...]:
    """The exercises of these names, in the catalogue's order; all when none is named.

    Raises:
        UsageError: there is no exercise of one of these names.
        ContentError: one of them, or when none is named any at all, cannot be read.
    """
    wanted = {lab.exercise(name).name for name in names}
    if not wanted and lab.problems():
        raise ContentProblems(lab.problems())
    return tuple(one for one in lab.exercises() if not wanted or one.name in wanted)


def check(lab: Lab, names: Sequence[str]) -> tuple[ContentError, ...]:
    """Everything that is wrong with the files of these exercises (of all when none is named)."""
    try:
        everything = lab.exercises()
        meant = tuple(lab.exercise(name) for name in names) or everything
    except ContentProblems as found:
        return found.problems
    unreadable = () if names else lab.problems()
    return (*unreadable, *(problem for one in meant for problem in lint(one, everything)))


def prove(
    lab: Lab,
    exercises: Sequence[Exercise],
    *,
    jobs: int = 1,
    narrate: Narrate = silent,
    cancel: Cancel | None = None,
) -> Proof:
    """Prove exercises on the settings' provider; the embedded cluster is hosted in this process, one a trial.

    Raises:
        NotAbleError: there is no kubectl for the steps, or the cluster cannot be had.
        Cancelled: the user interrupted; all namespaces were removed.
    """
    from lab.attempt import proving

    if not lab.settings.kubectl:
        raise NotAbleError(
            "there is no kubectl, and alternates and cheats are kubectl steps",
            remedy="install it (https://kubernetes.io/docs/tasks/tools/), or: pip install 'podlab[kubectl]'",
        )
    shared = lab.provider(None, cancel)
    if shared.name != "embedded":
        shared.up(narrate)
    return proving.prove(
        exercises,
        lambda: room(lab.settings, shared),
        kubectl=lab.settings.kubectl,
        jobs=jobs,
        cancel=cancel,
        on_trial=lambda trial: narrate(f"{trial.exercise} {trial.variant}: {trial.result.value}"),
    )


@contextmanager
def room(settings: Settings, shared: Provider, *, isolation_required: bool = False) -> Iterator[Provider]:
    """A cluster for one run: an embedded one of its own in this process, or the one that all share.

    With `isolation_required` the embedded one runs edited code only where the operating system keeps it in.
    """
    if shared.name != "embedded":
        yield shared
        return
    from lab.providers.embedded.inprocess import InProcessProvider

    with InProcessProvider(settings, isolation_required=isolation_required) as provider:
        yield provider

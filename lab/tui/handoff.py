"""Handing the terminal to another program: the learner's editor and shell.

The only place of the TUI that starts processes. The caller has suspended the app; these return
when the program ends.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING, Protocol

from lab.errors import NotAbleError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class Handoff(Protocol):
    """What may take the terminal over for a while."""

    def edit(self, file: Path) -> None:
        """Open a file in the user's editor and return when it is closed.

        Raises:
            lab.errors.NotAbleError: there is no editor, or it does not start.
        """

    def shell(self, directory: Path, environment: Mapping[str, str], greeting: str) -> None:
        """Run the user's shell in a directory and return when it ends.

        Raises:
            lab.errors.NotAbleError: the shell does not start.
        """


class TerminalHandoff:
    """The real thing: `$VISUAL` or `$EDITOR`, and `$SHELL`, on the terminal the app was suspended from."""

    def edit(self, file: Path) -> None:
        """Open `file` in `$VISUAL`, `$EDITOR` or vi; see `Handoff.edit`."""
        command = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
        self._run([*shlex.split(command), str(file)], file.parent, {}, "set EDITOR to an editor you have")

    def shell(self, directory: Path, environment: Mapping[str, str], greeting: str) -> None:
        """Run `$SHELL` (or sh) with `environment` on top of the own one; see `Handoff.shell`."""
        sys.stdout.write(f"{greeting}\n")
        sys.stdout.flush()
        self._run(
            [os.environ.get("SHELL") or "/bin/sh"], directory, environment, "set SHELL to a shell you have"
        )

    @staticmethod
    def _run(command: list[str], directory: Path, environment: Mapping[str, str], remedy: str) -> None:
        try:
            subprocess.run(command, cwd=directory, env={**os.environ, **environment}, check=False)
        except OSError as problem:
            name = shlex.join(command[:1])
            raise NotAbleError(f"cannot start {name}: {problem.strerror}", remedy=remedy) from problem

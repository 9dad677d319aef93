"""Handing the terminal to another program: the learner's editor and shell.

The only place of the TUI that starts processes. The caller has suspended the app; these return
when the program ends.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Protocol

from lab.errors import NotAbleError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


EDITORS = (
    ("nano", "nano", "Ctrl+X leaves it"),
    ("micro", "micro", "Ctrl+Q leaves it"),
    ("vim", "vim", ":wq saves and leaves, :q! only leaves"),
    ("vi", "vi", ":wq saves and leaves, :q! only leaves"),
    ("emacs", "emacs -nw", "Ctrl+X Ctrl+C leaves it"),
    ("hx", "hx", ":wq saves and leaves, :q! only leaves"),
)
"""Editors for a terminal that a learner may have: program, command, and how one gets out."""


class Handoff(Protocol):
    """What may take the terminal over for a while."""

    def editor(self) -> str:
        """The command of the editor the user has set; empty: none is set."""

    def editors(self) -> tuple[tuple[str, str], ...]:
        """Editors this machine has: command, and how one gets out."""

    def edit(self, file: Path, command: str) -> None:
        """Open a file in an editor and return when it is closed.

        Raises:
            lab.errors.NotAbleError: the editor does not start.
        """

    def shell(self, directory: Path, environment: Mapping[str, str], greeting: str) -> None:
        """Run the user's shell in a directory and return when it ends.

        Raises:
            lab.errors.NotAbleError: the shell does not start.
        """


class NoHandoff:
    """In a browser there is no terminal to hand over: no shell, and no editor but the lab's own."""

    _REFUSAL = NotAbleError(
        "the lab is in a browser here: there is no terminal to hand to another program",
        remedy="edit here (Enter in 2 Files), or open podlab in a terminal",
    )

    def editor(self) -> str:
        """None; see `Handoff.editor`."""
        return ""

    def editors(self) -> tuple[tuple[str, str], ...]:
        """None; see `Handoff.editors`."""
        return ()

    def edit(self, file: Path, command: str) -> None:  # noqa: ARG002 (the protocol's)
        """Refused; see `Handoff.edit`."""
        raise self._REFUSAL

    def shell(self, directory: Path, environment: Mapping[str, str], greeting: str) -> None:  # noqa: ARG002
        """Refused; see `Handoff.shell`."""
        raise self._REFUSAL


class TerminalHandoff:
    """The real thing: `$VISUAL` or `$EDITOR`, and `$SHELL`, on the terminal the app was suspended from."""

    def editor(self) -> str:
        """`$VISUAL` or `$EDITOR`; see `Handoff.editor`."""
        return os.environ.get("VISUAL", "").strip() or os.environ.get("EDITOR", "").strip()

    def editors(self) -> tuple[tuple[str, str], ...]:
        """Those of `EDITORS` that are on PATH; see `Handoff.editors`."""
        return tuple((command, way_out) for name, command, way_out in EDITORS if shutil.which(name))

    def edit(self, file: Path, command: str) -> None:
        """Open `file` with `command`; see `Handoff.edit`."""
        remedy = "set EDITOR to an editor you have, or edit here: Enter in 2 Files"
        try:
            words = shlex.split(command)
        except ValueError as problem:
            raise NotAbleError(
                f"cannot make sense of EDITOR={command}: {problem}", remedy=remedy
            ) from problem
        self._run([*words, str(file)], file.parent, {}, remedy)

    def shell(self, directory: Path, environment: Mapping[str, str], greeting: str) -> None:
        """Run `$SHELL` (or sh) with `environment` on top of the own one; see `Handoff.shell`."""
        clear = "\x1b[2J\x1b[H" if sys.stdout.isatty() else ""
        sys.stdout.write(f"{clear}{greeting}\n")
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

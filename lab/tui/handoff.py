"""Handing the terminal to another program: the learner's editor and shell.

The only place of the TUI that starts processes. The caller has suspended the app; these return
when the program ends.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import sys
import termios
from typing import TYPE_CHECKING, Protocol

from lab.errors import NotAbleError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
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


_PLUS_LINE = frozenset(
    {"nano", "pico", "micro", "vi", "vim", "nvim", "view", "emacs", "emacsclient", "joe", "mg", "kak"}
)
"""Editors that are told a line as `+12` before the file."""

_COLON_LINE = frozenset({"hx", "helix"})
"""Editors that are told it as `file:12`."""


class Handoff(Protocol):
    """What may take the terminal over for a while."""

    def editor(self) -> str:
        """The command of the editor the user has set; empty: none is set."""

    def editors(self) -> tuple[tuple[str, str], ...]:
        """Editors this machine has: command, and how one gets out."""

    def edit(self, file: Path, command: str, line: int = 1) -> None:
        """Open a file in an editor, at a line where the editor can do that, and return when it is closed.

        Raises:
            lab.errors.NotAbleError: the editor does not start.
        """

    def announce(self, words: str) -> None:
        """Say on the terminal what it waits for."""

    def shell(self, directory: Path, environment: Mapping[str, str], greeting: str) -> None:
        """Run the user's shell in a directory and return when it ends.

        Raises:
            lab.errors.NotAbleError: the shell does not start.
        """

    def command(self, argv: Sequence[str], directory: Path, environment: Mapping[str, str]) -> int:
        """Run a program that talks with the user; its exit code.

        Raises:
            lab.errors.NotAbleError: it does not start.
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

    def edit(self, file: Path, command: str, line: int = 1) -> None:  # noqa: ARG002 (the protocol's)
        """Refused; see `Handoff.edit`."""
        raise self._REFUSAL

    def announce(self, words: str) -> None:
        """To nobody; see `Handoff.announce`."""

    def shell(self, directory: Path, environment: Mapping[str, str], greeting: str) -> None:  # noqa: ARG002
        """Refused; see `Handoff.shell`."""
        raise self._REFUSAL

    def command(self, argv: Sequence[str], directory: Path, environment: Mapping[str, str]) -> int:  # noqa: ARG002
        """Refused; see `Handoff.command`."""
        raise self._REFUSAL


class TerminalHandoff:
    """The real thing: `$VISUAL` or `$EDITOR`, and `$SHELL`, on the terminal the app was suspended from."""

    def __init__(self, home: Path) -> None:
        """`home`: the lab's state directory, for what a shell has to read."""
        self._home = home

    def editor(self) -> str:
        """`$VISUAL` or `$EDITOR`; see `Handoff.editor`."""
        return os.environ.get("VISUAL", "").strip() or os.environ.get("EDITOR", "").strip()

    def editors(self) -> tuple[tuple[str, str], ...]:
        """Those of `EDITORS` that are on PATH; see `Handoff.editors`."""
        return tuple((command, way_out) for name, command, way_out in EDITORS if shutil.which(name))

    def edit(self, file: Path, command: str, line: int = 1) -> None:
        """Open `file` with `command`; see `Handoff.edit`."""
        remedy = "set EDITOR to an editor you have, or edit here: Enter in 2 Files"
        try:
            words = shlex.split(command)
        except ValueError as problem:
            raise NotAbleError(
                f"cannot make sense of EDITOR={command}: {problem}", remedy=remedy
            ) from problem
        code = self._run([*words, *_at(words, file, line)], file.parent, {}, remedy)
        if code == COMMAND_NOT_FOUND:  # said by a shell that was to start it
            raise NotAbleError(f"{shlex.join(words)} could not be started", remedy=remedy)
        if code:
            raise NotAbleError(
                f"{shlex.join(words)} ended with {_ending(code)}",
                where=str(file),
                remedy="what it had saved is here; the rest it has said itself, above the lab",
            )

    def announce(self, words: str) -> None:
        """On a terminal of its own; see `Handoff.announce`."""
        _head(words)

    def shell(self, directory: Path, environment: Mapping[str, str], greeting: str) -> None:
        """Run `$SHELL` (or sh) with `environment` on top of the own one; see `Handoff.shell`."""
        from lab.attempt import shells  # noqa: PLC0415 (the first frame can do without)

        shell = os.environ.get("SHELL") or "/bin/sh"
        mark = f"podlab {environment.get('PODLAB_EXERCISE', '')}".strip()
        started = shells.interactive(shell, environment, mark, self._home / "shell", os.environ)
        _head(greeting)
        self._run(started.argv, directory, started.environment, "set SHELL to a shell you have")

    def command(self, argv: Sequence[str], directory: Path, environment: Mapping[str, str]) -> int:
        """Run `argv`, and let its last words be read; see `Handoff.command`."""
        shown = shlex.join([os.path.basename(argv[0]), *argv[1:]])  # noqa: PTH119 (text, not a path)
        _head(f"$ {shown}")
        code = self._run(argv, directory, environment, "install kubectl, or set KUBECTL")
        if sys.stdin.isatty():
            sys.stdout.write(f"\n[podlab] ended with {_ending(code)}. Enter goes back to the lab ")
            sys.stdout.flush()
            with contextlib.suppress(KeyboardInterrupt, EOFError), _unechoed():
                sys.stdin.readline()
        return code

    @staticmethod
    def _run(command: Sequence[str], directory: Path, environment: Mapping[str, str], remedy: str) -> int:
        try:
            done = subprocess.run(command, cwd=directory, env={**os.environ, **environment}, check=False)
        except OSError as problem:
            name = shlex.join(command[:1])
            raise NotAbleError(f"cannot start {name}: {problem.strerror}", remedy=remedy) from problem
        return done.returncode


def _at(words: Sequence[str], file: Path, line: int) -> list[str]:
    """How an editor is told the file and the line; of one that is not known, the file only."""
    name = os.path.basename(words[0]) if words else ""  # noqa: PTH119 (text, not a path)
    if line <= 1:
        return [str(file)]
    if name in _PLUS_LINE:
        return [f"+{line}", str(file)]
    return [f"{file}:{line}"] if name in _COLON_LINE else [str(file)]


def _head(words: str) -> None:
    """The first line of what another program is about to write on; a terminal is cleared for it."""
    clear = "\x1b[2J\x1b[H" if sys.stdout.isatty() else ""
    sys.stdout.write(f"{clear}{words}\n")
    sys.stdout.flush()


@contextlib.contextmanager
def _unechoed() -> Iterator[None]:
    """Keys other than the one that is waited for leave no marks on the terminal."""
    try:
        before = termios.tcgetattr(sys.stdin)
    except (OSError, ValueError, termios.error):
        yield
        return
    quiet = list(before)
    quiet[3] &= ~termios.ECHO
    termios.tcsetattr(sys.stdin, termios.TCSADRAIN, quiet)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSAFLUSH, before)


COMMAND_NOT_FOUND = 127
"""Exit code of a shell that does not find the program it is to start."""


def _ending(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"


@contextlib.contextmanager
def lent() -> Iterator[None]:
    """For a suspended app: interruptions are the other program's, and what it left of the terminal is mended.

    A handler that does nothing, not SIG_IGN: that would be handed on to the program. A program that was
    killed leaves the terminal raw, or its own process group in the foreground; the lab would be stopped by
    its first word (SIGTTOU).
    """
    before = signal.signal(signal.SIGINT, lambda _signal, _frame: None)
    terminal = sys.__stdin__.fileno() if sys.__stdin__ is not None and sys.__stdin__.isatty() else None
    modes = termios.tcgetattr(terminal) if terminal is not None else None
    try:
        yield
    finally:
        if terminal is not None and modes is not None:
            stop = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
            with contextlib.suppress(OSError, termios.error):
                os.tcsetpgrp(terminal, os.getpgrp())
                termios.tcsetattr(terminal, termios.TCSADRAIN, modes)
            signal.signal(signal.SIGTTOU, stop)
        signal.signal(signal.SIGINT, before)

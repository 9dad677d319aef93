"""What the conversation writes and reads: lines at a width, a prompt, and news above it.

Lines about the cluster come from another thread, so all writing is under one lock. While a line is waited
for, news is written above the prompt, and the prompt again after it: nothing is ever behind it.
"""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

from lab.report.text import wrapped

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType

    from lab.cli.console import Console


class Voice:
    """One terminal, or what stands in its place."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._lock = threading.Lock()
        self._asking = ""
        """The prompt, while a line is waited for."""
        self._typed: Callable[[], str] = str
        """What was typed of it so far, where that is known."""

    def ask(self, where: str) -> str | None:
        """The next line; empty where it was interrupted, None when there will be none."""
        return self._line(f"{where}> ")

    def answer(self, question: str) -> str:
        """What is answered to a question; empty where it was interrupted, or nobody answers."""
        *before, last = question.split("\n")
        for line in before:
            self.say(line)
        return self._line(f"{last} ") or ""

    def _line(self, prompt: str) -> str | None:
        readline = _line_editing()
        with self._lock:
            self._asking = prompt
            if readline is None:
                self._prompt()
            else:
                self._typed = readline.get_line_buffer
        try:
            line = sys.stdin.readline() if readline is None else f"{input(self._asking)}\n"
        except EOFError:
            line = ""
        except KeyboardInterrupt:
            self._asking = ""
            self.say("")
            return ""
        finally:
            self._asking = ""
        return line.strip() if line else None

    def say(self, text: str, *, whole: bool = False) -> None:
        """Lines no wider than the terminal, broken at words; `whole`: as they are."""
        with self._lock:
            self._write(text, whole=whole)

    def tell(self, news: Sequence[str]) -> None:
        """What happened meanwhile."""
        if not news:
            return
        with self._lock:
            if self._asking:
                sys.stderr.write("\n")
                sys.stderr.flush()
            for line in news:
                self._write(line)
            if self._asking:
                self._prompt(self._typed())

    def _prompt(self, typed: str = "") -> None:
        sys.stderr.write(f"{self._asking}{typed}")
        sys.stderr.flush()

    def _write(self, text: str, *, whole: bool = False) -> None:
        width = self._console.style.width
        lines = text.splitlines() or [""]
        if not whole:
            lines = [wrapped(line, width) if len(line) > width else line for line in lines]
        self._console.data("\n".join(lines))


def _line_editing() -> ModuleType | None:
    """What edits the line and knows those before it, on a terminal; None: there is no such thing.

    It echoes what is typed as the terminal does, and writes a line anew only when that is asked for (arrow
    keys); the marks it would put around what is pasted are turned off.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return None
    try:
        import readline
    except ImportError:
        return None
    readline.parse_and_bind("set enable-bracketed-paste off")
    return readline

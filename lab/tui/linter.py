"""Looks at texts while they are typed, on a thread: of several texts of a file only the latest.

Part of the bridge: it touches no widget, and posts what it found to whoever asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

from lab.tui.looking import Looking

if TYPE_CHECKING:
    from textual.message_pump import MessagePump

    from lab.attempt.linting import Problem


@dataclass
class Linted(Message):
    """What is wrong with a file's text as it was when it was asked for."""

    name: str
    text: str
    problems: tuple[Problem, ...]


class Linter:
    """For one exercise's namespace."""

    def __init__(self, namespace: str, reply_to: MessagePump) -> None:
        self._namespace, self._reply_to = namespace, reply_to
        self._looking = Looking("lint", self._look)

    def look(self, name: str, text: str) -> None:
        """Look at a text soon, and at none of the same name that was asked for before."""
        self._looking.ask(name, text)

    def _look(self, name: str, text: str) -> None:
        from lab.attempt.linting import lint_apart, program  # noqa: PLC0415 (the catalogue can do without)

        try:
            python = name.endswith(".py")
            found = program.mistakes(text) if python else lint_apart(text, self._namespace)
        except Exception:  # noqa: BLE001 (it only helps; what is wrong is told when it is applied)
            found = ()
        self._reply_to.post_message(Linted(name, text, found))

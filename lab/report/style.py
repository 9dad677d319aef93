"""Emphasis for terminals. Meaning is never in colour alone: every state is a word first."""

from __future__ import annotations

from dataclasses import dataclass

from lab.model.state import State

WORDS = {
    State.PASSED: "passed",
    State.FAILED: "FAILED",
    State.WAITING: "waiting",
    State.UNKNOWN: "unknown",
    State.SKIPPED: "skipped",
}
"""How each state is said."""

_COLOURS = {State.PASSED: 32, State.FAILED: 31, State.WAITING: 33, State.UNKNOWN: 35, State.SKIPPED: 2}


@dataclass(frozen=True)
class Style:
    """Adds colour where it is welcome, and nothing where it is not."""

    color: bool = False
    width: int = 100
    """Columns explanations are wrapped to."""

    def bold(self, text: str) -> str:
        """Set off from the rest."""
        return self._wrap(text, 1)

    def dim(self, text: str) -> str:
        """Of less weight than the rest."""
        return self._wrap(text, 2)

    def state(self, state: State, text: str | None = None) -> str:
        """The word for a state (or `text`), in its colour."""
        return self._wrap(WORDS[state] if text is None else text, _COLOURS[state])

    def _wrap(self, text: str, code: int) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.color else text


PLAIN = Style()

"""How the conversation begins: from `podlab --plain`, and from `podlab start NAME --plain`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lab.cli.session import Session


def hold(session: Session, name: str | None = None) -> int:
    """Hold the conversation on this terminal, or with what reads and writes in its place."""
    from lab.cli.main import build
    from lab.cli.plain.dialogue import Dialogue
    from lab.cli.plain.words import CALLED

    session.console.plain = session.conversation = True
    session.console.words = CALLED

    def run(words: list[str]) -> object:
        return build().main(words, prog_name="podlab", standalone_mode=False, obj=session)

    return Dialogue(session, run).hold(name)

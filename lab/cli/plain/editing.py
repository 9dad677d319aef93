"""A file of the learner's in an editor: the one they set, the one they chose before, or one to choose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.errors import Cancelled, NotAbleError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from lab.cli.plain.voice import Voice
    from lab.settings import Settings


def edit(path: Path, settings: Settings, voice: Voice) -> None:
    """Open `path` in the learner's editor; which one is asked for where none is set, and kept.

    Raises:
        UsageError: there is none, or what was answered is none of them.
        NotAbleError: it cannot be started.
        Cancelled: nothing was answered.
    """
    from lab.attempt.preferences import Preferences
    from lab.tui.handoff import TerminalHandoff

    handoff, kept = TerminalHandoff(settings.home), Preferences(settings.home)
    known = handoff.editor() or kept.editor()
    command = known or _chosen(handoff.editors(), path, voice)
    try:
        handoff.edit(path, command)
    except NotAbleError as error:
        error.remedy = f"set EDITOR to an editor you have, or open {path} in your own"
        raise
    if not known:
        kept.keep_editor(command)


def _chosen(found: tuple[tuple[str, str], ...], path: Path, voice: Voice) -> str:
    if not found:
        raise UsageError("no editor is set, and none was found", remedy=f"open {path} in your own")
    voice.say("EDITOR is not set. These are on this machine; the one you choose is kept:")
    for number, (command, way_out) in enumerate(found, 1):
        voice.say(f"{number}. {command}: {way_out}")
    answer = voice.ask("number") or ""
    if not answer:
        raise Cancelled("nothing was opened")
    named = {str(number): command for number, (command, _) in enumerate(found, 1)}
    named |= {command: command for command, _ in found}
    if answer not in named:
        raise UsageError(f"there is no editor {answer!r}", remedy=f"a number from 1 to {len(found)} is one")
    return named[answer]

"""`podlab list`: the exercises by track, and how far the learner is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lab.cli.options import format_option, pass_session
from lab.model.card import TRACKS
from lab.model.progress import Standing

if TYPE_CHECKING:
    from lab.cli.session import Session

STANDINGS = {Standing.NEW: "not started", Standing.STARTED: "started", Standing.SOLVED: "solved"}


@click.command("list", short_help="The exercises.")
@format_option("text", "json")
@pass_session
def command(session: Session, form: str) -> None:
    """List the exercises, and how far you are with each."""
    from lab.report import jsonform, text

    lab = session.lab
    progress, exercises = lab.progress(), lab.exercises()
    if form == "json":
        session.console.data(
            jsonform.document(
                "exercises",
                current=progress.current,
                exercises=[
                    {
                        "name": one.name,
                        "title": one.title,
                        "track": one.track,
                        "difficulty": one.header.difficulty,
                        "minutes": one.header.minutes,
                        "requires": one.header.requires,
                        "standing": progress.of(one.name).standing,
                    }
                    for one in exercises
                ],
            )
        )
        return
    rows: list[tuple[str, ...]] = []
    for track in dict.fromkeys(one.track for one in exercises):
        rows.append((TRACKS.get(track, track), "", "", "", ""))
        rows += [
            (
                f"  {one.name}",
                "*" * one.header.difficulty,
                f"{one.header.minutes} min",
                STANDINGS[progress.of(one.name).standing],
                one.title,
            )
            for one in exercises
            if one.track == track
        ]
    header = ("NAME", "LEVEL", "TIME", "STANDING", "TITLE")
    session.console.data(text.table(header, rows, session.console.style) if rows else "no exercises\n")
    session.console.narrate("podlab start NAME begins one")

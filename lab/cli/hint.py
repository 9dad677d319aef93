"""`podlab hint`: one rung more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lab.cli.options import format_option, name_argument, pass_session
from lab.errors import UsageError

if TYPE_CHECKING:
    from lab.cli.session import Session


@click.command("hint", short_help="The next hint.")
@name_argument
@click.option("--all", "everything", is_flag=True, help="Show the hints shown so far again, and no new one.")
@click.option("--number", "-n", type=click.IntRange(1), help="Show this one; those before it come first.")
@format_option("text", "json")
@pass_session
def command(session: Session, name: str | None, everything: bool, number: int | None, form: str) -> None:
    """Show the next of three hints: where to look, what it means, what to change.

    A number in place of a NAME is that of a hint: `podlab hint 1`.
    """
    if name is not None and name.isdecimal():
        number, name = int(name), None
    attempt = session.resume(name, awake=False)
    shown = attempt.hints_shown()
    if everything:
        hints = shown
    elif number is not None and number <= len(shown):
        hints = (shown[number - 1],)
    else:
        _come_to(number, len(shown), len(attempt.exercise.hints))
        hints = (attempt.hint(),)
    if form == "json":
        from lab.report import jsonform

        session.console.data(jsonform.document("hints", exercise=attempt.exercise.name, hints=hints))
        return
    for hint in hints:
        named = f"Hint {hint.rung} of {hint.of} for {attempt.exercise.name}: {hint.title}"
        session.console.document(named, hint.text)
    if not hints:
        session.console.narrate("no hint was shown yet")
    elif not everything and hints[-1].rung == hints[-1].of:
        again = "that was the last hint" if len(shown) < hints[-1].of else "there are no more hints"
        session.console.narrate(
            f"{again}; podlab hint --all shows them all again, podlab solution a way (asks)"
        )


def _come_to(number: int | None, shown: int, there_are: int) -> None:
    """Go on only to the hint that is next.

    Raises:
        UsageError: there is no hint of that number, or one before it was not shown yet.
    """
    if number is not None and number > there_are:
        raise UsageError(f"there is no hint {number}", remedy=f"there are {there_are}: podlab hint shows one")
    if number is not None and number > shown + 1:
        raise UsageError(f"hint {shown + 1} comes before hint {number}", remedy="podlab hint shows it")

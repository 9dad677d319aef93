"""`podlab doctor`: what this machine has, and what it lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lab.cli.exits import ExitCode
from lab.cli.options import format_option, pass_session

if TYPE_CHECKING:
    from lab.cli.session import Session


@click.command("doctor", short_help="What this machine has.")
@format_option("text", "json")
@pass_session
def command(session: Session, form: str) -> int:
    """Look at everything the lab uses, and change nothing.

    Exits with 3 when the lab cannot work like this.
    """
    from lab.attempt import doctor
    from lab.report import jsonform, text

    with session.console.working("looking around"):
        found = doctor.examine(session.lab)
    if form == "json":
        session.console.data(jsonform.document("doctor", examined=found))
    else:
        rows = [(one.name, one.health.value, one.detail) for one in found]
        session.console.data(text.table(("", "", ""), rows, session.console.style))
        for one in found:
            if one.health is not doctor.Health.GOOD and one.remedy:
                session.console.narrate(f"{one.name}: {one.remedy}")
    broken = any(one.health is doctor.Health.BROKEN for one in found)
    return ExitCode.NOT_ABLE if broken else ExitCode.PASSED

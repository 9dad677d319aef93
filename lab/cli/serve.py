"""`podlab serve`: the lab in a browser."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from lab.cli.exits import ExitCode
from lab.cli.options import pass_session, provider_option
from lab.errors import UsageError

if TYPE_CHECKING:
    from lab.cli.session import Session

PORT = 8537


@click.command("serve", short_help="The lab in a browser.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=PORT, show_default=True, help="0: any free one."
)
@click.option("--host", default="127.0.0.1", show_default=True, metavar="ADDRESS", help="Where to listen.")
@click.option("--expose", is_flag=True, help="Allow an ADDRESS that other machines reach. Not encrypted.")
@click.option(
    "--sessions",
    "most",
    type=click.IntRange(1, 100),
    default=8,
    show_default=True,
    help="Browsers at a time.",
)
@provider_option
@pass_session
def command(session: Session, port: int, host: str, expose: bool, most: int, provider: str | None) -> int:
    """Serve the lab to browsers until Ctrl-C; prints the address to open.

    Whoever has the address can use the lab with your rights on the cluster: it holds a token, made anew each
    time. Every browser has a session of its own, all of them the same learner's. No shell and no editor of
    yours is handed over.
    """
    from lab.tui.web.address import Address
    from lab.tui.web.server import Server

    address = Address(host, port)
    if not address.loopback and not expose:
        raise UsageError(
            f"other machines could reach {host}",
            remedy="add --expose if that is meant, best behind a proxy that encrypts; else leave --host out",
        )
    if not address.loopback:
        session.console.narrate(
            f"warning: other machines reach {host}, and nothing is encrypted: whoever sees the address in "
            "passing can use the lab, and the cluster, as you"
        )
    settings = session.on(provider).settings
    environment = {"PODLAB_HOME": str(settings.home), "PODLAB_PROVIDER": settings.provider}
    session.lab.progress()

    def say(url: str) -> None:
        session.console.data(url)
        session.console.narrate("open this address in a browser; Ctrl-C ends it")

    asyncio.run(Server(address, environment=environment, most=most, say=say).serve())
    session.console.narrate("no longer served; files, edits and progress are kept")
    return ExitCode.PASSED

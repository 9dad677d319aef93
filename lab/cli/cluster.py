"""`podlab cluster`: up, down, status, and the embedded cluster in the foreground."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lab.cli.exits import ExitCode
from lab.cli.group import Entry, LazyGroup
from lab.cli.options import format_option, pass_session, provider_option, yes_option
from lab.errors import LabError, ObservationLost

if TYPE_CHECKING:
    from lab.cli.session import Session

command = LazyGroup(
    name="cluster",
    help="The cluster exercises run on. What is not the lab's own is never created, changed or deleted.",
    entries={
        "up": Entry("lab.cli.cluster", "Make sure the cluster runs.", "up"),
        "down": Entry("lab.cli.cluster", "Stop and remove the lab's cluster, or its namespaces.", "down"),
        "status": Entry("lab.cli.cluster", "How it stands.", "status"),
        "serve": Entry("lab.cli.cluster", "Run an embedded cluster in the foreground.", "serve"),
        "advance": Entry("lab.cli.cluster", "Move an embedded cluster's clock.", "advance"),
    },
)


@click.command("up")
@provider_option
@pass_session
def up(session: Session, provider: str | None) -> None:
    """Make sure the cluster runs; does nothing when it does."""
    lab = session.on(provider).lab
    with session.console.working("bringing the cluster up") as cancel:
        chosen = lab.provider(None, cancel)
        chosen.up(session.console.narrate)
    session.console.data(f"{chosen.name} is up: {chosen.kubeconfig()}")


@click.command("down")
@provider_option
@yes_option
@pass_session
def down(session: Session, provider: str | None, yes: bool) -> None:
    """Stop and remove the lab's own cluster; of a context's, only the lab's namespaces."""
    from lab.attempt import clusters

    lab = session.on(provider).lab
    chosen = lab.provider()
    lent = clusters.lent(chosen)
    what = f"the lab's namespaces in {chosen.name}" if lent else f"the {chosen.name} cluster"
    if session.console.interactive and not yes:
        session.console.narrate(
            f"this removes {what}, and with it everything made with kubectl alone; "
            "podlab export DIR keeps it. Your files and progress stay."
        )
        if not session.console.confirm(f"remove {what}?", yes=yes):
            session.console.narrate("nothing was removed")
            return
    with session.console.working(f"removing {what}") as cancel:
        lab.provider(chosen.name, cancel).down(session.console.narrate)
    session.console.narrate(f"{chosen.name} is down; your files and progress are where they were")


@click.command("status")
@provider_option
@format_option("text", "json")
@pass_session
def status(session: Session, provider: str | None, form: str) -> int:
    """Tell how the cluster stands. Exits with 0 when it runs, 3 when it does not."""
    from lab.report import clusters as report
    from lab.report import jsonform

    found = session.on(provider).lab.provider().status()
    if form == "json":
        session.console.data(jsonform.document("cluster", status=found))
    else:
        first = [
            ("provider", found.provider),
            ("state", found.state),
            ("version", found.server_version),
            ("detail", found.detail),
        ]
        session.console.data(report.status(first, found.facts, session.console.style))
        if found.remedy:
            session.console.narrate(found.remedy)
    return ExitCode.PASSED if found.state == "running" else ExitCode.NOT_ABLE


@click.command("serve")
@click.option(
    "--kubeconfig", type=click.Path(path_type=Path, dir_okay=False), required=True, metavar="FILE",
    help="Where to write the kubeconfig (mode 0600).",
)  # fmt: skip
@click.option(
    "--rate", type=click.FloatRange(min=0), default=1.0, show_default=True,
    help="Cluster seconds a second; 0 stands still until it is advanced.",
)  # fmt: skip
@click.option("--seed", type=int, default=0, show_default=True, help="Everything random follows from it.")
@click.option("--nodes", type=click.IntRange(1, 100), default=1, show_default=True, help="How many nodes.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="Port on loopback; any free one when 0."
)
@pass_session
def serve(session: Session, kubeconfig: Path, rate: float, seed: int, nodes: int, port: int) -> None:
    """Run an embedded cluster in the foreground, on loopback, until SIGTERM or Ctrl-C.

    It is nobody's but yours: it keeps nothing, and the lab does not use it.
    """
    from lab.attempt import clusters

    clusters.serve(
        kubeconfig, rate=rate, seed=seed, nodes=nodes, port=port, narrate=session.console.narrate
    )  # fmt: skip


@click.command("advance")
@click.argument("seconds", type=click.FloatRange(min=0))
@click.option(
    "--kubeconfig", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
    help="The cluster's kubeconfig. When left out it is the lab's own embedded cluster, whatever KUBECONFIG "
    "says.",
)  # fmt: skip
@format_option("text", "json")
@pass_session
def advance(session: Session, seconds: float, kubeconfig: Path | None, form: str) -> None:
    """Let SECONDS of cluster time pass as fast as possible; returns when the cluster has settled.

    Prints the cluster's time then. kubectl is told it as this machine's, so that its ages are right. Without
    --kubeconfig the lab's own embedded cluster is moved, also where KUBECONFIG names another one.
    """
    from lab.attempt import clusters
    from lab.report import clusters as report
    from lab.report import jsonform

    if kubeconfig is None:
        place = session.lab.provider("embedded").kubeconfig()
        _warn_of_another(session, place)
    else:
        place = kubeconfig
    try:
        with session.console.working(f"advancing by {seconds:g} s") as cancel:
            reached = clusters.advance(place, seconds, cancel)
    except ObservationLost as error:
        if kubeconfig is None or _is_the_labs(session, kubeconfig):
            raise
        serving = f"podlab cluster serve --kubeconfig {shlex.quote(str(kubeconfig))} serves a new one there"
        raise ObservationLost(error.what, where=str(kubeconfig), remedy=serving) from error
    session.console.narrate(f"{clusters.address(place)} is {seconds:g} s further ({place})")
    if form == "json":
        session.console.data(jsonform.document("advance", **reached))
    else:
        session.console.data(report.moment(reached["now"]))


def _is_the_labs(session: Session, kubeconfig: Path) -> bool:
    """Whether a kubeconfig is of the lab's own embedded cluster: these are kept in its state directory."""
    return kubeconfig.resolve().is_relative_to(session.settings.home.resolve())


def _warn_of_another(session: Session, moved: Path) -> None:
    """Say so when kubectl, by KUBECONFIG, means another cluster on this machine than the one to be moved."""
    from lab.attempt import clusters

    for named in session.settings.kubeconfigs[:1]:
        try:
            meant = clusters.address(named)
        except LabError:
            return  # none of an embedded cluster, or not to be read
        if "KUBECONFIG" in session.settings.environment and meant != clusters.address(moved):
            line = f"podlab cluster advance SECONDS --kubeconfig {shlex.quote(str(named))}"
            session.console.narrate(
                f"note: what is moved is the lab's own cluster; KUBECONFIG names another, {meant}; "
                f"an embedded one is moved by {line}"
            )

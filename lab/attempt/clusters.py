"""Clusters for front ends: the provider by name, with what building an image needs; serving and advancing.

Front ends reach providers only through here, so that a provider never learns who asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lab.attempt.cancel import silent
from lab.attempt.preferences import Preferences
from lab.errors import NotAbleError, UsageError
from lab.providers import table
from lab.settings import AUTO

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lab.attempt.cancel import Cancel, Narrate
    from lab.providers.base import ImageSource, Provider, Status
    from lab.settings import Settings

NAMES = table.NAMES

VARIABLE = "PODLAB_PROVIDER"
"""The environment variable that names the provider."""


@dataclass(frozen=True)
class Choice:
    """Which provider is asked for when none is named, and who decided that."""

    name: str
    by: str
    """`--provider`, `PODLAB_PROVIDER`, `the settings`; empty: nobody, so it is `auto`."""


def choice(settings: Settings) -> Choice:
    """The provider by option, else environment, else the learner's settings, else `auto`."""
    if settings.provider:
        environment = settings.environment.get(VARIABLE)
        return Choice(settings.provider, VARIABLE if settings.provider == environment else "--provider")
    chosen = Preferences(settings.home).chosen.provider
    return Choice(chosen, "the settings") if chosen else Choice(AUTO, "")


def provider(name: str | None, settings: Settings, cancel: Cancel | None = None) -> Provider:
    """The provider of that name (None: the one `choice` tells). Starts nothing.

    Raises:
        UsageError: there is no such provider; `where` has who decided on it.
    """
    cancelled = _cancelled(cancel)
    chosen = Choice(name, "") if name else choice(settings)

    def build(source: ImageSource, progress: Narrate) -> None:
        from lab.images.building import build_image

        build_image(source, settings, progress, cancelled)

    try:
        return table.provider(chosen.name, settings, build, cancelled)
    except UsageError as error:
        error.where = error.where or chosen.by
        raise


def choices(settings: Settings) -> tuple[str, ...]:
    """Every provider that can be chosen here: the lab's own, and the contexts of the user's kubeconfig."""
    from lab.errors import LabError
    from lab.providers import kubeconfigs

    try:
        contexts = kubeconfigs.contexts(settings.kubeconfigs)
    except LabError:
        contexts = ()  # a kubeconfig that cannot be read offers nothing; using it says why
    return (AUTO, "embedded", "kind", *(f"{table.CONTEXT}{name}" for name in contexts))


def lent(provider: Provider) -> bool:
    """Whether the cluster is the user's own, of which the lab has nothing but its namespaces."""
    return provider.name.startswith(table.CONTEXT)


def statuses(settings: Settings) -> tuple[Status, ...]:
    """How all clusters of the lab's own stand."""
    return tuple(provider(name, settings).status() for name in ("embedded", "kind"))


def kubeconfig(provider: Provider, *, start: bool = True) -> Path:
    """The cluster's kubeconfig. The embedded cluster is started when it is not up: its objects were kept.

    Without `start` only one whose process died, or is of another version, is: one that somebody stopped stays
    stopped.

    Raises:
        NotAbleError: another provider's cluster is not up, or the embedded one cannot or may not be started.
    """
    try:
        return provider.kubeconfig()
    except NotAbleError:
        if provider.name != "embedded" or not (start or provider.status().state == "stale"):
            raise
    provider.up(silent)
    return provider.kubeconfig()


def awaken(provider: Provider, narrate: Narrate) -> None:
    """Start the lab's own embedded cluster where it was stopped or killed, and say so; others are left alone.

    Raises:
        NotAbleError: it cannot be started.
    """
    if provider.name == "embedded":
        provider.up(narrate)


def serve(kubeconfig: Path, *, rate: float, seed: int, nodes: int, port: int, narrate: Narrate) -> None:
    """Run an embedded cluster in the foreground until SIGTERM or SIGINT; nothing of it is kept.

    Raises:
        NotAbleError: the port is taken, or the kubeconfig cannot be written.
    """
    from lab.providers.embedded.foreground import serve_foreground

    serve_foreground(kubeconfig, rate=rate, seed=seed, nodes=nodes, port=port, progress=narrate)


STRIDE_SECONDS = 600.0
"""Cluster time that is let pass in one go: between two strides an interruption is noticed."""

LONGEST_ADVANCE = 366 * 24 * 3600
"""The most seconds one command may let pass."""


def advance(kubeconfig: Path, seconds: float, cancel: Cancel | None = None) -> dict[str, Any]:
    """Let cluster time pass on an embedded cluster; tells `now` and `resourceVersion` after it has settled.

    Raises:
        UsageError: there is no such kubeconfig, or no cluster can be advanced by so much.
        NotAbleError: what answers is no embedded cluster.
        ObservationLost: the cluster does not answer.
        Cancelled: the user interrupted; some of the time has passed, and the cluster has settled.
    """
    from lab.providers.embedded.client import advance as advance_embedded

    if not 0 <= seconds <= LONGEST_ADVANCE:  # catches what is not a number, too
        raise UsageError(
            f"a cluster cannot be advanced by {seconds:g} seconds",
            remedy=f"give a number of seconds between 0 and {LONGEST_ADVANCE} (a year)",
        )
    left = seconds
    while left > STRIDE_SECONDS:
        advance_embedded(kubeconfig, STRIDE_SECONDS)
        left -= STRIDE_SECONDS
        if cancel is not None:
            cancel.check()
    return dict(advance_embedded(kubeconfig, left))


def address(kubeconfig: Path) -> str:
    """Where the cluster of an embedded cluster's kubeconfig is: `https://127.0.0.1:40001`.

    Raises:
        UsageError: there is no such kubeconfig, or it is none of an embedded cluster.
    """
    from lab.providers.embedded.client import Connection

    found = Connection.from_kubeconfig(kubeconfig)
    return f"https://{found.host}:{found.port}"


def _cancelled(cancel: Cancel | None) -> Callable[[], bool]:
    return (lambda: cancel.requested) if cancel is not None else (lambda: False)

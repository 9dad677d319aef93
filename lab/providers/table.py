"""The providers by name, and what `auto` means.

`auto` takes the lab's own kind cluster when it is there and answers, else the embedded cluster: a cluster
somebody went to the trouble of making is preferred, and nothing but the lab's own is ever found by itself.
"""

from __future__ import annotations

import difflib
import shutil
from typing import TYPE_CHECKING

from lab.errors import NotAbleError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.providers.base import Build, Provider
    from lab.settings import Settings

NAMES = ("embedded", "kind", "context:NAME", "auto")
"""What can be asked for; `minikube` has its place here and comes in a later version."""

CONTEXT = "context:"


def provider(
    name: str,
    settings: Settings,
    build: Build,
    cancelled: Callable[[], bool] = lambda: False,
) -> Provider:
    """The provider of that name; `auto` is resolved. Starts nothing.

    Raises:
        UsageError: there is no such provider, or no such context.
        NotAbleError: it is known, and this version cannot serve it.
    """
    if name == "auto":
        return _auto(settings, build, cancelled)
    if name == "embedded":
        from lab.providers.embedded.provider import EmbeddedProvider

        return EmbeddedProvider(settings)
    if name == "kind":
        from lab.providers.kind import KindProvider

        return KindProvider(settings, build, cancelled)
    if name == "minikube":
        raise NotAbleError(
            "minikube is planned, and not served by this version of podlab",
            remedy="use --provider embedded or kind; a minikube of your own can be named: "
            "--provider context:minikube",
        )
    if name.startswith(CONTEXT) and len(name) > len(CONTEXT):
        from lab.providers import kubeconfigs
        from lab.providers.context import ContextProvider

        context = name.removeprefix(CONTEXT)
        kubeconfigs.select(settings.kubeconfigs, context)
        return ContextProvider(context, settings, build, cancelled)
    raise _unknown(name)


def _auto(settings: Settings, build: Build, cancelled: Callable[[], bool]) -> Provider:
    path = settings.environment.get("PATH")
    if shutil.which("kind", path=path):
        kind = provider("kind", settings, build, cancelled)
        if kind.status().state == "running":
            return kind
    return provider("embedded", settings, build, cancelled)


def _unknown(name: str) -> UsageError:
    near = difflib.get_close_matches(name, [*NAMES, "context:"], n=1, cutoff=0.5)
    meant = f"did you mean {near[0]}? " if near else ""
    return UsageError(f"there is no provider {name!r}", remedy=f"{meant}providers are: {', '.join(NAMES)}")

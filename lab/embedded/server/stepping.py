"""Letting time pass until something happens: the clock's single step, and the way to the next restart.

The cluster goes from one instant at which something is due to the next, and stops behind the first one in
which what was waited for has come. So the step ends exactly there, not at the end of some slice of time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from lab.embedded.api.errors import bad_request

if TYPE_CHECKING:
    from lab.embedded.api.interface import WatchEvent
    from lab.embedded.server.context import ServerContext

Happened = Callable[[], bool]

LONGEST_STEP = 3600.0
"""The most seconds that are gone through instant by instant in one request."""

SHOWN = ("pods", "events", "services", "endpoints", "deployments.apps", "replicasets.apps", "jobs.batch")
"""Resources whose changes are something to see."""

UNTIL = ("change", "restart")
"""What can be waited for: anything that is something to see, or a container that is started again."""


def advance_until(context: ServerContext, seconds: float, until: str, namespace: str) -> bool:
    """Let time pass for `seconds`, or until something happens in a namespace (empty: in any); True: it did.

    Raises:
        ApiError: 400, so long a time is not gone through step by step.
    """
    if seconds > LONGEST_STEP:
        raise bad_request(f"with until, seconds must be at most {LONGEST_STEP:g}")
    agenda = context.agenda
    target = agenda.after(seconds)
    with _waiting(context, until, namespace) as happened:
        while True:
            due = agenda.next_due()
            context.control.advance(max(0.0, min(target, target if due is None else due) - agenda.now()))
            if happened():
                return True
            if agenda.now() >= target:
                return False


@contextmanager
def _waiting(context: ServerContext, until: str, namespace: str) -> Iterator[Happened]:
    """Look out for what is waited for; yields the question whether it has come."""
    seen: list[WatchEvent] = []
    restart = until == "restart"

    def look(event: WatchEvent) -> None:
        if namespace in ("", event.object["metadata"].get("namespace")) and (
            not restart or _restarted(event)
        ):
            seen.append(event)

    record, resources = context.agenda.record, ("pods",) if restart else SHOWN
    probed = record.latest
    ends = [context.machinery.subscribe(resource, look) for resource in resources]
    try:
        yield lambda: bool(seen or (not restart and record.results(namespace, probed)))
    finally:
        for end in ends:
            end()


def _restarted(event: WatchEvent) -> bool:
    if event.type != "MODIFIED" or event.previous is None:
        return False
    before = _restarts(event.previous)
    return any(count > before.get(name, 0) for name, count in _restarts(event.object).items())


def _restarts(pod: Mapping[str, Any]) -> dict[str, int]:
    status = pod.get("status") or {}
    return {
        one["name"]: one.get("restartCount", 0)
        for key in ("initContainerStatuses", "containerStatuses")
        for one in status.get(key) or ()
    }

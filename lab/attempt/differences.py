"""What is different between two moments of a namespace, in words: pods, events, the rest. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab.attempt.views import LiveView, PodRow
    from lab.model.observation import Object


def told(before: LiveView, after: LiveView) -> tuple[str, ...]:
    """`pod/web-1 Running → CrashLoopBackOff`, `event BackOff: …`; empty: nothing is different."""
    seen = (*_pods(before, after), *_events(before, after), *_others(before, after))
    return seen or tuple(_written(before, after))


def _pods(before: LiveView, after: LiveView) -> Iterator[str]:
    old = {pod.uid: pod for pod in before.pods}
    for pod in after.pods:
        was = old.pop(pod.uid, None)
        if was is None:
            yield f"pod/{pod.name} is there"
        elif said := ", ".join(_pod(was, pod)):
            yield f"pod/{pod.name} {said}"
    yield from (f"pod/{pod.name} is gone" for pod in old.values())


def _pod(was: PodRow, now: PodRow) -> Iterator[str]:
    if was.status != now.status:
        yield f"{was.status} → {now.status}"
    if was.restarts != now.restarts:
        yield f"restart {now.restarts}"
    if was.ready != now.ready:
        yield f"ready {was.ready} → {now.ready}"


def _events(before: LiveView, after: LiveView) -> Iterator[str]:
    known = {(one.object, one.reason, one.message, one.count) for one in before.events}
    for one in after.events:
        if (one.object, one.reason, one.message, one.count) not in known:
            again = f" (x{one.count})" if one.count > 1 else ""
            yield f"event {one.reason}: {' '.join(one.message.split())}{again}"


def _others(before: LiveView, after: LiveView) -> Iterator[str]:
    was = {(one.kind, one.name): one.summary for one in before.workloads}
    now = {(one.kind, one.name): one.summary for one in after.workloads}
    for kind, name in {**was, **now}:
        old, new = was.get((kind, name)), now.get((kind, name))
        if old is None or new is None:
            yield f"{kind.lower()}/{name} is {'gone' if new is None else 'there'}"
        elif old != new:
            yield f"{kind.lower()}/{name} {old} → {new}"


def _written(before: LiveView, after: LiveView) -> Iterator[str]:
    """Of what changed in no way that is listed: that it did."""
    old, new = _versions(before), _versions(after)
    for kind, name in {**old, **new}:
        if old.get((kind, name)) != new.get((kind, name)):
            yield f"{kind.lower()}/{name} written: y shows it"


def _versions(view: LiveView) -> dict[tuple[str, str], Object]:
    return {(kind, str(one["metadata"]["name"])): one for kind, some in view.objects.items() for one in some}

"""What was said: events about objects, and lines in the logs of apps."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lab.checks.judgement import Judgement, line, passed
from lab.checks.reading import Happening, find, happenings_since, loggers, name_of, pods_of, uid_of
from lab.checks.trouble import troubled
from lab.model.verdict import Evidence, State

if TYPE_CHECKING:
    from lab.model.checks import Events, Log
    from lab.model.observation import Object, Observation, Snapshot


def events(spec: Events, seen: Observation, since: float) -> Judgement:
    """An event is there, or is not, since the check began (the engine starts it at the last apply)."""
    what = " ".join(filter(None, [spec.reason, f"/{spec.message}/" if spec.message else ""])) or "any event"
    about = spec.about or "anything"
    expected = f"{'no event' if spec.absent else 'an event'} {what} about {about}"
    uids = _uids(seen.snapshot, spec.about)
    met = [item for item in happenings_since(seen, since) if _fits(item, spec, uids)]
    evidence = tuple(
        Evidence(f"event/{item.name}", item.reason, line(item.message), item.last) for item in met[:3]
    )
    observed = f"{len(met)} such event(s)" + (f", such as: {line(met[0].message)}" if met else "")
    if spec.absent:
        if met:
            return Judgement(
                State.FAILED,
                "event-seen",
                expected,
                observed,
                evidence,
                "",
                f"kubectl events --for {met[0].about}",
            )
        return passed(expected, observed)
    if met:
        return passed(expected, observed, *evidence)
    return Judgement(State.WAITING, "no-event", expected, observed, (), "", "kubectl events")


def log(spec: Log, seen: Observation, _since: float) -> Judgement:
    """The log of every pod has a line, or has none."""
    expected = f"the log of {spec.workload} {'never says' if spec.absent else 'says'} /{spec.pattern}/"
    pods = pods_of(seen.snapshot, spec.workload)
    if not pods:
        return troubled(seen.snapshot, spec.workload, expected, fallback="no-pods")
    lines = {pod_name: _matching(spec, seen.snapshot, pod) for pod in pods for pod_name in [name_of(pod)]}
    hits = {name: found for name, found in lines.items() if found}
    evidence = tuple(
        Evidence(f"pod/{name}", f"log {spec.container}".strip(), line(found)) for name, found in hits.items()
    )[:3]
    good = not hits if spec.absent else len(hits) == len(pods)
    if good:
        return passed(expected, f"{len(hits)} of {len(pods)} log(s) say so", *evidence)
    missing = next((name for name in lines if name not in hits), name_of(pods[0]))
    look = f"kubectl logs {missing}" + (f" -c {spec.container}" if spec.container else "")
    state = State.FAILED if spec.absent else State.WAITING
    return Judgement(
        state,
        "log-says" if spec.absent else "log-silent",
        expected,
        f"{len(hits)} of {len(pods)} log(s) say so",
        evidence,
        "",
        look + (" --previous" if spec.previous else ""),
    )


def _uids(snapshot: Snapshot, about: str) -> set[str] | None:
    if not about:
        return None
    if about.startswith("pods:"):
        return {uid_of(pod) for pod in pods_of(snapshot, about.removeprefix("pods:"), terminating=True)}
    obj = find(snapshot, about)
    return {uid_of(obj)} if obj is not None else set()


def _fits(item: Happening, spec: Events, uids: set[str] | None) -> bool:
    if uids is not None and item.uid not in uids:
        return False
    if spec.reason and item.reason != spec.reason:
        return False
    return spec.message is None or re.search(spec.message, item.message) is not None


def _matching(spec: Log, snapshot: Snapshot, pod: Object) -> str:
    return next(
        (
            entry
            for name in loggers(pod, spec.container)
            for entry in snapshot.logs.get((name_of(pod), name, spec.previous), "").splitlines()
            if re.search(spec.pattern, entry)
        ),
        "",
    )

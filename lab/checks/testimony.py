"""What was said: events about objects, and lines in the logs of apps."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lab.checks.judgement import Judgement, line, passed
from lab.checks.reading import Happening, find, happenings_since, loggers, name_of, pods_of, uid_of
from lab.checks.trouble import troubled
from lab.model.verdict import Evidence, State

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    verb = "never says" if spec.absent else "says"
    expected = f"the log of {spec.workload} {verb} {named_line(spec.says, spec.pattern)}"
    pods = pods_of(seen.snapshot, spec.workload)
    if not pods:
        return troubled(seen.snapshot, spec.workload, expected, fallback="no-pods")
    said = {name_of(pod): entries(seen.snapshot, pod, spec.container, previous=spec.previous) for pod in pods}
    hits = {name: found for name, lines in said.items() if (found := _first(spec.pattern, lines))}
    evidence = tuple(
        Evidence(f"pod/{name}", f"log {container}", line(text)) for name, (container, text) in hits.items()
    )[:3]
    if not hits if spec.absent else len(hits) == len(pods):
        return passed(expected, f"seen in {len(hits)} of {len(pods)} logs", *evidence)
    if spec.absent:
        name, (container, text) = next(iter(hits.items()))
        state, code, observed = State.FAILED, "log-says", f"pod {name} says: {line(text)}"
    else:
        name = next(name for name in said if name not in hits)
        container, text = last_entry(said[name])
        state, code, observed = State.WAITING, "log-silent", f"pod {name} does not; its last line: {text}"
    look = f"kubectl logs {name}" + (f" -c {container}" if container else "")
    return Judgement(
        state, code, expected, observed, evidence, "", look + (" --previous" if spec.previous else "")
    )


def named_line(says: str, pattern: str) -> str:
    """A line that is looked for, as findings name it: in the author's words, else as the pattern."""
    return says or f"/{pattern}/"


def entries(
    snapshot: Snapshot, pod: Object, container: str, *, previous: bool = False
) -> list[tuple[str, str]]:
    """The lines of a pod's log, each with its container's name; an empty `container` means all of them."""
    return [
        (name, entry)
        for name in loggers(pod, container)
        for entry in snapshot.logs.get((name_of(pod), name, previous), "").splitlines()
    ]


def last_entry(said: Sequence[tuple[str, str]]) -> tuple[str, str]:
    """The container that spoke last, and its words shortened."""
    container, text = said[-1] if said else ("", "")
    return container, line(text) or "(empty)"


def _first(pattern: str, said: Sequence[tuple[str, str]]) -> tuple[str, str] | None:
    return next((entry for entry in said if re.search(pattern, entry[1])), None)


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

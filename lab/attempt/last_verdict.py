"""The last verdict on an exercise, kept whatever it was, and what of the cluster it speaks of.

Every lab that has the exercise open shows the same one, whoever checked, and one that was killed finds it
again. What is changed in the cluster afterwards makes it older than the cluster; what the check did itself
came before. Forgotten with the namespace. Callers that write hold the exercise's lock.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping  # noqa: TC003 (msgspec looks at it)
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from lab.attempt import durable
from lab.errors import LabError
from lab.model.state import State
from lab.model.verdict import Verdict  # noqa: TC001 (msgspec looks at it)

if TYPE_CHECKING:
    from pathlib import Path

    from lab.attempt.attempt import Attempt
    from lab.attempt.views import LiveView
    from lab.model.observation import Object

_GIVEN = ("Deployment", "Job", "Service", "ConfigMap", "Secret", "Pod")
"""Kinds that are somebody's wish; of pods those that nothing else made."""
_WITHOUT_STATUS = frozenset({"Service", "ConfigMap", "Secret"})
"""Kinds whose every write is one: they have no generation, or not on all clusters."""


@dataclass(frozen=True)
class Spoken:
    """The cluster a verdict speaks of."""

    until: int = 0
    """Resource version of the newest object then."""
    given: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    """UID and edition of each object, by `deployment/web`."""
    ready: frozenset[str] = frozenset()
    """UIDs of the pods that were ready."""


@dataclass(frozen=True)
class Kept:
    """A verdict as it was kept."""

    at: float
    """Host time, seconds since the Unix epoch."""
    verdict: Verdict
    spoken: Spoken


def keep(attempt: Attempt, verdict: Verdict) -> None:
    """Keep it in the place of the one before; a place that cannot be written costs no more than that."""
    with contextlib.suppress(LabError):
        kept = Kept(attempt.progress_file.now(), verdict, _look(attempt))
        durable.write(path(attempt), msgspec.json.encode(kept))


def of(attempt: Attempt) -> Kept | None:
    """The last one; None: there is none, or it makes no sense."""
    try:
        return msgspec.json.decode(path(attempt).read_bytes(), type=Kept)
    except (OSError, msgspec.MsgspecError):
        return None


def forget(attempt: Attempt) -> None:
    """The namespace was made: nothing in it was judged yet."""
    with contextlib.suppress(OSError):
        path(attempt).unlink(missing_ok=True)


def path(attempt: Attempt) -> Path:
    """Where it is kept."""
    return attempt.settings.home / "verdicts" / f"{attempt.exercise.name}.json"


def older(kept: Kept, live: LiveView) -> str:
    """What makes the verdict older than the cluster: `deployment/web was changed`; empty: nothing does.

    `live` may lag behind: what it does not show yet is no change.
    """
    spoken, seen = kept.spoken, set()
    for kind in _GIVEN:
        for obj in live.objects.get(kind, ()):
            if _is_made(obj):
                continue
            name = _reference(kind, obj)
            seen.add(name)
            before = spoken.given.get(name)
            uid, edition = _edition(kind, obj)
            if before is None:
                if _version(obj) > spoken.until:
                    return f"{name} was created"
            elif uid != before[0]:
                return f"{name} was made anew"
            elif edition > before[1]:
                return f"{name} was changed"
    if gone := next((name for name in spoken.given if name not in seen), ""):
        return f"{gone} was deleted"
    if kept.verdict.state is not State.PASSED:
        return ""  # that a pod is not ready is what it says, as like as not
    for pod in live.objects.get("Pod", ()):
        metadata = pod["metadata"]
        then = metadata["uid"] in spoken.ready and not metadata.get("deletionTimestamp")
        if then and _version(pod) > spoken.until and not _is_ready(pod):
            return f"pod/{metadata['name']} is not ready any more"
    return ""


def _look(attempt: Attempt) -> Spoken:
    client, until = attempt.client, 0
    given: dict[str, tuple[str, int]] = {}
    ready: set[str] = set()
    for kind in _GIVEN:
        for obj in client.list(kind, attempt.namespace).items:
            until = max(until, _version(obj))
            if not _is_made(obj):
                given[_reference(kind, obj)] = _edition(kind, obj)
            if kind == "Pod" and _is_ready(obj):
                ready.add(obj["metadata"]["uid"])
    return Spoken(until, given, frozenset(ready))


def _is_made(obj: Object) -> bool:
    """Whether a controller made it: it is nobody's wish."""
    metadata = obj["metadata"]
    return bool(metadata.get("ownerReferences")) or metadata["name"] == "kube-root-ca.crt"


def _reference(kind: str, obj: Object) -> str:
    return f"{kind.lower()}/{obj['metadata']['name']}"


def _edition(kind: str, obj: Object) -> tuple[str, int]:
    metadata = obj["metadata"]
    edition = _version(obj) if kind in _WITHOUT_STATUS else int(metadata.get("generation", 0))
    return metadata["uid"], edition


def _version(obj: Object) -> int:
    return int(obj["metadata"].get("resourceVersion", 0))


def _is_ready(pod: Object) -> bool:
    conditions = pod.get("status", {}).get("conditions") or ()
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)

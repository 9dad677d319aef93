"""Objects as they may be kept and shown: without secret values, with the time they themselves tell.

The objects stay the API's own JSON. Evidence, exports and reports are made from them, so what must never be
shown does not get in here in the first place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.model.times import seconds

if TYPE_CHECKING:
    from lab.model.observation import Object

HIDDEN = "(hidden)"
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def without_secrets(obj: Object) -> Object:
    """The object itself, or for a Secret a copy whose keys are there and whose values are not."""
    if obj.get("kind") != "Secret":
        return obj
    metadata = dict(obj["metadata"])
    if _LAST_APPLIED in (metadata.get("annotations") or {}):
        metadata["annotations"] = {**metadata["annotations"], _LAST_APPLIED: HIDDEN}
    return {**obj, "metadata": metadata, "data": dict.fromkeys(obj.get("data") or {}, HIDDEN)}


def latest_time(obj: Object) -> float | None:
    """The newest moment an object tells of itself: when it was last seen, changed state, or was made."""
    found = [seconds(value) for value in _times(obj)]
    return max((value for value in found if value is not None), default=None)


def _times(obj: Object) -> list[str | None]:
    times: list[str | None] = [obj["metadata"].get("creationTimestamp")]
    if obj.get("kind") == "Event":
        series = obj.get("series") or {}
        return [*times, obj.get("lastTimestamp"), obj.get("eventTime"), series.get("lastObservedTime")]
    status = obj.get("status") or {}
    times += [condition.get("lastTransitionTime") for condition in status.get("conditions") or ()]
    for container in (*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())):
        for state in (container.get("state") or {}, container.get("lastState") or {}):
            for detail in state.values():
                times += [detail.get("startedAt"), detail.get("finishedAt")]
    return times

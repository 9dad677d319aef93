"""The pod condition `DisruptionTarget`: who ends a pod that did not end by itself, and why."""

from __future__ import annotations

from typing import Any

from lab.embedded.objects.times import format_time

Object = dict[str, Any]
TYPE = "DisruptionTarget"


def mark_disrupted(pod: Object, reason: str, message: str, now: float) -> None:
    """Set the condition in a private copy's status; `now` in agenda seconds."""
    target = {
        "type": TYPE,
        "status": "True",
        "lastProbeTime": None,
        "lastTransitionTime": format_time(now),
        "reason": reason,
        "message": message,
    }
    others = [each for each in pod["status"].get("conditions") or () if each["type"] != TYPE]
    pod["status"]["conditions"] = [*others, target]

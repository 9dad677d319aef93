"""What a namespace that is being deleted says about what is left in it; pure.

Follows `pkg/controller/namespace/deletion/status_condition_utils.go`.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from lab.embedded.objects.meta import finalizers_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Json = dict[str, Any]
_FINE = (
    (
        "NamespaceDeletionDiscoveryFailure", "ResourcesDiscovered", "All resources successfully discovered",
    ),
    (
        "NamespaceDeletionGroupVersionParsingFailure", "ParsedGroupVersions",
        "All legacy kube types successfully parsed",
    ),
    (
        "NamespaceDeletionContentFailure", "ContentDeleted",
        "All content successfully deleted, may be waiting on finalization",
    ),
)  # fmt: skip


def conditions(left: Mapping[str, Sequence[Json]], old: Sequence[Json], now: str) -> list[Json]:
    """The conditions, from what is left of each resource (`pods`, `deployments.apps`)."""
    wanted = [(kind, "False", reason, message) for kind, reason, message in _FINE]
    wanted += [_remaining(left), _finalizers(left)]
    before = {each["type"]: each for each in old}
    found = []
    for kind, status, reason, message in wanted:
        held = before.get(kind)
        since = held["lastTransitionTime"] if held is not None and held["status"] == status else now
        found.append(
            {
                "type": kind,
                "status": status,
                "lastTransitionTime": since,
                "reason": reason,
                "message": message,
            }
        )
    return found


def _remaining(left: Mapping[str, Sequence[Json]]) -> tuple[str, str, str, str]:
    kind = "NamespaceContentRemaining"
    counted = [
        f"{resource if '.' in resource else f'{resource}.'} has {len(objects)} resource instances"
        for resource, objects in sorted(left.items())
        if objects
    ]
    if not counted:
        return kind, "False", "ContentRemoved", "All content successfully removed"
    return kind, "True", "SomeResourcesRemain", f"Some resources are remaining: {', '.join(counted)}"


def _finalizers(left: Mapping[str, Sequence[Json]]) -> tuple[str, str, str, str]:
    kind = "NamespaceFinalizersRemaining"
    counts = Counter(name for objects in left.values() for obj in objects for name in finalizers_of(obj))
    if not counts:
        return kind, "False", "ContentHasNoFinalizers", "All content-preserving finalizers finished"
    listed = ", ".join(f"{name} in {count} resource instances" for name, count in sorted(counts.items()))
    message = f"Some content in the namespace has finalizers remaining: {listed}"
    return kind, "True", "SomeFinalizersRemain", message

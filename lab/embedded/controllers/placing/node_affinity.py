"""Node selectors and node affinity (`component-helpers/scheduling/corev1/nodeaffinity`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.objects.selectors import Requirement

if TYPE_CHECKING:
    from lab.embedded.controllers.placing.nodes import NodeState

Json = dict[str, Any]
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


def affinity_of(pod: Json, kind: str) -> Json:
    """`nodeAffinity`, `podAffinity` or `podAntiAffinity` of a pod."""
    found: Json = (pod["spec"].get("affinity") or {}).get(kind) or {}
    return found


def selected(pod: Json, state: NodeState) -> bool:
    """Whether a pod's selector and required node affinity accept a node."""
    wanted = pod["spec"].get("nodeSelector") or {}
    if any(state.labels.get(key) != value for key, value in wanted.items()):
        return False
    required = affinity_of(pod, "nodeAffinity").get(REQUIRED)
    return required is None or any(_matches(term, state) for term in required.get("nodeSelectorTerms") or ())


def preference(pod: Json, state: NodeState) -> int:
    """The weights of the preferred terms that a node meets."""
    return sum(
        each["weight"]
        for each in affinity_of(pod, "nodeAffinity").get(PREFERRED) or ()
        if _matches(each.get("preference") or {}, state)
    )


def _matches(term: Json, state: NodeState) -> bool:
    """Whether a node meets all of a term; an empty term is met by none."""
    fields = {"metadata.name": state.node["metadata"]["name"]}
    pairs = ((term.get("matchExpressions"), state.labels), (term.get("matchFields"), fields))
    return any(listed for listed, _ in pairs) and all(
        Requirement(each["key"], each["operator"], tuple(each.get("values") or ())).matches(values)
        for listed, values in pairs
        for each in listed or ()
    )

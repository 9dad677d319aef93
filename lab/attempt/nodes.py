"""The nodes of a cluster of the lab's own, as the cluster began with them.

A learner may cordon, taint and label them. That outlives the exercise's namespace, and another exercise could
not be solved by it. So how a node was at the first start is kept on the node itself, and a reset, or the
start of another exercise, brings it back. A cluster that is only lent is never asked for its nodes.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from lab.attempt import clusters

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lab.kube import Client
    from lab.model.observation import Object
    from lab.providers.base import Provider

BEGAN = "podlab.dev/began"
"""The annotation: labels and taints at the beginning, as JSON."""

_CONDITIONS = frozenset(
    f"node.kubernetes.io/{name}"
    for name in (
        "not-ready", "unreachable", "unschedulable", "memory-pressure", "disk-pressure", "pid-pressure",
        "network-unavailable",
    )
)  # fmt: skip
"""Taints the cluster sets and takes off by itself, for what state a node is in."""


def bring_back(provider: Provider, client: Client) -> tuple[str, ...]:
    """Every node as it began; what that took back, a line a node.

    Raises:
        lab.errors.ObservationLost: the cluster does not answer.
        lab.kube.ApiError: a node cannot be changed.
    """
    if clusters.lent(provider):
        return ()
    return tuple(line for node in client.list("Node", None).items if (line := _bring_back(client, node)))


def _bring_back(client: Client, node: Object) -> str:
    metadata, spec = node["metadata"], node.get("spec") or {}
    labels, taints = metadata.get("labels") or {}, _set_by_hand(spec.get("taints") or ())
    began = _began(metadata.get("annotations") or {})
    patch: dict[str, Any] = {}
    if began is None:
        began = {"labels": labels, "taints": taints}
        patch["metadata"] = {"annotations": {BEGAN: json.dumps(began, sort_keys=True)}}
    found = []
    if spec.get("unschedulable"):
        patch["spec"] = {"unschedulable": None}
        found.append("cordon")
    if taints != began["taints"]:
        by_itself = [one for one in spec.get("taints") or () if one not in taints]
        patch.setdefault("spec", {})["taints"] = [*began["taints"], *by_itself] or None
        found += _taints_told(began["taints"], taints)
    if changed := _labels_changed(began["labels"], labels):
        patch.setdefault("metadata", {})["labels"] = changed
        found += [f"label {name}" for name in sorted(changed)]
    if patch:
        client.patch("Node", None, metadata["name"], patch, style="merge")
    return f"node/{metadata['name']} is as it began: taken back {', '.join(found)}" if found else ""


def _began(annotations: Mapping[str, str]) -> dict[str, Any] | None:
    """How it began; None: not written down yet, or it makes no sense any more."""
    try:
        kept = json.loads(annotations[BEGAN])
        return {"labels": dict(kept["labels"]), "taints": list(kept["taints"])}
    except (KeyError, ValueError, TypeError):
        return None


def _set_by_hand(taints: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [one for one in taints if one.get("key") not in _CONDITIONS]


def _labels_changed(began: Mapping[str, str], now: Mapping[str, str]) -> dict[str, str | None]:
    """The labels that are to be written: None takes one off."""
    names = {*began, *now}
    return {name: began.get(name) for name in names if began.get(name) != now.get(name)}


def _taints_told(began: Iterable[Mapping[str, Any]], now: Iterable[Mapping[str, Any]]) -> list[str]:
    before, after = ({f"{one.get('key')}:{one.get('effect')}" for one in some} for some in (began, now))
    return [f"taint {name}" for name in sorted(before ^ after)] or ["taints"]

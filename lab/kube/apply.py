"""Apply as `kubectl apply` does it, so that the lab and a learner's kubectl can take turns on an object.

Three sides: what was applied last (the annotation kubectl keeps), what is live, what is wanted. Fields that
were applied and are no longer wanted are removed, fields that differ are set, everything else is left to
whoever owns it. Lists with a patch merge key are merged by it, as the API's strategic merge patch defines:
https://kubernetes.io/docs/tasks/manage-kubernetes-objects/declarative-config/#merge-patch-calculation
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lab.kube.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lab.kube.client import Client

Object = dict[str, Any]

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"

MERGE_KEYS: Mapping[str, tuple[str, ...]] = {
    "containers": ("name",),
    "initContainers": ("name",),
    "ephemeralContainers": ("name",),
    "env": ("name",),
    "volumes": ("name",),
    "volumeMounts": ("mountPath",),
    "volumeDevices": ("devicePath",),
    "imagePullSecrets": ("name",),
    "secrets": ("name",),
    "hostAliases": ("ip",),
    "topologySpreadConstraints": ("topologyKey",),
    "ports": ("containerPort", "port"),
    "ownerReferences": ("uid",),
}
"""Field → merge key (the one its items have), from `x-kubernetes-patch-merge-key` in the definitions."""


RETAIN = "$retainKeys"
RETAINED = frozenset({"strategy"})
"""Fields whose patch strategy is `retainKeys`: keys that are not wanted go, also those the server put there.
A Deployment's `Recreate` is refused as long as the defaults of `RollingUpdate` stand beside it."""


@dataclass(frozen=True)
class Applied:
    """What applying one object did."""

    object: Object
    """As it now is in the cluster."""
    change: str
    """`created`, `configured` or `unchanged`."""
    warnings: tuple[str, ...] = ()


def apply(
    client: Client,
    wanted: Object,
    namespace: str,
    *,
    labels: Mapping[str, str] | None = None,
    dry_run: bool = False,
) -> Applied:
    """Make the live object what `wanted` says, or create it.

    `labels` are put on the object without becoming part of what was applied, so that a `kubectl apply` of the
    same file does not take them off again. Unknown fields are refused by the server.

    Raises:
        lab.kube.errors.ApiError: the server refused; `causes` name the fields.
        lab.errors.ObservationLost: it did not answer.
    """
    kind = client.kind_for(wanted)
    space = namespace if kind.namespaced else None
    target = _with_annotation(wanted, space)
    extra = dict(labels or {})
    query = {"fieldManager": "podlab", "fieldValidation": "Strict"} | ({"dryRun": "All"} if dry_run else {})
    name = str(wanted.get("metadata", {}).get("name", ""))
    live = client.find(kind, space, name)
    if live is None:
        body = _labelled(target, extra)
        try:
            response = client.request("POST", kind.path(space), query=query, body=body)
        except ApiError as error:
            if error.reason != "AlreadyExists":
                raise
            # somebody made it between the look and the write: from now on it is an object like any other
            live = client.get(kind, space, name)
        else:
            return Applied(response.json(), "created", response.warnings)
    patch = three_way(_last_applied(live), live, _labelled(target, extra))
    if not patch:
        return Applied(live, "unchanged")
    response = client.request(
        "PATCH",
        kind.path(space, name),
        query=query,
        body=patch,
        content_type="application/strategic-merge-patch+json",
    )
    result = response.json()
    same = _version(result) == _version(live)
    return Applied(result, "unchanged" if same else "configured", response.warnings)


def three_way(original: Object, live: Object, wanted: Object) -> Object:
    """The strategic merge patch that takes `live` to `wanted` and removes what only `original` had."""
    return _diff_maps(original, live, wanted)


def _diff_maps(original: Object, live: Object, wanted: Object) -> Object:
    patch: Object = {}
    for key, value in wanted.items():
        if value is None:
            if key in live:
                patch[key] = None
            continue
        before = original.get(key)
        if key not in live:
            patch[key] = value
        elif isinstance(value, dict) and isinstance(live[key], dict):
            inner = _diff_maps(before if isinstance(before, dict) else {}, live[key], value)
            if inner:
                patch[key] = {**inner, RETAIN: sorted(value)} if key in RETAINED else inner
        elif isinstance(value, list) and isinstance(live[key], list):
            patch.update(_diff_lists(key, before if isinstance(before, list) else [], live[key], value))
        elif value != live[key]:
            patch[key] = value
    for key in original:
        if key not in wanted and key in live:
            patch[key] = None
    return patch


def _diff_lists(field: str, original: list[Any], live: list[Any], wanted: list[Any]) -> Object:
    key = _merge_key(field, [*wanted, *live])
    if key is None:
        return {} if wanted == live else {field: wanted}
    before, now = _by(key, original), _by(key, live)
    patches: list[Object] = []
    for item in wanted:
        current = now.get(item[key])
        if current is None:
            patches.append(item)
        elif inner := _diff_maps(before.get(item[key], {}), current, item):
            patches.append({key: item[key], **inner})
    names = {item[key] for item in wanted}
    patches += [{key: name, "$patch": "delete"} for name in before if name not in names and name in now]
    if not patches:
        return {}
    order = [{key: item[key]} for item in wanted]
    return {f"$setElementOrder/{field}": order, field: patches}


def _merge_key(field: str, items: list[Any]) -> str | None:
    for key in MERGE_KEYS.get(field, ()):
        if items and all(isinstance(item, dict) and key in item for item in items):
            return key
    return None


def _by(key: str, items: list[Any]) -> dict[Any, Object]:
    return {item[key]: item for item in items if isinstance(item, dict) and key in item}


def _with_annotation(wanted: Object, namespace: str | None) -> Object:
    metadata = dict(wanted.get("metadata") or {})
    if namespace:
        metadata.setdefault("namespace", namespace)
    annotations = {
        key: value for key, value in (metadata.get("annotations") or {}).items() if key != LAST_APPLIED
    }
    plain = {**wanted, "metadata": {**metadata, "annotations": annotations}}
    plain.pop("status", None)
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n"
    return {**plain, "metadata": {**metadata, "annotations": {**annotations, LAST_APPLIED: text}}}


def _labelled(wanted: Object, labels: Mapping[str, str]) -> Object:
    if not labels:
        return wanted
    metadata = wanted["metadata"]
    return {**wanted, "metadata": {**metadata, "labels": {**(metadata.get("labels") or {}), **labels}}}


def _last_applied(live: Object) -> Object:
    text = (live["metadata"].get("annotations") or {}).get(LAST_APPLIED)
    try:
        value = json.loads(text) if text else {}
    except ValueError:
        return {}
    if not isinstance(value, dict):
        return {}
    value.pop("status", None)
    return value


def _version(obj: Object) -> str:
    return str(obj["metadata"].get("resourceVersion", ""))

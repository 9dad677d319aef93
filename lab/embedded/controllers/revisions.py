"""ReplicaSets as revisions of a Deployment: finding, naming, numbering, annotating; pure.

Follows `pkg/controller/deployment/util`. The template's hash is FNV-1a over its canonical JSON, in the
alphabet that Kubernetes uses; its value differs from a real cluster's (which hashes a Go dump), its look
does not.
"""

from __future__ import annotations

from typing import Any

import orjson

from lab.embedded.objects.copying import copy_json
from lab.embedded.objects.meta import annotations_of, controller_reference, name_of, namespace_of

Json = dict[str, Any]
REVISION = "deployment.kubernetes.io/revision"
HISTORY = "deployment.kubernetes.io/revision-history"
DESIRED = "deployment.kubernetes.io/desired-replicas"
MAXIMUM = "deployment.kubernetes.io/max-replicas"
HASH_LABEL = "pod-template-hash"
_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
_NOT_COPIED = frozenset(
    (
        REVISION,
        HISTORY,
        DESIRED,
        MAXIMUM,
        "kubectl.kubernetes.io/last-applied-configuration",
        "deprecated.deployment.rollback.to",
    )
)


def template_hash(template: Json, collisions: int = 0) -> str:
    """The name of a template: the same for the same content and number of names that were taken."""
    value = 2166136261
    suffix = str(collisions).encode() if collisions else b""
    for byte in orjson.dumps(template, option=orjson.OPT_SORT_KEYS) + suffix:
        value = ((value ^ byte) * 16777619) & 0xFFFFFFFF
    return "".join(_ALPHABET[ord(digit) % len(_ALPHABET)] for digit in str(value))


def annotation(obj: Json, key: str) -> str:
    """An annotation, empty when absent."""
    return annotations_of(obj).get(key, "")


def revision_of(replica_set: Json) -> int:
    """The revision a ReplicaSet was last given; 0 for none."""
    text = annotation(replica_set, REVISION)
    return int(text) if text.isdigit() else 0


def _bare(template: Json) -> Json:
    metadata = dict(template.get("metadata") or {})
    metadata["labels"] = {
        key: value for key, value in (metadata.get("labels") or {}).items() if key != HASH_LABEL
    }
    metadata.pop("creationTimestamp", None)
    return {**template, "metadata": metadata}


def find_new(deployment: Json, sets: list[Json]) -> Json | None:
    """The ReplicaSet with the Deployment's present template; the oldest where several have it."""
    wanted = _bare(deployment["spec"]["template"])
    return next((each for each in sets if _bare(each["spec"]["template"]) == wanted), None)


def make(deployment: Json, revision: int, replicas: int, surge: int) -> Json:
    """A new ReplicaSet for the Deployment's present template."""
    template = copy_json(deployment["spec"]["template"])
    value = template_hash(template, (deployment.get("status") or {}).get("collisionCount", 0))
    template.setdefault("metadata", {}).setdefault("labels", {})[HASH_LABEL] = value
    selector = copy_json(deployment["spec"]["selector"])
    selector.setdefault("matchLabels", {})[HASH_LABEL] = value
    made: Json = {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": f"{name_of(deployment)}-{value}",
            "namespace": namespace_of(deployment),
            "labels": dict(template["metadata"]["labels"]),
            "annotations": {},
            "ownerReferences": [controller_reference(deployment)],
        },
        "spec": {"replicas": replicas, "selector": selector, "template": template},
    }
    minimum = deployment["spec"].get("minReadySeconds")
    if minimum:
        made["spec"]["minReadySeconds"] = minimum
    return sized(deployment, annotated(deployment, made, revision), replicas, surge)


def count_collision(deployment: Json) -> None:
    """Note in the status that the name of a new ReplicaSet was taken."""
    deployment["status"]["collisionCount"] = deployment["status"].get("collisionCount", 0) + 1


def annotated(deployment: Json, replica_set: Json, revision: int) -> Json:
    """The ReplicaSet with the Deployment's annotations and at least this revision."""
    copied = {key: value for key, value in annotations_of(deployment).items() if key not in _NOT_COPIED}
    annotations = {**annotations_of(replica_set), **copied}
    old = annotations.get(REVISION, "")
    if not old.isdigit() or int(old) < revision:
        if old:
            annotations[HISTORY] = ",".join(filter(None, (annotations.get(HISTORY, ""), old)))
        annotations[REVISION] = str(revision)
    spec = replica_set["spec"]
    minimum = deployment["spec"].get("minReadySeconds", 0)
    if spec.get("minReadySeconds", 0) != minimum:
        spec = {**spec, "minReadySeconds": minimum}
    return {**replica_set, "metadata": {**replica_set["metadata"], "annotations": annotations}, "spec": spec}


def sized(deployment: Json, replica_set: Json, replicas: int, surge: int) -> Json:
    """The ReplicaSet at a new size, with the annotations that tell scaling from rolling."""
    wanted = deployment["spec"].get("replicas", 1)
    annotations = {**annotations_of(replica_set), DESIRED: str(wanted), MAXIMUM: str(wanted + surge)}
    metadata = {**replica_set["metadata"], "annotations": annotations}
    return {**replica_set, "metadata": metadata, "spec": {**replica_set["spec"], "replicas": replicas}}

"""Live objects against files: where they differ, and what of them is the learner's to keep.

What the server fills in (defaults, status, identity) is nobody's decision and is neither drift nor exported.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lab.attempt.applying import LABELS, PRUNED
from lab.attempt.image_files import DIGEST
from lab.attempt.views import Drift
from lab.kube import ApiError

if TYPE_CHECKING:
    from lab.attempt.manifests import Manifest
    from lab.kube import Client
    from lab.model.observation import Object

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
LONGEST = 120
"""Characters of a value that drift shows."""

_SERVER_METADATA = frozenset(
    {"creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "generation", "managedFields",
     "namespace", "resourceVersion", "selfLink", "uid", "ownerReferences"}
)  # fmt: skip
_SERVER_ANNOTATIONS = frozenset({LAST_APPLIED, DIGEST, "deployment.kubernetes.io/revision"})
_SERVER_SPEC = {"Service": frozenset({"clusterIP", "clusterIPs"}), "Pod": frozenset({"nodeName"})}
_MERGE_KEYS = ("name", "mountPath", "containerPort", "port", "key")


def drift(client: Client, manifests: Sequence[Manifest], namespace: str) -> tuple[Drift, ...]:
    """Every field a file sets and the live object has otherwise, and objects that only one side has."""
    found: list[Drift] = []
    for manifest in manifests:
        live = _live(client, manifest, namespace)
        if live is None:
            found.append(_absent(manifest))
        else:
            found += _drifts(manifest, live)
    declared = {(manifest.kind, manifest.name) for manifest in manifests}
    for live in own_objects(client, namespace):
        if (live["kind"], live["metadata"]["name"]) not in declared:
            reference = f"{live['kind'].lower()}/{live['metadata']['name']}"
            found.append(Drift(reference, "", "", "not declared", "there"))
    return tuple(found)


def overwritten(
    client: Client, manifests: Sequence[Manifest], namespace: str, unchanged: Container[str] = ()
) -> tuple[Drift, ...]:
    """What applying these manifests would undo: fields somebody changed in the cluster since the last apply.

    And objects somebody deleted: of manifests that are `unchanged` (references) since they were applied. What
    a file changes and nobody else did is no loss, and neither is what the server filled in.
    """
    found: list[Drift] = []
    for manifest in manifests:
        live = _live(client, manifest, namespace)
        if live is None:
            if manifest.reference in unchanged and not _goes_by_itself(manifest):
                found.append(_absent(manifest))
            continue
        applied = _applied(live)
        if applied is None:
            continue
        changed = {path for path, _, _ in _differences(_normal(applied), live, "")}
        found += (
            drift
            for drift in _drifts(manifest, live)
            if any(drift.path == one or drift.path.startswith((f"{one}.", f"{one}[")) for one in changed)
        )
    return tuple(found)


def _absent(manifest: Manifest) -> Drift:
    return Drift(manifest.reference, "", manifest.file, "declared", "not there")


def _goes_by_itself(manifest: Manifest) -> bool:
    """Whether the cluster removes it without anybody's asking: a Job some time after it ended."""
    return manifest.kind == "Job" and "ttlSecondsAfterFinished" in (manifest.object.get("spec") or {})


def _live(client: Client, manifest: Manifest, namespace: str) -> Object | None:
    """The live object of a manifest; None also for a kind the server does not know: the apply will say so."""
    try:
        return client.find(client.kind_for(manifest.object), namespace, manifest.name)
    except ApiError as error:
        if not error.not_found:
            raise
        return None


def _drifts(manifest: Manifest, live: Object) -> Iterator[Drift]:
    """Every field the manifest sets and the live object has otherwise; of Secrets no values."""
    hide = manifest.kind == "Secret"
    for path, wanted, actual in _differences(_normal(manifest.object), live, ""):
        texts = ("(hidden)", "(another value)") if hide else (_shown(wanted), _shown(actual))
        yield Drift(manifest.reference, path, manifest.file, *texts)


def _applied(live: Object) -> Object | None:
    """What was applied last; None: it was not applied, or the annotation makes no sense."""
    import json

    try:
        found = json.loads((live["metadata"].get("annotations") or {})[LAST_APPLIED])
    except (KeyError, ValueError):
        return None
    return found if isinstance(found, dict) and "kind" in found else None


def own_objects(client: Client, namespace: str) -> Iterator[Object]:
    """Objects somebody made in a namespace: not those a controller or the cluster made."""
    for kind in PRUNED:
        try:
            listed = client.list(kind, namespace)
        except ApiError as error:
            if error.not_found:
                continue
            raise
        yield from (live for live in listed.items if not _made_by_cluster(live))


def cleaned(live: Object) -> Object:
    """A live object as somebody would have written it: without what the server added to it."""
    metadata = {
        key: value for key, value in live["metadata"].items() if key not in _SERVER_METADATA and value
    }
    annotations = {
        key: value
        for key, value in (metadata.pop("annotations", None) or {}).items()
        if key not in _SERVER_ANNOTATIONS
    }
    labels = {
        key: value for key, value in (metadata.pop("labels", None) or {}).items() if LABELS.get(key) != value
    }
    metadata |= {key: value for key, value in (("labels", labels), ("annotations", annotations)) if value}
    kept: Object = {"apiVersion": live["apiVersion"], "kind": live["kind"], "metadata": metadata}
    for key, value in live.items():
        if key not in {"apiVersion", "kind", "metadata", "status"}:
            kept[key] = value
    if isinstance(kept.get("spec"), dict):
        hidden = _SERVER_SPEC.get(live["kind"], frozenset())
        kept["spec"] = {key: value for key, value in kept["spec"].items() if key not in hidden}
        _clean_template(kept["spec"])
    return kept


def _clean_template(spec: Object) -> None:
    """Take the lab's own mark, and an empty timestamp some servers write, out of a pod template."""
    template = spec.get("template")
    if not isinstance(template, dict) or not isinstance(template.get("metadata"), dict):
        return
    metadata = {key: value for key, value in template["metadata"].items() if value is not None}
    annotations = {
        key: value for key, value in (metadata.pop("annotations", None) or {}).items() if key != DIGEST
    }
    if annotations:
        metadata["annotations"] = annotations
    spec["template"] = {**template, "metadata": metadata}


def _made_by_cluster(live: Object) -> bool:
    metadata, kind = live["metadata"], live["kind"]
    return bool(
        metadata.get("ownerReferences")
        or metadata.get("deletionTimestamp")
        or (kind == "ServiceAccount" and metadata["name"] == "default")
        or (kind == "ConfigMap" and metadata["name"] == "kube-root-ca.crt")
        or (kind == "Secret" and live.get("type") == "kubernetes.io/service-account-token")
    )


def _normal(wanted: Object) -> Object:
    """A manifest's object as the server stores it, where that is another form."""
    normal = {key: value for key, value in wanted.items() if key not in {"apiVersion", "kind", "status"}}
    if wanted["kind"] == "Secret" and isinstance(wanted.get("stringData"), dict):
        import base64

        encoded = {
            key: base64.b64encode(str(value).encode()).decode() for key, value in wanted["stringData"].items()
        }
        normal.pop("stringData")
        normal["data"] = {**(wanted.get("data") or {}), **encoded}
    metadata = normal.get("metadata")
    if isinstance(metadata, dict):
        normal["metadata"] = {key: value for key, value in metadata.items() if key not in _SERVER_METADATA}
    return normal


def _differences(wanted: Any, live: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(wanted, Mapping) and isinstance(live, Mapping):
        for key, value in wanted.items():
            here = f"{path}.{key}" if path else str(key)
            if key not in live:
                if value not in (None, {}, []):
                    yield here, value, None
            else:
                yield from _differences(value, live[key], here)
    elif isinstance(wanted, list) and isinstance(live, list):
        yield from _list_differences(wanted, live, path)
    elif wanted is not None and not _same(wanted, live):
        yield path, wanted, live


def _list_differences(wanted: list[Any], live: list[Any], path: str) -> Iterator[tuple[str, Any, Any]]:
    key = _merge_key(wanted + live)
    if key is None:
        if len(wanted) != len(live):
            yield path, wanted, live
            return
        for number, (one, other) in enumerate(zip(wanted, live, strict=True)):
            yield from _differences(one, other, f"{path}[{number}]")
        return
    by_key = {item[key]: item for item in live}
    for number, item in enumerate(wanted):
        if item[key] in by_key:
            yield from _differences(item, by_key[item[key]], f"{path}[{number}]")
        else:
            yield f"{path}[{number}]", item, None
    named = {item[key] for item in wanted}
    for name, item in by_key.items():
        if name not in named:
            yield f"{path}[{key}={name}]", None, item


def _merge_key(items: Iterable[Any]) -> str | None:
    known = list(items)
    if not known or not all(isinstance(item, dict) for item in known):
        return None
    return next((key for key in _MERGE_KEYS if all(key in item for item in known)), None)


def _same(wanted: Any, live: Any) -> bool:
    """Equal, or the same quantity in another notation (`0.5` and `500m`)."""
    if wanted == live:
        return True
    if isinstance(wanted, bool) or isinstance(live, bool):
        return False
    left, right = _quantity(wanted), _quantity(live)
    return left is not None and left == right


_SUFFIXES = {
    "": 1.0, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12,
    "Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40,
}  # fmt: skip


def _quantity(value: Any) -> float | None:
    text = str(value)
    digits = text.rstrip("mkMGTKi")
    try:
        return round(float(digits) * _SUFFIXES[text[len(digits) :]], 6)
    except (ValueError, KeyError):
        return None


def _shown(value: Any) -> str:
    import json

    if value is None:
        return "not there"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"

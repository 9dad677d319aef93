"""Rules of `metadata`, the same for every kind: names, labels, annotations, owners, finalizers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from lab.embedded.api import field_errors
from lab.embedded.api.field_errors import FieldError
from lab.embedded.objects import names

if TYPE_CHECKING:
    from lab.embedded.api.kinds import Kind

Object = dict[str, Any]
Errors = list[FieldError]

_ANNOTATIONS_LIMIT = 256 * 1024
_FINALIZERS = frozenset({"kubernetes", "orphan", "foregroundDeletion"})
"""Those that need no domain (`IsStandardFinalizerName`)."""
_NAME_RULES = {"namespaces": names.dns_label, "services": names.dns_1035_label}


def nameless() -> Errors:
    """The error of an object without any name."""
    return [field_errors.required("metadata.name", "name or generateName is required")]


def validate_metadata(kind: Kind, obj: Object, old: Object | None) -> Errors:
    """Everything wrong with the object's metadata."""
    metadata = obj["metadata"]
    found: Errors = []
    if old is None:
        rule = _NAME_RULES.get(kind.resource, names.dns_subdomain)
        if prefix := metadata.get("generateName"):
            found += [
                field_errors.invalid("metadata.generateName", prefix, each)
                for each in rule(prefix.rstrip("-") if prefix.strip("-") else prefix)
            ]
        found += [
            field_errors.invalid("metadata.name", metadata["name"], each) for each in rule(metadata["name"])
        ]
    found += validate_labels(metadata.get("labels"), "metadata.labels")
    found += _validate_annotations(metadata.get("annotations") or {})
    found += _validate_owners(metadata.get("ownerReferences") or [])
    for index, finalizer in enumerate(metadata.get("finalizers") or ()):
        messages = names.qualified_name(finalizer)
        found += [field_errors.invalid("metadata.finalizers", finalizer, each) for each in messages]
        if "/" not in finalizer and finalizer not in _FINALIZERS:
            detail = "name is neither a standard finalizer name nor is it fully qualified"
            found.append(field_errors.invalid(f"metadata.finalizers[{index}]", finalizer, detail))
    if old is not None and old["metadata"].get("deletionTimestamp"):
        added = set(metadata.get("finalizers") or ()) - set(old["metadata"].get("finalizers") or ())
        if added:
            listed = json.dumps(sorted(added))
            detail = "no new finalizers can be added if the object is being deleted, "
            detail += f"found new finalizers {listed}"
            found.append(field_errors.forbidden("metadata.finalizers", detail))
    return found


def _validate_owners(owners: list[Object]) -> Errors:
    """References that say whose an object is; Events own nothing, and only one owner controls."""
    path = "metadata.ownerReferences"
    found: Errors = []
    controllers: list[str] = []
    for index, owner in enumerate(owners):
        found += [
            field_errors.invalid(f"{path}[{index}].{key}", "", f"{word} must not be empty")
            for key, word in (("apiVersion", "version"), ("kind", "kind"), ("name", "name"), ("uid", "uid"))
            if not owner.get(key)
        ]
        group, _, version = (owner.get("apiVersion") or "").rpartition("/")
        if owner.get("kind") == "Event" and (group, version) in {("", "v1"), ("events.k8s.io", "v1")}:
            detail = f"{group}/{version}, Kind=Event is disallowed from being an owner"
            found.append(field_errors.invalid(path, owner, detail))
        if owner.get("controller"):
            controllers.append(f"{owner.get('kind', '')}/{owner.get('name', '')}")
    if len(controllers) > 1:
        detail = (
            'Only one reference can have Controller set to true. Found "true" in references for '
            f"{controllers[0]} and {controllers[1]}"
        )
        found.append(field_errors.invalid(path, owners, detail))
    return found


def validate_labels(labels: Object | None, path: str) -> Errors:
    """Keys and values of a map of labels."""
    found: Errors = []
    for key, value in (labels or {}).items():
        found += [field_errors.invalid(path, key, each) for each in names.qualified_name(key)]
        found += [field_errors.invalid(path, value, each) for each in names.label_value(str(value))]
    return found


def _validate_annotations(annotations: Object) -> Errors:
    found: Errors = []
    for key in annotations:
        messages = names.qualified_name(key.lower())
        found += [field_errors.invalid("metadata.annotations", key, each) for each in messages]
    size = sum(len(key.encode()) + len(str(value).encode()) for key, value in annotations.items())
    if size > _ANNOTATIONS_LIMIT:
        found.append(field_errors.too_long("metadata.annotations", _ANNOTATIONS_LIMIT))
    return found

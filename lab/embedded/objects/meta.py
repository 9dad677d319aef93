"""Reading the metadata of objects: names, labels, owners, finalizers, deletion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Object = dict[str, Any]


def name_of(obj: Object) -> str:
    """The object's name; empty before it has one."""
    name: str = obj.get("metadata", {}).get("name", "")
    return name


def namespace_of(obj: Object) -> str:
    """The object's namespace; empty for cluster-scoped objects."""
    namespace: str = obj.get("metadata", {}).get("namespace", "")
    return namespace


def uid_of(obj: Object) -> str:
    """The object's UID; empty before it was stored."""
    uid: str = obj.get("metadata", {}).get("uid", "")
    return uid


def labels_of(obj: Object) -> Mapping[str, str]:
    """The object's labels."""
    return obj.get("metadata", {}).get("labels") or {}


def annotations_of(obj: Object) -> Mapping[str, str]:
    """The object's annotations."""
    return obj.get("metadata", {}).get("annotations") or {}


def key_of(obj: Object) -> str:
    """`namespace/name`, or the name alone for cluster-scoped objects (client-go's MetaNamespaceKey)."""
    namespace = namespace_of(obj)
    return f"{namespace}/{name_of(obj)}" if namespace else name_of(obj)


def is_deleting(obj: Object) -> bool:
    """Whether the object is on its way out (has a deletionTimestamp)."""
    return bool(obj.get("metadata", {}).get("deletionTimestamp"))


def finalizers_of(obj: Object) -> Sequence[str]:
    """What still holds the object back from being deleted."""
    return obj.get("metadata", {}).get("finalizers") or ()


def owners_of(obj: Object) -> Sequence[Object]:
    """All owner references."""
    return obj.get("metadata", {}).get("ownerReferences") or ()


def controller_of(obj: Object) -> Object | None:
    """The owner reference of the managing controller (`metav1.GetControllerOf`), or None."""
    return next((owner for owner in owners_of(obj) if owner.get("controller")), None)


def is_controlled_by(obj: Object, owner: Object) -> bool:
    """Whether `owner` is the managing controller of `obj` (by UID)."""
    reference = controller_of(obj)
    return reference is not None and reference.get("uid") == uid_of(owner)


def controller_reference(owner: Object) -> Object:
    """An owner reference that makes `owner` the managing controller (`metav1.NewControllerRef`)."""
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": name_of(owner),
        "uid": uid_of(owner),
        "controller": True,
        "blockOwnerDeletion": True,
    }


def object_reference(obj: Object, field_path: str = "") -> Object:
    """An `ObjectReference` as events carry it, optionally to a field (`spec.containers{app}`)."""
    metadata = obj.get("metadata", {})
    reference = {
        "kind": obj.get("kind", ""),
        "namespace": metadata.get("namespace", ""),
        "name": metadata.get("name", ""),
        "uid": metadata.get("uid", ""),
        "apiVersion": obj.get("apiVersion", ""),
        "resourceVersion": metadata.get("resourceVersion", ""),
        "fieldPath": field_path,
    }
    return {key: value for key, value in reference.items() if value}

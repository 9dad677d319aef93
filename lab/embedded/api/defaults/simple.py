"""Defaults of kinds that need a line or two."""

from __future__ import annotations

import base64
from typing import Any

Object = dict[str, Any]


def default_namespace(namespace: Object) -> None:
    """Every namespace carries its own name as a label, so that selectors can pick it."""
    labels = namespace["metadata"].setdefault("labels", {})
    if name := namespace["metadata"].get("name"):
        labels["kubernetes.io/metadata.name"] = name


def default_secret(secret: Object) -> None:
    """A type, and `stringData` put into `data`, where it wins."""
    secret.setdefault("type", "Opaque")
    for key, value in (secret.pop("stringData", None) or {}).items():
        secret.setdefault("data", {})[key] = base64.b64encode(str(value).encode()).decode()


def keep_secret_type(new: Object, old: Object) -> None:
    """An update that leaves the type out means the same type (the default would be another)."""
    if new.get("type") == "Opaque":
        new["type"] = old.get("type", "Opaque")

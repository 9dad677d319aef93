"""`Table` answers: what `kubectl get` prints without knowing the kind (meta.k8s.io/v1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.server.bodies import media_type
from lab.embedded.server.columns import DEFAULT, PRINTERS, Column

if TYPE_CHECKING:
    from collections.abc import Sequence

Object = dict[str, Any]


def wants_table(accept: str) -> bool:
    """Whether the first acceptable form of an answer is a Table (`as=Table;v=v1;g=meta.k8s.io`)."""
    first = accept.split(",", 1)[0]
    parameters = {part.strip() for part in first.split(";")[1:]}
    return (
        media_type(first) == "application/json" and "as=Table" in parameters and "v=v1beta1" not in parameters
    )


def table(
    resource: str,
    objects: Sequence[Object],
    now: float,
    *,
    metadata: Object,
    include: str,
    header: bool = True,
) -> Object:
    """A Table of objects; `now` in agenda seconds, `metadata` that of the list.

    `include` is the query's `includeObject`: `Metadata` (also when empty), `Object` or `None`. Later tables
    of one watch leave the `header` out.
    """
    printer = PRINTERS.get(resource, DEFAULT)
    rows = [
        {
            "cells": printer.cells(obj, now),
            **({"conditions": found} if (found := _row_conditions(obj)) else {}),
            **_included(obj, include),
        }
        for obj in objects
    ]
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": metadata,
        "columnDefinitions": [_definition(column) for column in printer.columns] if header else None,
        "rows": rows,
    }


def _definition(column: Column) -> Object:
    return {
        "name": column.name,
        "type": column.type,
        "format": "name" if column.name == "Name" else "",
        "description": "",
        "priority": 1 if column.wide else 0,
    }


def _included(obj: Object, include: str) -> Object:
    if include == "None":
        return {}
    if include == "Object":
        return {"object": obj}
    return {
        "object": {
            "kind": "PartialObjectMetadata",
            "apiVersion": "meta.k8s.io/v1",
            "metadata": obj.get("metadata", {}),
        }
    }


def _row_conditions(obj: Object) -> list[Object]:
    """A finished pod's row is marked so; `kubectl get` hid such rows once."""
    if obj.get("kind") != "Pod":
        return []
    phase = obj.get("status", {}).get("phase")
    if phase not in {"Succeeded", "Failed"}:
        return []
    message = "The pod has completed successfully." if phase == "Succeeded" else "The pod failed."
    return [{"type": "Completed", "status": "True", "reason": phase, "message": message}]

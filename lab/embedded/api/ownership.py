"""Who manages which field (`metadata.managedFields`), kept for what clients write: apply needs it.

The cluster's own parts write without leaving a trace here; nobody applies over what they write (status).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from lab.embedded.api.patch import fieldsets
from lab.embedded.api.schema.definitions import Shape

if TYPE_CHECKING:
    from lab.embedded.api.patch.fieldsets import Fields

Object = dict[str, Any]


class Entry(Struct, frozen=True):
    """One manager's fields; an apply and an update by the same manager are two entries."""

    manager: str
    operation: str
    api_version: str
    subresource: str
    time: str
    fields: Fields

    @property
    def identity(self) -> tuple[str, str, str, str]:
        """What makes two entries one."""
        return self.manager, self.operation, self.api_version, self.subresource


def shape_of(obj: Object) -> Shape:
    """The shape of a whole object."""
    group, _, version = obj["apiVersion"].rpartition("/")
    return Shape.of_kind(group, version, obj["kind"])


def read(obj: Object) -> list[Entry]:
    """The entries an object carries."""
    return [
        Entry(
            each.get("manager", ""),
            each.get("operation", ""),
            each.get("apiVersion", ""),
            each.get("subresource", ""),
            each.get("time", ""),
            fieldsets.from_trie(each.get("fieldsV1") or {}),
        )
        for each in obj["metadata"].get("managedFields") or ()
    ]


def write(obj: Object, entries: list[Entry]) -> None:
    """Put the entries that still own something into an object."""
    managed = []
    for entry in sorted(entries, key=lambda each: (each.operation != "Apply", each.time, each.manager)):
        if not entry.fields:
            continue
        one = {
            "manager": entry.manager,
            "operation": entry.operation,
            "apiVersion": entry.api_version,
            "time": entry.time,
            "fieldsType": "FieldsV1",
            "fieldsV1": fieldsets.to_trie(entry.fields),
        }
        if entry.subresource:
            one["subresource"] = entry.subresource
        managed.append(one)
    obj["metadata"].pop("managedFields", None)
    if managed:
        obj["metadata"]["managedFields"] = managed


def record_update(new: Object, old: Object | None, manager: str, subresource: str, now: str) -> None:
    """After a create or update: what changed is the manager's now, what is gone is nobody's."""
    shape = shape_of(new)
    after = fieldsets.fields_of(new, shape)
    before = fieldsets.fields_of(old, shape) if old is not None else frozenset()
    changed = frozenset(
        path
        for path in after
        if path not in before or fieldsets.value_at(new, path, shape) != fieldsets.value_at(old, path, shape)
    )
    entries = [replace(each, fields=(each.fields & after) - changed) for each in read(new)]
    mine = Entry(manager or "unknown", "Update", new["apiVersion"], subresource, now, changed)
    write(new, add(entries, mine) if changed else entries)


def add(entries: list[Entry], mine: Entry) -> list[Entry]:
    """The entries with one more, joined to the manager's own where there is one."""
    own = [each for each in entries if each.identity == mine.identity]
    others = [each for each in entries if each.identity != mine.identity]
    fields = mine.fields.union(*(each.fields for each in own))
    return [*others, replace(mine, fields=fields)]

"""Rules of Nodes (`ValidateNode`): their taints, and the switch of the simulated machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.api import field_errors
from lab.embedded.api.validation import common
from lab.embedded.objects import names
from lab.embedded.objects.machines import ANNOTATION, STATES
from lab.embedded.objects.meta import annotations_of

if TYPE_CHECKING:
    from lab.embedded.api.field_errors import FieldError

Object = dict[str, Any]
Errors = list["FieldError"]

_EFFECTS = ("NoExecute", "NoSchedule", "PreferNoSchedule")


def validate_node(node: Object) -> Errors:
    """A whole Node."""
    path = f"metadata.annotations[{ANNOTATION}]"
    found = common.optional_one_of(annotations_of(node).get(ANNOTATION), path, STATES)
    taken: set[tuple[Any, Any]] = set()
    for index, taint in enumerate((node.get("spec") or {}).get("taints") or ()):
        place, key, effect = f"spec.taints[{index}]", taint.get("key") or "", taint.get("effect")
        found += [field_errors.invalid(f"{place}.key", key, each) for each in names.qualified_name(key)]
        found += common.one_of(effect, f"{place}.effect", _EFFECTS)
        if (key, effect) in taken:
            found.append(field_errors.duplicate(place, taint))
        taken.add((key, effect))
    return found

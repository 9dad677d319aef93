"""Label and field selectors: the query-string forms and `LabelSelector` objects, as one set of requirements.

Wording of errors follows apimachinery's `labels.Parse` and `fields.ParseSelector`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct

from lab.embedded.objects import names

if TYPE_CHECKING:
    from collections.abc import Mapping

Operator = Literal["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"]

_TOKEN = re.compile(r"\s*(?:(==|!=|=|>|<|!|\(|\)|,)|([^\s=!<>(),]+))")


class Requirement(Struct, frozen=True):
    """One condition on one label."""

    key: str
    operator: Operator
    values: tuple[str, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether the labels meet this condition; `NotIn` is met by an absent label too."""
        value = labels.get(self.key)
        if self.operator == "In":
            return value in self.values
        if self.operator == "NotIn":
            return value not in self.values
        if self.operator == "Exists":
            return value is not None
        if self.operator == "DoesNotExist":
            return value is None
        return self._compares(value)

    def _compares(self, value: str | None) -> bool:
        try:
            difference = int(value or "") - int(self.values[0])
        except ValueError:
            return False
        return difference > 0 if self.operator == "Gt" else difference < 0

    def __str__(self) -> str:
        if self.operator in {"Exists", "DoesNotExist"}:
            return self.key if self.operator == "Exists" else f"!{self.key}"
        if self.operator in {"Gt", "Lt"}:
            return f"{self.key}{'>' if self.operator == 'Gt' else '<'}{self.values[0]}"
        if len(self.values) == 1 and self.operator == "In":
            return f"{self.key}={self.values[0]}"
        name = "in" if self.operator == "In" else "notin"
        return f"{self.key} {name} ({','.join(sorted(self.values))})"


class Selector(Struct, frozen=True):
    """All requirements must be met; no requirement selects everything, unless `nothing` is set."""

    requirements: tuple[Requirement, ...] = ()
    nothing: bool = False

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether labels are selected."""
        return not self.nothing and all(each.matches(labels) for each in self.requirements)

    def __str__(self) -> str:
        return ",".join(str(each) for each in sorted(self.requirements, key=lambda each: each.key))


NOTHING = Selector(nothing=True)


def from_label_selector(selector: Mapping[str, Any] | None) -> Selector:
    """The selector of a `LabelSelector` object: null selects nothing, an empty one everything."""
    if selector is None:
        return NOTHING
    requirements = [
        Requirement(key, "In", (value,)) for key, value in (selector.get("matchLabels") or {}).items()
    ]
    requirements += [
        Requirement(each["key"], each["operator"], tuple(each.get("values") or ()))
        for each in selector.get("matchExpressions") or ()
    ]
    return Selector(tuple(requirements))


def from_labels(labels: Mapping[str, str] | None) -> Selector:
    """The selector of a plain map, as in `Service.spec.selector`: an empty or absent map selects nothing."""
    if not labels:
        return NOTHING
    return Selector(tuple(Requirement(key, "In", (value,)) for key, value in labels.items()))


@lru_cache(maxsize=1024)
def parse_labels(text: str) -> Selector:
    """The selector of a query string: `app=web,tier!=db,env in (a,b),!legacy`.

    Raises:
        ValueError: in the API server's words.
    """
    return Selector(tuple(_LabelParser(text).parse()))


class _LabelParser:
    """A recursive-descent reader of one selector string."""

    def __init__(self, text: str) -> None:
        self._tokens: list[str] = []
        position = 0
        stripped = text.rstrip()
        while position < len(stripped):
            match = _TOKEN.match(stripped, position)
            if match is None:  # pragma: no cover (the two alternatives cover every character)
                raise ValueError(f"unable to parse requirement: {stripped[position:]}")
            self._tokens.append(match[1] or match[2])
            position = match.end()

    def parse(self) -> list[Requirement]:
        if not self._tokens:
            return []
        found = [self._requirement()]
        while self._tokens:
            separator = self._tokens.pop(0)
            if separator != ",":
                raise ValueError(f"found '{separator}', expected: ',' or 'end of string'")
            found.append(self._requirement())
        return found

    def _requirement(self) -> Requirement:
        absent = self._peek() == "!"
        if absent:
            self._tokens.pop(0)
        key = self._next("identifier")
        for message in names.qualified_name(key):
            raise ValueError(f'unable to parse requirement: <nil>: Invalid value: "{key}": {message}')
        if absent:
            return Requirement(key, "DoesNotExist")
        if self._peek() in {"", ","}:
            return Requirement(key, "Exists")
        return self._comparison(key, self._tokens.pop(0))

    def _comparison(self, key: str, operator: str) -> Requirement:
        if operator in {"in", "notin"}:
            return Requirement(key, "In" if operator == "in" else "NotIn", self._values(key))
        if operator not in {"=", "==", "!=", ">", "<"}:
            raise ValueError(
                f"unable to parse requirement: found '{operator}', expected: in, notin, =, ==, !=, gt, lt"
            )
        value = "" if self._peek() in {"", ","} else self._tokens.pop(0)
        self._check_value(key, value)
        names: dict[str, Operator] = {"!=": "NotIn", ">": "Gt", "<": "Lt"}
        return Requirement(key, names.get(operator, "In"), (value,))

    def _values(self, key: str) -> tuple[str, ...]:
        if self._next("'('") != "(":
            raise ValueError("unable to parse requirement: found no '(' after the operator")
        values: list[str] = []
        while (word := self._next("',', or ')'")) != ")":
            if word != ",":
                self._check_value(key, word)
                values.append(word)
        return tuple(values) or ("",)

    def _check_value(self, key: str, value: str) -> None:
        for message in names.label_value(value):
            place = f"values[0][{key}]"
            raise ValueError(f'unable to parse requirement: {place}: Invalid value: "{value}": {message}')

    def _peek(self) -> str:
        return self._tokens[0] if self._tokens else ""

    def _next(self, expected: str) -> str:
        if not self._tokens:
            raise ValueError(f"unable to parse requirement: found '', expected: {expected}")
        return self._tokens.pop(0)


class FieldRequirement(Struct, frozen=True):
    """One field that must, or must not, have a value."""

    path: str
    value: str
    equal: bool

    def matches(self, fields: Mapping[str, str]) -> bool:
        """Whether the fields, by path, meet this condition."""
        return (fields.get(self.path, "") == self.value) == self.equal


@lru_cache(maxsize=1024)
def parse_fields(text: str) -> tuple[FieldRequirement, ...]:
    """The requirements of a field selector: `spec.nodeName=n1,status.phase!=Running`.

    Raises:
        ValueError: in the API server's words.
    """
    found = []
    for term in filter(None, text.split(",")):
        match = re.fullmatch(r"([^=!]+)(==|!=|=)(.*)", term)
        if match is None:
            raise ValueError(f"invalid selector: '{text}'; can't understand '{term}'")
        found.append(FieldRequirement(match[1].strip(), match[3], match[2] != "!="))
    return tuple(found)

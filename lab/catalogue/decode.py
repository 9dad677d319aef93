"""Values into frozen dataclasses, with every error at its line: the closed schema of the exercise format.

The schema *is* the model: fields, types, defaults and `Annotated` descriptions of the dataclasses. So parser,
error messages and documentation cannot drift apart. Reading never stops at the first error.
"""

from __future__ import annotations

import dataclasses
import difflib
import functools
import types
import typing
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from lab.errors import ContentError

if typing.TYPE_CHECKING:
    from collections.abc import Iterable

    from lab.catalogue.marked import Marked, Path

T = TypeVar("T")

_FAILED: Any = object()
_SCALARS = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}


def decode(cls: type[T], document: Marked) -> T | None:
    """The document as a `cls`, or None when it has errors, which are then among `document.problems`."""
    value = _decode(cls, document.value, (), document)
    return None if value is _FAILED or document.problems else typing.cast("T", value)


def nearest(word: str, known: Iterable[str]) -> str:
    """`did you mean …?`, or the list of what there is."""
    names = sorted(known)
    close = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    if close:
        return f"did you mean `{close[0]}`?"
    return "there is: " + ", ".join(f"`{name}`" for name in names) if names else "there is none"


@functools.cache
def fields_of(cls: type) -> dict[str, tuple[Any, str, bool]]:
    """Type, description and whether it is required, by field name."""
    hints = typing.get_type_hints(cls, include_extras=True)
    found = {}
    for item in dataclasses.fields(cls):
        hint = hints[item.name]
        required = item.default is dataclasses.MISSING and item.default_factory is dataclasses.MISSING
        found[item.name] = (hint, _description(hint), required)
    return found


def variants_of(hint: Any) -> dict[str, type]:
    """The classes of a tagged union by their `kind`."""
    members: tuple[Any, ...] = get_args(_bare(hint))
    return {member.kind: member for member in members if getattr(member, "kind", "")}


def _description(hint: Any) -> str:
    if get_origin(hint) is Annotated:
        return next((extra for extra in hint.__metadata__ if isinstance(extra, str)), "")
    return ""


def _bare(hint: Any) -> Any:
    while get_origin(hint) is Annotated:
        hint = hint.__origin__
    return hint


def _decode(hint: Any, value: Any, path: Path, document: Marked) -> Any:
    hint = _bare(hint)
    if hint is Any:
        return value
    if isinstance(hint, typing.ForwardRef | str):
        hint = _resolve(hint)
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return _union(hint, value, path, document)
    if dataclasses.is_dataclass(hint):
        return _object(typing.cast("type", hint), value, path, document)
    if origin is tuple:
        return _sequence(get_args(hint)[0], value, path, document)
    if origin is Mapping:
        return _mapping(get_args(hint)[1], value, path, document)
    if origin is Literal:
        return _choice(get_args(hint), value, path, document)
    return _scalar(hint, value, path, document)


def _resolve(hint: Any) -> Any:
    name = hint if isinstance(hint, str) else hint.__forward_arg__
    from lab.model import predicates  # noqa: PLC0415 (the only recursive type lives there)

    return getattr(predicates, name)


def _problem(document: Marked, path: Path, what: str, remedy: str) -> Any:
    document.problems.append(ContentError(what, where=document.place(path), remedy=remedy))
    return _FAILED


def _object(cls: type, value: Any, path: Path, document: Marked) -> Any:
    if not isinstance(value, dict):
        return _problem(
            document,
            path,
            f"{_name(path)} must be a mapping, not {_shown(value)}",
            "its keys are: " + ", ".join(f"`{key}`" for key in fields_of(cls)),
        )
    known = fields_of(cls)
    tagged = bool(getattr(cls, "kind", ""))
    arguments: dict[str, Any] = {}
    for key, item in value.items():
        if tagged and key == "kind":
            continue
        if key not in known:
            remedy = nearest(key, [*known, *(["kind"] if tagged else [])])
            _problem(document, (*path, key), f"unknown key `{key}` in {_name(path)}", remedy)
            continue
        arguments[key] = _decode(known[key][0], item, (*path, key), document)
    missing = [key for key, (_, _, required) in known.items() if required and key not in value]
    for key in missing:
        hint, text, _ = known[key]
        _problem(
            document, path, f"{_name(path)} lacks the key `{key}`", f"add `{key}:` ({text or wanted(hint)})"
        )
    if missing or any(argument is _FAILED for argument in arguments.values()):
        return _FAILED
    return cls(**arguments)


def _union(hint: Any, value: Any, path: Path, document: Marked) -> Any:
    members = [member for member in get_args(hint) if member is not types.NoneType]
    if value is None and len(members) < len(get_args(hint)):
        return None
    if len(members) == 1:
        return _decode(members[0], value, path, document)
    variants = variants_of(hint)
    if variants:
        return _tagged(variants, value, path, document)
    for member in members:
        if _fits(member, value):
            return value
    return _problem(document, path, f"{_name(path)} must be {wanted(hint)}, not {_shown(value)}", "change it")


def _tagged(variants: dict[str, type], value: Any, path: Path, document: Marked) -> Any:
    kinds = ", ".join(f"`{kind}`" for kind in variants)
    if not isinstance(value, dict):
        return _problem(
            document,
            path,
            f"{_name(path)} must be a mapping, not {_shown(value)}",
            f"give it a `kind:` (one of {kinds}) and that kind's keys",
        )
    kind = value.get("kind")
    if kind is None:
        return _problem(document, path, f"{_name(path)} lacks the key `kind`", f"it is one of {kinds}")
    if kind not in variants:
        return _problem(
            document, (*path, "kind"), f"unknown kind `{kind}` in {_name(path)}", nearest(str(kind), variants)
        )
    return _object(variants[kind], value, path, document)


def _sequence(hint: Any, value: Any, path: Path, document: Marked) -> Any:
    if not isinstance(value, list):
        return _problem(
            document,
            path,
            f"{_name(path)} must be a list, not {_shown(value)}",
            "write each element on a line of its own after `- `",
        )
    items = [_decode(hint, item, (*path, index), document) for index, item in enumerate(value)]
    return _FAILED if any(item is _FAILED for item in items) else tuple(items)


def _mapping(hint: Any, value: Any, path: Path, document: Marked) -> Any:
    if not isinstance(value, dict):
        return _problem(
            document,
            path,
            f"{_name(path)} must be a mapping, not {_shown(value)}",
            "write `name: value` lines below it, or `{}` for none",
        )
    items = {key: _decode(hint, item, (*path, key), document) for key, item in value.items()}
    return _FAILED if any(item is _FAILED for item in items.values()) else items


def _choice(options: tuple[Any, ...], value: Any, path: Path, document: Marked) -> Any:
    if value in options:
        return value
    return _problem(document, path, f"{_name(path)} cannot be {_shown(value)}", nearest(str(value), options))


def _scalar(hint: Any, value: Any, path: Path, document: Marked) -> Any:
    if _fits(hint, value):
        return float(value) if hint is float else value
    remedy = (
        "put it in quotes"
        if hint is str and isinstance(value, int | float | bool)
        else f"write {wanted(hint)}"
    )
    return _problem(document, path, f"{_name(path)} must be {wanted(hint)}, not {_shown(value)}", remedy)


def _fits(hint: Any, value: Any) -> bool:
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, hint)


def wanted(hint: Any) -> str:
    """What a type is called in a message."""
    hint = _bare(hint)
    if hint in _SCALARS:
        return _SCALARS[hint]
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return " or ".join(wanted(member) for member in get_args(hint) if member is not types.NoneType)
    if origin is Literal:
        return "one of " + ", ".join(f"`{option}`" for option in get_args(hint))
    return "a list" if origin is tuple else "a mapping"


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return f"`{str(value)[:60]}`"


def _name(path: Path) -> str:
    from lab.catalogue.marked import dotted  # noqa: PLC0415 (type-only above)

    return f"`{dotted(path)}`" if path else "the file"

"""What the API server said about a manifest, brought back to its lines: with the words of whoever knows more.

The server names a field, sometimes without its indexes, and stops at the first of a wrong type. What the
definitions say of the same object has every line and what to do about it, and is what an editor shows as one
types; so that is told wherever it knows of what the server refused. The rest is told as the server has it.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import yaml

from lab.errors import ContentError, Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lab.attempt.linting import Problem
    from lab.attempt.manifests import Manifest
    from lab.kube import ApiError
    from lab.kube.errors import Cause

_UNKNOWN_FIELD = re.compile(r'(unknown|duplicate) field "([^"]+)"')
_UNSERVED = re.compile(r"could not find the requested resource|no matches for kind")
_WRONG_TYPE = re.compile(
    r"cannot unmarshal (\w+) into Go (?:struct field [A-Za-z0-9]*\.(\S+)|value) of type (\S+)"
)
_INDEX = re.compile(r"\[[^\]]*\]")
_UNKNOWN = "unknown field"
_UNREADABLE = 400
"""HTTP status of an object that the server cannot make sense of."""
_PATCH = "patch"
"""The field of the cause where it cannot make sense of an object that is changed."""


def located(manifest: Manifest, error: ApiError) -> tuple[ContentError, ...]:
    """What the server said about a manifest, each mistake at its line."""
    from lab.attempt.linting.manifest import of_object

    known = of_object(manifest.node)
    fields = _fields(manifest, error)
    patch = any(cause.field == _PATCH for cause in error.causes)
    if known and (fields or patch or error.code == _UNREADABLE or _UNSERVED.search(error.what)):
        paths = {path for one in known for path in (one.path, _bare(one.path))}
        return (
            *(_known(manifest, one) for one in known),
            *(one for path, one in fields if path not in paths),
        )
    if error.causes and not fields:
        told = [_of_cause(manifest, cause, known) for cause in error.causes]
        return tuple({(str(one.where), one.what): one for one in told}.values())
    return tuple(one for _, one in fields) or (_whole(manifest, error),)


def unheard(manifest: Manifest) -> tuple[ContentError, ...]:
    """Unknown fields without a value: of a patch with `null` for what never was the server says nothing."""
    empty = set(_empty(manifest.node, set()))
    if not empty:
        return ()  # nearly always: the definitions need not be read
    from lab.attempt.linting.manifest import of_object

    return tuple(
        _known(
            manifest, replace(one, what=f"{one.what}: it has no value, and would be dropped without a word")
        )
        for one in of_object(manifest.node)
        if one.what.startswith(_UNKNOWN) and (one.line, one.column) in empty
    )


def _empty(node: Any, seen: set[int]) -> Iterator[tuple[int, int]]:
    """Line (1-based) and column of every key whose value is nothing."""
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _empty(item, seen)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if value.tag == "tag:yaml.org,2002:null":
                yield key.start_mark.line + 1, key.start_mark.column
            yield from _empty(value, seen)


def _known(manifest: Manifest, problem: Problem) -> ContentError:
    where = Place(manifest.file, problem.line, problem.path or None)
    remedy = problem.remedy or f"{_explain(manifest, problem.path)} tells what belongs here"
    return ContentError(problem.what, where=where, remedy=remedy)


def _of_cause(manifest: Manifest, cause: Cause, known: Sequence[Problem]) -> ContentError:
    parent = cause.field.rpartition(".")[0] if "Required" in cause.message else cause.field
    for problem in known:
        if problem.path and problem.path in {cause.field, parent}:
            return _known(manifest, problem)
    return ContentError(
        f"{cause.field}: {cause.message}" if cause.field else cause.message,
        where=manifest.place(cause.field),
        remedy=_remedy(manifest, cause.message),
    )


def _fields(manifest: Manifest, error: ApiError) -> list[tuple[str, ContentError]]:
    """Fields the server could not make sense of, by their paths."""
    found = []
    for said, path in _UNKNOWN_FIELD.findall(error.what):
        what = "unknown field" if said == "unknown" else "this field is here twice:"
        remedy = f"{_explain(manifest, path.rpartition('.')[0])} lists the fields"
        found.append((path, ContentError(f"{what} {path}", where=manifest.place(path), remedy=remedy)))
    wrong = None if found else _WRONG_TYPE.search(error.what)
    if wrong:
        given, path, wanted = wrong.group(1), wrong.group(2) or "", wrong.group(3)
        what = f"wrong type: {path or manifest.reference} is a {given}, and {_type(wanted)} is wanted"
        remedy = f"{_explain(manifest, path)} tells what belongs here"
        found.append((path, ContentError(what, where=manifest.place(path), remedy=remedy)))
    return found


def _whole(manifest: Manifest, error: ApiError) -> ContentError:
    """What the server said of an object as a whole."""
    if _UNSERVED.search(error.what):
        return ContentError(
            f"{manifest.reference}: this cluster has no {manifest.kind} (of {manifest.object['apiVersion']})",
            where=manifest.place("apiVersion"),
            remedy="kubectl api-resources lists the kinds it has",
        )
    where = manifest.place("apiVersion" if error.not_found else "")
    return ContentError(
        f"{manifest.reference}: {error.what}", where=where, remedy=_remedy(manifest, error.what)
    )


def _explain(manifest: Manifest, path: str) -> str:
    return ".".join(part for part in (f"kubectl explain {manifest.kind.lower()}", _bare(path)) if part)


def _bare(path: str) -> str:
    """A path as the server writes it where it leaves indexes out."""
    return _INDEX.sub("", path)


def _remedy(manifest: Manifest, message: str) -> str:
    if "immutable" in message:
        return f"this field cannot be changed in place: kubectl delete {manifest.reference}, then apply again"
    return f"{_explain(manifest, '')} tells what belongs here"


def _type(go: str) -> str:
    """A Go type in words."""
    if go.startswith(("int", "*int", "uint")):
        return "a whole number"
    if go.startswith("[]"):
        return "a list"
    if go.startswith("map"):
        return "a mapping"
    return {"string": "text (in quotes)", "bool": "true or false"}.get(go.lstrip("*"), f"a {go}")

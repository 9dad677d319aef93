"""OpenAPI v3 documents, one a group and version: what `kubectl explain` and kubectl's validation read.

Components come from the same definitions that objects are checked by. Paths say just enough: that a kind is
there, and that the server validates fields itself (`fieldValidation`), so that kubectl leaves it to the
server.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import orjson

from lab.embedded.server.version import GIT_VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from lab.embedded.api.kinds import Kind, KindTable

Schema = dict[str, Any]
POINTER = "#/components/schemas/"
"""What a reference to a definition begins with."""
_PATCH_TYPES = (
    "application/apply-patch+yaml",
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
)
"""What a patch may be sent as: kubectl asks here whether a kind takes strategic merge patches."""
_PARAMETERS = [
    {"name": name, "in": "query", "schema": {"type": "string", "uniqueItems": True}}
    for name in ("dryRun", "fieldManager", "fieldValidation")
]


def openapi_documents(kinds: KindTable) -> Mapping[str, Callable[[], bytes]]:
    """Documents by path (`api/v1`, `apis/apps/v1`), each made (once) when first asked for."""
    table: Iterable[Kind] = iter(kinds)
    by_path: dict[str, list[Kind]] = {}
    for kind in table:
        path = f"apis/{kind.group}/{kind.version}" if kind.group else f"api/{kind.version}"
        by_path.setdefault(path, []).append(kind)
    made: dict[str, bytes] = {}

    def document(path: str) -> bytes:
        if path not in made:
            made[path] = orjson.dumps(_document(path, by_path[path]))
        return made[path]

    return {path: partial(document, path) for path in by_path}


def _document(path: str, kinds: list[Kind]) -> Schema:
    from lab.embedded.api.schema import definitions  # noqa: PLC0415 (unpacks 2 MB)

    everything = definitions.load()
    paths: Schema = {}
    wanted: set[str] = set()
    for kind in kinds:
        name = definitions.name_of(kind.group, kind.version, kind.kind)
        if name is None:
            continue
        wanted.add(name)
        paths.update(_paths(path, kind, name))
    return {
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": GIT_VERSION},
        "paths": paths,
        "components": {"schemas": {name: everything[name] for name in sorted(closure(everything, wanted))}},
    }


def _paths(path: str, kind: Kind, name: str) -> Schema:
    base = f"/{path}/namespaces/{{namespace}}/{kind.plural}" if kind.namespaced else f"/{path}/{kind.plural}"
    gvk = {"group": kind.group, "version": kind.version, "kind": kind.kind}
    answer = {"200": {"content": {"application/json": {"schema": {"$ref": POINTER + name}}}}}

    def operation(action: str) -> Schema:
        return {
            "x-kubernetes-action": action,
            "x-kubernetes-group-version-kind": gvk,
            "parameters": _PARAMETERS,
            "responses": answer,
        }

    patch = operation("patch")
    patch["requestBody"] = {"content": {each: {"schema": {"type": "object"}} for each in _PATCH_TYPES}}
    return {
        base: {"get": operation("list"), "post": operation("post")},
        f"{base}/{{name}}": {
            "get": operation("get"), "put": operation("put"),
            "patch": patch, "delete": operation("delete"),
        },
    }  # fmt: skip


def closure(everything: Mapping[str, Schema], wanted: Iterable[str]) -> set[str]:
    """The definitions named, and all that they refer to."""
    found: set[str] = set()
    todo = list(wanted)
    while todo:
        name = todo.pop()
        if name in found or name not in everything:
            continue
        found.add(name)
        todo.extend(_references(everything[name]))
    return found


def _references(value: Any) -> Iterable[str]:
    if isinstance(value, dict):
        target = value.get("$ref")
        if isinstance(target, str) and target.startswith(POINTER):
            yield target.removeprefix(POINTER)
        for each in value.values():
            yield from _references(each)
    elif isinstance(value, list):
        for each in value:
            yield from _references(each)

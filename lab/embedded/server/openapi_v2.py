"""The older OpenAPI document (v2), as clients take it: protobuf of gnostic's `openapi.v2.Document`.

`kubectl explain --output plaintext-openapiv2` reads it. It says what the v3 documents say (`openapi`), of the
same kinds: a client that looks a kind up in both must not find it in one only. Field numbers are those of
gnostic's `OpenAPIv2.proto`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import orjson

from lab.embedded.api.schema import definitions
from lab.embedded.server.openapi import closure
from lab.embedded.server.version import GIT_VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lab.embedded.api.kinds import Kind, KindTable

Schema = dict[str, Any]

MEDIA_TYPE = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
_DOCUMENT = {"swagger": 1, "info": 2, "definitions": 9}
_TEXTS = {"format": 2, "title": 3, "description": 4}
_REFERENCE, _REQUIRED, _ADDITIONAL, _TYPE, _ITEMS, _PROPERTIES, _EXTENSION = 1, 19, 21, 22, 23, 25, 31


@lru_cache(maxsize=1)
def openapi_v2(kinds: KindTable) -> bytes:
    """The document of all kinds (made once)."""
    everything = definitions.load()
    table: Iterable[Kind] = iter(kinds)
    named = [definitions.name_of(kind.group, kind.version, kind.kind) for kind in table]
    wanted = sorted(closure(everything, [name for name in named if name]))
    found = b"".join(_field(1, _named(name, everything[name])) for name in wanted)
    info = _text(1, "Kubernetes") + _text(2, GIT_VERSION)
    return (
        _text(_DOCUMENT["swagger"], "2.0") + _field(_DOCUMENT["info"], info)
        + _field(_DOCUMENT["definitions"], found)
    )  # fmt: skip


def _named(name: str, schema: Schema) -> bytes:
    return _text(1, name) + _field(2, _schema(schema))


def _schema(schema: Schema) -> bytes:
    parts: list[bytes] = []
    if target := definitions.reference(schema):
        parts.append(_text(_REFERENCE, f"#/definitions/{target}"))
    parts += [_text(number, schema[key]) for key, number in _TEXTS.items() if schema.get(key)]
    parts += [_text(_REQUIRED, name) for name in schema.get("required") or ()]
    additional = schema.get("additionalProperties")
    if isinstance(additional, dict):
        parts.append(_field(_ADDITIONAL, _field(1, _schema(additional))))
    if isinstance(schema.get("type"), str):
        parts.append(_field(_TYPE, _text(1, schema["type"])))
    if isinstance(schema.get("items"), dict):
        parts.append(_field(_ITEMS, _field(1, _schema(schema["items"]))))
    if properties := schema.get("properties"):
        members = b"".join(_field(1, _named(name, each)) for name, each in properties.items())
        parts.append(_field(_PROPERTIES, members))
    parts += [
        _field(_EXTENSION, _text(1, key) + _field(2, _text(2, orjson.dumps(value).decode())))
        for key, value in schema.items()
        if key.startswith("x-kubernetes-")
    ]
    return b"".join(parts)


def _text(number: int, text: str) -> bytes:
    return _field(number, text.encode())


def _field(number: int, content: bytes) -> bytes:
    """A field that is as long as it says: text, or a message."""
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)

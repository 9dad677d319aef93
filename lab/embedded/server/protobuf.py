r"""Kubernetes' protobuf bodies, read into the JSON they stand for.

`kubectl create` (configmap, secret, deployment, …) and `kubectl auth can-i` send protobuf whatever discovery
says, and do not fall back when refused; answers they take as JSON. So requests are decoded, by a table of
field numbers taken from the Go types (`tools/extract_protobuf.py`), and answers are never encoded.

A body is the prefix `k8s\0` and a `runtime.Unknown`: the type, then the object's own message. Zero values
that Go's JSON would leave out are left out here, since protobuf sends them all.
"""

from __future__ import annotations

import base64
import gzip
import struct
from datetime import UTC, datetime
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import orjson

from lab.embedded.api.errors import bad_request

if TYPE_CHECKING:
    from collections.abc import Iterator

MEDIA_TYPE = "application/vnd.kubernetes.protobuf"
_MAGIC = b"k8s\x00"
_FILE = "protobuf-v1.36.json.gz"

Object = dict[str, Any]
Value = int | bytes


@lru_cache(maxsize=1)
def _messages() -> dict[str, dict[str, list[Any]]]:
    packed = files("lab.embedded.server").joinpath(_FILE).read_bytes()
    found: dict[str, dict[str, list[Any]]] = orjson.loads(gzip.decompress(packed))
    return found


def decode(body: bytes) -> Object:
    """The object of a protobuf body.

    Raises:
        ApiError: BadRequest; it is no such body, its kind or a field of it is not known here.
    """
    if not body.startswith(_MAGIC):
        raise bad_request(
            "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]"
        )
    try:
        envelope = dict(_fields(body[len(_MAGIC) :]))
        kinds = dict(_fields(_bytes(envelope.get(1, b""))))
        api_version, kind = _bytes(kinds.get(1, b"")).decode(), _bytes(kinds.get(2, b"")).decode()
        name = _message_name(api_version, kind)
        decoded = _message(name, _bytes(envelope.get(2, b"")))
    except (IndexError, ValueError, struct.error) as error:
        raise bad_request(f"the protobuf body cannot be read: {error}") from error
    return {"apiVersion": api_version, "kind": kind, **decoded}


def _message_name(api_version: str, kind: str) -> str:
    name = "meta/v1.DeleteOptions" if kind == "DeleteOptions" else f"{api_version}.{kind}"
    if name not in _messages():
        raise bad_request(f'no kind "{kind}" is registered for version "{api_version}"')
    return name


def _message(name: str, data: bytes) -> Object:
    fields = _messages()[name]
    found: Object = {}
    for number, value in _fields(data):
        known = fields.get(str(number))
        if known is None:
            raise bad_request(f"field {number} of the protobuf message {name} is not known to this server")
        json_name, shape, base, omit = known
        if shape == "list":
            found.setdefault(json_name, []).append(_value(base, value))
        elif shape == "map":
            key, entry = _entry(base, _bytes(value))
            found.setdefault(json_name, {})[key] = entry
        elif not json_name:
            found.update(_message(base, _bytes(value)))
        else:
            decoded = _value(base, value)
            if decoded is not None and not (omit and decoded in ("", 0, False)):
                found[json_name] = decoded
    return found


def _entry(base: str, data: bytes) -> tuple[str, Any]:
    pair = dict(_fields(data))
    key = _bytes(pair.get(1, b"")).decode()
    if base == "list-of-string":
        return key, [_bytes(value).decode() for _, value in _fields(_bytes(pair.get(2, b"")))]
    return key, _value(base, pair.get(2, b""))


def _value(base: str, value: Value) -> Any:
    if base == "int":
        number = value if isinstance(value, int) else 0
        return number - (1 << 64) if number >= 1 << 63 else number
    if base == "bool":
        return bool(value)
    data = _bytes(value)
    if base == "string":
        return data.decode()
    if base == "bytes":
        return base64.b64encode(data).decode()
    return _special(base, data)


def _special(base: str, data: bytes) -> Any:
    if base not in {"time", "quantity", "int-or-string", "raw"}:
        return _message(base, data)
    fields = dict(_fields(data))
    if base == "time":
        seconds = _value("int", fields.get(1, 0))
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if fields.get(1) else None
    if base == "quantity":
        return _bytes(fields.get(1, b"")).decode()
    if base == "int-or-string":
        return _bytes(fields.get(3, b"")).decode() if fields.get(1) else _value("int", fields.get(2, 0))
    raw = _bytes(fields.get(1, b""))
    return orjson.loads(raw) if raw else None


def _bytes(value: Value) -> bytes:
    if isinstance(value, int):
        raise ValueError("a number where bytes were expected")  # noqa: TRY004 (the data is wrong)
    return value


def _fields(data: bytes) -> Iterator[tuple[int, Value]]:
    """The fields of a message: (number, varint or bytes)."""
    position = 0
    while position < len(data):
        tag, position = _varint(data, position)
        wire = tag & 7
        if wire == 0:
            value, position = _varint(data, position)
            yield tag >> 3, value
            continue
        if wire not in {1, 2, 5}:
            raise ValueError(f"unexpected wire type {wire}")
        size = {1: 8, 5: 4}.get(wire, 0)
        if wire == 2:
            size, position = _varint(data, position)
        if position + size > len(data):
            raise ValueError("unexpected end")
        yield tag >> 3, data[position : position + size]
        position += size


def _varint(data: bytes, position: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = data[position]
        position += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, position
        shift += 7

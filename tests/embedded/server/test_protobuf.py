"""Protobuf bodies, as kubectl's typed commands send them (the recorded one is `kubectl create configmap`)."""

from __future__ import annotations

import pytest

from lab.embedded.api.errors import ApiError
from lab.embedded.server import protobuf


def field(number: int, value: int | bytes) -> bytes:
    """One field on the wire (short values only)."""
    if isinstance(value, int):
        return bytes([number << 3, value])
    return bytes([number << 3 | 2, len(value)]) + value


def body(api_version: str, kind: str, raw: bytes) -> bytes:
    kinds = field(1, api_version.encode()) + field(2, kind.encode())
    return b"k8s\x00" + field(1, kinds) + field(2, raw) + field(3, b"") + field(4, b"")


def test_maps_bytes_and_absent_zeros() -> None:
    metadata = field(1, b"s") + field(2, b"") + field(7, 0) + field(8, b"")
    entry = field(1, b"password") + field(2, b"hunter2")
    raw = field(1, metadata) + field(2, entry) + field(3, b"Opaque")
    assert protobuf.decode(body("v1", "Secret", raw)) == {
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"},
        "data": {"password": "aHVudGVyMg=="}, "type": "Opaque",
    }  # fmt: skip


def test_pointers_keep_their_zeros_and_inlined_messages_their_place() -> None:
    spec = field(1, 0) + field(5, 0)
    assert protobuf.decode(body("apps/v1", "Deployment", field(2, spec)))["spec"] == {"replicas": 0}
    port = field(3, 80) + field(4, field(1, 1) + field(2, 0) + field(3, b"http"))
    service = protobuf.decode(body("v1", "Service", field(2, field(1, port))))
    assert service["spec"]["ports"] == [{"port": 80, "targetPort": "http"}]


def test_what_cannot_be_read_is_a_bad_request() -> None:
    for data in (
        b"{}",
        b"k8s\x00\x0a\xff",
        body("v1", "Nothing", b""),
        body("v1", "Secret", field(31, 1)[:1] + b""),
    ):
        with pytest.raises(ApiError) as refused:
            protobuf.decode(data)
        assert refused.value.code == 400

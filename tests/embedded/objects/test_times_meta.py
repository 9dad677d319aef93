"""Timestamps, copies and metadata."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.embedded.objects import meta, names, times
from lab.embedded.objects.copying import copy_json


def test_time_begins_with_the_year_and_is_cut_not_rounded() -> None:
    assert times.format_time(0) == "2026-01-01T00:00:00Z"
    assert times.format_time(61.999999) == "2026-01-01T00:01:01Z"
    assert times.format_micro_time(1.25) == "2026-01-01T00:00:01.250000Z"
    assert times.format_nano_time(1.25) == "2026-01-01T00:00:01.250000000Z"
    assert times.parse_time("2026-01-01T01:00:00.5+01:00") == 0.5
    with pytest.raises(ValueError, match="time zone"):
        times.parse_time("2026-01-01T01:00:00")


@given(st.integers(0, 10**14))
def test_micro_times_round_trip(micros: int) -> None:
    assert round(times.parse_time(times.format_micro_time(micros / 1e6)) * 1e6) == micros


def test_copies_are_private() -> None:
    original = {"a": [{"b": 1}], "c": None, "d": 1.0}
    copied = copy_json(original)
    assert copied == original
    copied["a"][0]["b"] = 2  # type: ignore[index]
    assert original["a"] == [{"b": 1}]


def test_owners_and_references() -> None:
    owner = {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {"name": "rs", "namespace": "n", "uid": "u"},
    }
    pod = {"metadata": {"name": "p", "namespace": "n", "ownerReferences": [meta.controller_reference(owner)]}}
    assert meta.is_controlled_by(pod, owner)
    assert meta.key_of(pod) == "n/p"
    assert meta.object_reference(owner, "spec.x") == {
        "apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "rs", "namespace": "n", "uid": "u",
        "fieldPath": "spec.x",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "good", "bad"),
    [
        (names.dns_label, "a-1", "A"), (names.dns_subdomain, "a.b-c", "a..b"),
        (names.dns_1035_label, "a1", "1a"),
        (names.qualified_name, "example.com/My_Name", "a/b/c"), (names.label_value, "", "-x"),
        (names.config_key, ".docker_x", "a b"), (names.env_name, "A.b-c", "A=B"),
        (names.port_name, "http-2", "80"),
    ],
)  # fmt: skip
def test_names(rule: names.Rule, good: str, bad: str) -> None:
    assert rule(good) == []
    assert rule(bad)

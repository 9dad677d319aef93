"""Query parameters, paths and bodies, read as the API server reads them."""

from __future__ import annotations

import pytest

from lab.embedded.api.errors import ApiError
from lab.embedded.server import parameters
from lab.embedded.server.bodies import check_acceptable, read_object
from lab.embedded.server.paths import ResourcePath, parse_path
from lab.embedded.server.proxying import split_name


@pytest.mark.parametrize(
    ("value", "expected"),
    [("true", True), ("True", True), ("1", True), ("", True), ("0", False), ("false", False)],
)
def test_booleans_as_go_reads_them(value: str, *, expected: bool) -> None:
    assert parameters.boolean({"watch": [value]}, "watch") is expected
    assert parameters.boolean({}, "watch") is False


def test_wrong_numbers_and_words_are_named() -> None:
    with pytest.raises(ApiError, match='parsing "x": invalid syntax'):
        parameters.integer({"tailLines": ["x"]}, "tailLines")
    with pytest.raises(ApiError, match='Unsupported value: "Some"'):
        parameters.write_options({"dryRun": ["Some"]})
    with pytest.raises(ApiError, match='supported values: "Foreground"'):
        parameters.delete_options({}, {"propagationPolicy": "Later"})


def test_delete_options_come_from_the_body_first() -> None:
    options = parameters.delete_options(
        {"gracePeriodSeconds": ["30"]},
        {"gracePeriodSeconds": 0, "propagationPolicy": "Orphan", "dryRun": ["All"]},
    )
    assert (options.grace_period, options.propagation, options.dry_run) == (0, "Orphan", True)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/api/v1/pods", ResourcePath("", "v1", "pods")),
        ("/api/v1/namespaces", ResourcePath("", "v1", "namespaces")),
        ("/api/v1/namespaces/a", ResourcePath("", "v1", "namespaces", None, "a")),
        ("/api/v1/namespaces/a/status", ResourcePath("", "v1", "namespaces", None, "a", "status")),
        ("/api/v1/namespaces/a/pods/p/log", ResourcePath("", "v1", "pods", "a", "p", "log")),
        ("/apis/apps/v1/namespaces/a/deployments", ResourcePath("apps", "v1", "deployments", "a")),
        ("/api/v1/namespaces/a/pods/p:80/proxy", ResourcePath("", "v1", "pods", "a", "p:80", "proxy")),
        (
            "/api/v1/namespaces/a/pods/p/proxy/x/y/",
            ResourcePath("", "v1", "pods", "a", "p", "proxy", "/x/y/"),
        ),
        ("/version", None),
        ("/apis/apps/v1", None),
    ],
)
def test_paths(path: str, expected: ResourcePath | None) -> None:
    assert parse_path(path) == expected


def test_bodies_in_json_and_yaml_and_refusals_in_the_servers_words() -> None:
    assert read_object(b'{"a":1}', "application/json; charset=utf-8") == {"a": 1}
    assert read_object(b"a: 2026-01-01\nb: yes\n", "application/yaml") == {"a": "2026-01-01", "b": True}
    with pytest.raises(ApiError) as refused:
        read_object(b"x", "application/cbor")
    assert refused.value.code == 415
    with pytest.raises(ApiError) as broken:
        read_object(b"{", "application/json")
    assert broken.value.code == 400
    with pytest.raises(ApiError) as unacceptable:
        check_acceptable("application/vnd.kubernetes.protobuf")
    assert unacceptable.value.code == 406
    check_acceptable("application/vnd.kubernetes.protobuf,application/json")


def test_proxy_names() -> None:
    assert split_name("web") == ("http", "web", "")
    assert split_name("web:8080") == ("http", "web", "8080")
    assert split_name("https:web:admin") == ("https", "web", "admin")
    with pytest.raises(ApiError):
        split_name("a:b:c:d")

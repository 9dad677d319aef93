"""Image references and what the simulated registry says, worded as containerd words it."""

from __future__ import annotations

import pytest

from lab.embedded.runtime.interface import PullResult
from lab.embedded.runtime.references import BadReference, parse_reference
from lab.embedded.runtime.registry import PRESENT, ImageTable, digest_of
from tests.embedded.runtime.harness import House

DIGEST = "sha256:" + "ab" * 32


@pytest.mark.parametrize(
    ("text", "full"),
    [
        ("busybox", "docker.io/library/busybox:latest"),
        ("busybox:1.36", "docker.io/library/busybox:1.36"),
        ("podlab/healthz:1", "docker.io/podlab/healthz:1"),
        ("localhost/pause", "localhost/pause:latest"),
        ("localhost:5000/a/b:c", "localhost:5000/a/b:c"),
        ("registry.k8s.io/pause:3.10", "registry.k8s.io/pause:3.10"),
        (f"nginx@{DIGEST}", f"docker.io/library/nginx@{DIGEST}"),
        (f"nginx:1.27@{DIGEST}", f"docker.io/library/nginx@{DIGEST}"),
    ],
)
def test_references_are_completed(text: str, full: str) -> None:
    assert parse_reference(text).name == full


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("BusyBox", "invalid reference format: repository name (library/BusyBox) must be lowercase"),
        ("busybox:", "invalid reference format"),
        ("", "invalid reference format"),
        ("a b", "invalid reference format"),
        ("nginx@sha256:12", "invalid reference format"),
        ("nginx:-tag", "invalid reference format"),
        ("/nginx", "invalid reference format"),
    ],
)
def test_names_that_are_none_are_refused(text: str, message: str) -> None:
    with pytest.raises(BadReference) as refused:
        parse_reference(text)
    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("nginx:1.27", None),
        ("nginx:no-such-tag", "docker.io/library/nginx:no-such-tag: not found"),
        ("nobody/nothing:1", "pull access denied, repository does not exist or may require authorization"),
        ("registry.k8s.io/nothing:1", "registry.k8s.io/nothing:1: not found"),
        (
            "ghcr.io/a/b:1",
            "https://ghcr.io/token?scope=repository%3Aa%2Fb%3Apull&service=ghcr.io: 403 Forbidden",
        ),
        (
            "registry.example.com/web:1",
            "dial tcp: lookup registry.example.com on 10.96.0.10:53: no such host",
        ),
        ("localhost:5000/web:1", "dial tcp 127.0.0.1:5000: connect: connection refused"),
        ("192.0.2.7/web:1", "dial tcp 192.0.2.7:443: i/o timeout"),
    ],
)
def test_the_registry_says_why_a_pull_fails(text: str, told: str | None) -> None:
    error = ImageTable().registry_error(text)
    assert (error is None) if told is None else told in (error or "")


def test_a_pull_takes_cluster_time_and_leaves_the_image_on_that_node_only() -> None:
    house, pulled = House(), list[PullResult]()
    assert not house.runtime.image_present("node-1", "nginx:1.27")
    house.runtime.pull("node-1", "nginx:1.27", [], pulled.append)
    house.agenda.settle()
    assert pulled == []
    house.agenda.advance(10)
    assert [each.error for each in pulled] == [None]
    assert pulled[0].image_id == digest_of("docker.io/library/nginx:1.27.5")
    assert house.runtime.image_present("node-1", "nginx:1.27")
    assert not house.runtime.image_present("node-2", "nginx:1.27")


def test_an_unknown_error_has_no_code_and_a_missing_tag_has() -> None:
    assert (ImageTable().registry_error("nobody/x") or "").startswith("failed to pull and unpack image ")
    missing = ImageTable().registry_error("nginx:0") or ""
    assert missing.startswith("rpc error: code = NotFound desc = failed to pull and unpack image ")


def test_a_refused_pull_tells_its_error() -> None:
    house, pulled = House(), list[PullResult]()
    house.runtime.pull("node-1", "nobody/nothing:1", [], pulled.append)
    house.agenda.advance(1)
    assert "pull access denied" in (pulled[0].error or "")
    assert not house.runtime.image_present("node-1", "nobody/nothing:1")


def test_the_images_of_a_fresh_node_are_listed_as_their_models_have_them() -> None:
    images = ImageTable()
    for name, (canonical, size) in PRESENT.items():
        found = images.find(name)
        assert found is not None
        assert (found[1], found[0].size) == (digest_of(canonical), size)
    listed = {each.names[-1]: each.names[0] for each in images.on_node("podlab")}
    assert set(listed) == set(PRESENT)
    assert listed["docker.io/library/busybox:1.36"].startswith("docker.io/library/busybox@sha256:")

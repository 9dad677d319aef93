"""The client's own behaviour: errors of the lab's, cluster time, watches that end when they are closed."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from lab.errors import NotAbleError, ObservationLost
from lab.kube import ApiError, Client, kind_of, reference
from lab.kube.errors import from_response
from lab.providers.embedded.inprocess import InProcessProvider

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def provider() -> Iterator[InProcessProvider]:
    with InProcessProvider() as running:
        yield running


@pytest.fixture(scope="module")
def client(provider: InProcessProvider) -> Iterator[Client]:
    connection = Client(provider.kubeconfig())
    yield connection
    connection.close()


def test_time_is_the_clusters(client: Client, provider: InProcessProvider) -> None:
    before = client.now()
    provider.clock().wait(100)
    assert client.now() == pytest.approx(before + 100)


def test_a_missing_object_is_none_or_an_error(client: Client) -> None:
    assert client.find("Pod", "default", "nobody") is None
    with pytest.raises(ApiError, match='pods "nobody" not found') as caught:
        client.get("Pod", "default", "nobody")
    assert caught.value.not_found
    assert client.delete("Pod", "default", "nobody") is False


def test_a_watch_tells_changes_and_ends_when_it_is_closed(client: Client) -> None:
    watch = client.watch("ConfigMap", "default", client.list("ConfigMap", "default").resource_version)
    seen: list[tuple[str, str]] = []
    first = threading.Event()

    def listen() -> None:
        for event in watch:
            seen.append((event.type, event.object["metadata"].get("name", "")))
            first.set()

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    client.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "seen"}}, "default")
    assert first.wait(20)
    watch.close()
    thread.join(20)
    assert not thread.is_alive()
    assert ("ADDED", "seen") in seen


def test_a_cluster_that_is_gone_is_an_observation_lost() -> None:
    with InProcessProvider() as other:
        gone = Client(other.kubeconfig())
        gone.now()
        gone.close()
    with pytest.raises(ObservationLost, match="does not answer") as caught:
        gone.list("Pod", "default")
    assert "podlab cluster" in caught.value.remedy


def test_a_broken_kubeconfig_is_named(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text("apiVersion: v1\nkind: Config\n")
    with pytest.raises(NotAbleError, match="cannot be used"):
        Client(path)


def test_a_long_answer_that_is_no_status_is_shortened() -> None:
    error = from_response(500, b"x" * 10_000, "GET /")
    assert len(error.what) == 2000


def test_kinds_are_known_by_every_name_people_use() -> None:
    assert kind_of("deploy") is kind_of("Deployment") is kind_of("deployments")
    assert reference("svc/web")[0].plural == "services"
    assert kind_of("Deployment", "extensions/v1beta1") is None
    with pytest.raises(ValueError, match="names no object"):
        reference("web")

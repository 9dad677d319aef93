"""What every provider promises, asked of each: in this process, kind by a stand-in, a user's context."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest
import yaml

from lab.errors import NotAbleError
from lab.kube import Client
from lab.providers.context import ContextProvider
from lab.providers.embedded.inprocess import InProcessProvider
from lab.providers.kind import KindProvider
from lab.settings import Settings
from tests.providers.stand_in import NO_CLUSTERS, StandIn

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lab.providers.base import Provider

OWNED = {"app.kubernetes.io/managed-by": "podlab"}


def silent(_line: object, _progress: object = None) -> None:
    return


@pytest.fixture(scope="module")
def cluster() -> Iterator[InProcessProvider]:
    with InProcessProvider() as provider:
        yield provider


def renamed(cluster: InProcessProvider, context: str) -> str:
    """The cluster's kubeconfig, its context called otherwise, after a context that leads nowhere."""
    document = yaml.safe_load(cluster.kubeconfig().read_text(encoding="utf-8"))
    document["contexts"][0]["name"] = context
    document["contexts"].insert(0, {"name": "production", "context": {"cluster": "x", "user": "x"}})
    document["current-context"] = "production" if context == "mine" else context
    return yaml.safe_dump(document)


def in_process(cluster: InProcessProvider, _directory: Path) -> Provider:
    return cluster


def kind(cluster: InProcessProvider, directory: Path) -> Provider:
    stand_in = StandIn(directory / "bin")
    stand_in.install("kind")
    stand_in.answer(
        {
            "kind get clusters": {"stdout": "podlab\n"},
            "kind export kubeconfig": {"kubeconfig": renamed(cluster, "kind-podlab")},
            "kind delete cluster": {},
            "kind load docker-image": {},
        }
    )
    environment = {"PATH": str(stand_in.directory), "HOME": str(directory)}
    return KindProvider(Settings(home=directory / "home", environment=environment), silent, lambda: False)


def context(cluster: InProcessProvider, directory: Path) -> Provider:
    users = directory / "config"
    users.write_text(renamed(cluster, "mine"), encoding="utf-8")
    settings = Settings(home=directory / "home", kubeconfigs=(users,))
    return ContextProvider("mine", settings, silent, lambda: False)


@pytest.fixture(params=[in_process, kind, context], ids=lambda made: made.__name__)
def provider(request: pytest.FixtureRequest, cluster: InProcessProvider, tmp_path: Path) -> Provider:
    made: Provider = request.param(cluster, tmp_path)
    made.up(silent)
    return made


def test_up_is_idempotent_and_status_changes_nothing(provider: Provider) -> None:
    provider.up(silent)
    status = provider.status()
    assert (status.provider, status.state) == (provider.name, "running")
    assert status.remedy == ""
    assert provider.status() == status


def test_the_kubeconfig_is_the_owners_and_leads_to_the_cluster(provider: Provider) -> None:
    path = provider.kubeconfig()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    client = Client(path)
    assert client.get("Namespace", None, "default")["metadata"]["name"] == "default"
    client.close()


def test_the_clock_goes_forward_only(provider: Provider) -> None:
    clock = provider.clock()
    before = clock.now()
    clock.wait(0.01)
    assert clock.now() > before
    assert clock.skips is ("clock" in provider.capabilities)


def test_capabilities_are_known_ones(provider: Provider) -> None:
    known = {"grpc-probes", "network-policies", "metrics", "several-nodes", "image-builds", "clock"}
    assert isinstance(provider.capabilities, frozenset)
    assert provider.capabilities <= known


def test_a_context_loses_the_labs_namespaces_and_nothing_else(
    cluster: InProcessProvider, tmp_path: Path
) -> None:
    client = Client(cluster.kubeconfig())
    for name, labels in {
        "podlab-sample": OWNED, "podlab-of-somebody": {}, "shop": {"app.kubernetes.io/managed-by": "helm"},
    }.items():  # fmt: skip
        client.create(
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}, None
        )
    before = (tmp_path / "config", context(cluster, tmp_path))
    users = before[0].read_text(encoding="utf-8")
    said: list[str] = []
    before[1].down(said.append)
    cluster.clock().wait(60)
    assert said == ["deleting the namespace podlab-sample"]
    assert client.find("Namespace", None, "podlab-sample") is None
    for kept in ("podlab-of-somebody", "shop", "default", "kube-system"):
        live = client.get("Namespace", None, kept)
        assert "deletionTimestamp" not in live["metadata"]
    assert before[0].read_text(encoding="utf-8") == users
    before[1].down(said.append)
    assert said[-1] == "the lab has no namespaces there"
    client.close()


def test_what_is_not_up_has_no_kubeconfig(tmp_path: Path) -> None:
    stand_in = StandIn(tmp_path / "bin")
    stand_in.install("kind")
    stand_in.answer({"kind get clusters": NO_CLUSTERS})
    settings = Settings(home=tmp_path / "home", environment={"PATH": str(stand_in.directory)})
    for absent in (InProcessProvider(), KindProvider(settings, silent, lambda: False)):
        assert absent.status().state == "absent"
        with pytest.raises(NotAbleError):
            absent.kubeconfig()

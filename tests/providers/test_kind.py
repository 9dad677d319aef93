"""kind is driven by exactly these command lines, and its words reach the user."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from lab.attempt.cancel import Cancel
from lab.errors import Cancelled, CommandFailed, NotAbleError
from lab.providers.base import ImageSource, Progress
from lab.providers.kind import CONFIG, NODE_IMAGE, KindProvider
from lab.settings import Settings
from tests.providers.stand_in import CREATED, KUBECONFIG, NO_CLUSTERS, NO_DOCKER, PULL_FAILED, StandIn

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def stand_in(tmp_path: Path) -> StandIn:
    made = StandIn(tmp_path / "bin")
    made.install("kind")
    return made


def provider(stand_in: StandIn, tmp_path: Path, cancel: Cancel | None = None) -> KindProvider:
    wish = cancel or Cancel()
    settings = Settings(
        home=tmp_path / "home", environment={"PATH": str(stand_in.directory), "HOME": str(tmp_path)}
    )
    return KindProvider(settings, build, lambda: wish.requested)


def build(source: ImageSource, progress: Progress) -> None:
    progress(f"built {source.reference}")


def test_up_creates_the_cluster_with_pinned_node_and_port(stand_in: StandIn, tmp_path: Path) -> None:
    stand_in.answer({"kind get clusters": NO_CLUSTERS, "kind create cluster": CREATED})
    said: list[str] = []
    kind = provider(stand_in, tmp_path)

    kind.up(said.append)

    kubeconfig = tmp_path / "home" / "kubeconfigs" / "kind.yaml"
    assert stand_in.calls() == [
        ["kind", "get", "clusters"],
        ["kind", "create", "cluster", "--name", "podlab", "--image", NODE_IMAGE, "--config", "-",
         "--kubeconfig", str(kubeconfig), "--wait", "180s"],
    ]  # fmt: skip
    assert stand_in.stdin_of("kind", "create") == CONFIG
    assert "containerPort: 30007" in CONFIG
    assert "@sha256:" in NODE_IMAGE
    assert kubeconfig.read_text(encoding="utf-8") == KUBECONFIG
    assert kubeconfig.stat().st_mode & 0o777 == 0o600
    assert kind.kubeconfig() == kubeconfig
    assert any("Preparing nodes" in line for line in said), "kind's own progress reaches the user"


def test_a_failed_creation_is_told_and_leaves_nothing(stand_in: StandIn, tmp_path: Path) -> None:
    stand_in.answer(
        {"kind get clusters": NO_CLUSTERS, "kind create cluster": PULL_FAILED, "kind delete cluster": {}}
    )
    with pytest.raises(CommandFailed) as caught:
        provider(stand_in, tmp_path).up(lambda _line: None)
    assert "no such host" in caught.value.what
    assert "$ kind create cluster --name podlab" in caught.value.what
    assert "extraPortMappings" in caught.value.what, "the command can be pasted, standard input and all"
    assert "docker pull kindest/node:" in caught.value.remedy
    assert stand_in.calls()[-1][:5] == ["kind", "delete", "cluster", "--name", "podlab"]
    assert not (tmp_path / "home" / "kubeconfigs" / "kind.yaml").exists()


def test_an_interrupted_creation_is_removed(stand_in: StandIn, tmp_path: Path) -> None:
    stand_in.answer(
        {"kind get clusters": NO_CLUSTERS, "kind create cluster": {"stderr": "Creating\n", "hangs": True},
         "kind delete cluster": {}}
    )  # fmt: skip
    cancel = Cancel()

    def told(line: str) -> None:
        if line == "Creating":
            cancel.cancel()

    with pytest.raises(Cancelled):
        provider(stand_in, tmp_path, cancel).up(told)
    assert stand_in.calls()[-1][:3] == ["kind", "delete", "cluster"]


def test_only_the_labs_cluster_counts(stand_in: StandIn, tmp_path: Path) -> None:
    stand_in.answer({"kind get clusters": {"stdout": "kind\npodlab-not\nmine\n"}})
    kind = provider(stand_in, tmp_path)
    assert kind.status().state == "absent"
    kind.down(lambda _line: None)
    assert all(call == ["kind", "get", "clusters"] for call in stand_in.calls()), "nothing was deleted"


def test_a_cluster_that_does_not_answer_is_stopped(stand_in: StandIn, tmp_path: Path) -> None:
    stand_in.answer(
        {"kind get clusters": {"stdout": "podlab\n"}, "kind export kubeconfig": {"kubeconfig": KUBECONFIG}}
    )
    kind = provider(stand_in, tmp_path)
    assert kind.status().state == "stopped"
    with pytest.raises(NotAbleError, match="does not answer") as caught:
        kind.up(lambda _line: None)
    assert "docker start podlab-control-plane" in caught.value.remedy


def test_down_deletes_the_labs_cluster_only(stand_in: StandIn, tmp_path: Path) -> None:
    stand_in.answer({"kind get clusters": {"stdout": "podlab\n"}, "kind delete cluster": {}})
    provider(stand_in, tmp_path).down(lambda _line: None)
    kubeconfig = tmp_path / "home" / "kubeconfigs" / "kind.yaml"
    assert stand_in.calls()[-1] == [
        "kind", "delete", "cluster", "--name", "podlab", "--kubeconfig", str(kubeconfig),
    ]  # fmt: skip


def test_an_image_is_built_then_loaded(stand_in: StandIn, tmp_path: Path) -> None:
    stand_in.answer({"kind load docker-image": {}})
    said: list[str] = []
    source = ImageSource("podlab/healthz:1", tmp_path, also=("podlab/healthz:1-abc",))
    provider(stand_in, tmp_path).load_image(source, said.append)
    assert said[0] == "built podlab/healthz:1"
    assert stand_in.calls() == [
        ["kind", "load", "docker-image", "podlab/healthz:1", "podlab/healthz:1-abc", "--name", "podlab"]
    ]


def test_no_docker_is_unable_with_a_way_out(stand_in: StandIn, tmp_path: Path) -> None:
    stand_in.answer({"kind get clusters": NO_DOCKER})
    status = provider(stand_in, tmp_path).status()
    assert status.state == "unable"
    assert "Is the docker daemon running?" in status.detail
    assert "--provider embedded" in status.remedy


def test_no_kind_is_unable_with_a_way_out(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, environment={"PATH": str(tmp_path)})
    status = KindProvider(settings, build, lambda: False).status()
    assert status.state == "unable"
    assert "install kind" in status.remedy


def test_two_labs_do_not_make_it_at_once(stand_in: StandIn, tmp_path: Path) -> None:
    stand_in.answer(
        {"kind get clusters": NO_CLUSTERS, "kind create cluster": {"stderr": "Creating\n", "hangs": True},
         "kind delete cluster": {}}
    )  # fmt: skip
    cancel, begun, ended = Cancel(), threading.Event(), threading.Event()

    def first() -> None:
        try:
            provider(stand_in, tmp_path, cancel).up(lambda line: begun.set() if line == "Creating" else None)
        except Cancelled:
            ended.set()

    thread = threading.Thread(target=first)
    thread.start()
    try:
        assert begun.wait(30)
        with pytest.raises(NotAbleError, match="another podlab"):
            provider(stand_in, tmp_path).up(lambda _line: None)
    finally:
        cancel.cancel()
        thread.join(30)
    assert ended.is_set()

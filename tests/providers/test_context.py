"""A context of the user's: only when named, read and never written, cleaned by label."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from lab.errors import ContentError, NotAbleError, UsageError
from lab.providers import kubeconfigs, table
from lab.providers.base import ImageSource
from lab.providers.context import ContextProvider, loader_argv
from lab.settings import Settings
from tests.providers.stand_in import StandIn

if TYPE_CHECKING:
    from pathlib import Path

USERS = """\
apiVersion: v1
kind: Config
clusters:
- {name: far, cluster: {server: "https://127.0.0.1:1", certificate-authority: ca.crt}}
- {name: other, cluster: {server: "https://example.invalid"}}
users:
- {name: me, user: {client-certificate: /abs/me.crt, client-key: keys/me.key}}
contexts:
- {name: real, context: {cluster: far, user: me, namespace: production}}
- {name: torn, context: {cluster: nowhere, user: me}}
current-context: production
"""


@pytest.fixture
def users(tmp_path: Path) -> Path:
    path = tmp_path / "kube" / "config"
    path.parent.mkdir()
    path.write_text(USERS, encoding="utf-8")
    return path


def settings(users: Path, tmp_path: Path, loader: str = "") -> Settings:
    return Settings(home=tmp_path / "home", kubeconfigs=(users,), image_loader=loader)


def build(_source: ImageSource, _progress: object) -> None:
    return


def provider(users: Path, tmp_path: Path, name: str = "real", loader: str = "") -> ContextProvider:
    return ContextProvider(name, settings(users, tmp_path, loader), build, lambda: False)


def test_one_context_is_taken_out_complete(users: Path, tmp_path: Path) -> None:
    path = provider(users, tmp_path).kubeconfig()
    taken = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert taken["current-context"] == "real"
    assert [entry["name"] for entry in taken["clusters"]] == ["far"]
    assert taken["clusters"][0]["cluster"]["certificate-authority"] == str(users.parent / "ca.crt")
    assert taken["users"][0]["user"] == {
        "client-certificate": "/abs/me.crt",
        "client-key": str(users.parent / "keys/me.key"),
    }
    assert path.stat().st_mode & 0o777 == 0o600
    assert users.read_text(encoding="utf-8") == USERS, "the user's own file is never written"


def test_an_unknown_context_names_the_known(users: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no context 'reel'") as caught:
        provider(users, tmp_path, "reel").kubeconfig()
    assert "real, torn" in caught.value.remedy


def test_a_torn_context_is_said(users: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="'nowhere', which is nowhere"):
        provider(users, tmp_path, "torn").kubeconfig()


def test_a_kubeconfig_that_is_none_is_said(users: Path, tmp_path: Path) -> None:
    users.write_text("{", encoding="utf-8")
    with pytest.raises(ContentError, match="not YAML"):
        provider(users, tmp_path).kubeconfig()


def test_a_cluster_that_does_not_answer_is_stopped(users: Path, tmp_path: Path) -> None:
    (users.parent / "ca.crt").write_text("", encoding="utf-8")
    users.write_text(USERS.replace(", certificate-authority: ca.crt", ""), encoding="utf-8")
    users.write_text(
        users.read_text().replace("{client-certificate: /abs/me.crt, client-key: keys/me.key}", "{}")
    )
    status = provider(users, tmp_path).status()
    assert status.state == "stopped"
    assert "kubectl --context real get nodes" in status.remedy


def test_the_first_of_several_files_wins(users: Path, tmp_path: Path) -> None:
    first = tmp_path / "first"
    first.write_text(USERS.replace("127.0.0.1:1", "first.invalid"), encoding="utf-8")
    assert kubeconfigs.server(kubeconfigs.select((first, users), "real")) == "https://first.invalid"
    assert kubeconfigs.contexts((first, users)) == ("real", "torn")


def test_a_namespace_is_set_in_the_current_context_only(users: Path) -> None:
    source = {**kubeconfigs.read(users), "current-context": "real"}
    changed = kubeconfigs.with_namespace(source, "podlab-x")
    spaces = {entry["name"]: entry["context"].get("namespace") for entry in changed["contexts"]}
    assert spaces == {"real": "podlab-x", "torn": None}


def test_an_image_needs_a_loader(users: Path, tmp_path: Path) -> None:
    kind = provider(users, tmp_path)
    assert "image-builds" not in kind.capabilities
    with pytest.raises(NotAbleError) as caught:
        kind.load_image(ImageSource("podlab/x:1", tmp_path), lambda _line: None)
    assert "PODLAB_IMAGE_LOADER" in caught.value.remedy


@pytest.mark.parametrize(
    ("loader", "argv"),
    [
        ("k3d image import", ["k3d", "image", "import", "podlab/x:1"]),
        ("minikube image load {image} --daemon", ["minikube", "image", "load", "podlab/x:1", "--daemon"]),
        ("sh -c 'docker save {image} | ssh node'", ["sh", "-c", "docker save podlab/x:1 | ssh node"]),
    ],
)
def test_the_loader_gets_the_tag(loader: str, argv: list[str]) -> None:
    assert loader_argv(loader, "podlab/x:1") == argv


def test_the_loader_is_run(users: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in = StandIn(tmp_path / "bin")
    stand_in.install("loader")
    stand_in.answer({"loader": {}})
    monkeypatch.setenv("PATH", str(stand_in.directory), prepend=":")
    provider(users, tmp_path, loader="loader").load_image(
        ImageSource("podlab/x:1", tmp_path, also=("podlab/x:1-abc",)), lambda _line: None
    )
    assert stand_in.calls() == [["loader", "podlab/x:1-abc"], ["loader", "podlab/x:1"]]


def test_auto_is_embedded_where_there_is_no_kind(tmp_path: Path) -> None:
    chosen = table.provider("auto", Settings(home=tmp_path, environment={"PATH": str(tmp_path)}), build)
    assert chosen.name == "embedded"


@pytest.mark.parametrize(
    ("name", "meant"), [("embeded", "did you mean embedded?"), ("kinds", "did you mean kind?")]
)
def test_an_unknown_provider_names_the_nearest(name: str, meant: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no provider") as caught:
        table.provider(name, Settings(home=tmp_path), build)
    assert meant in caught.value.remedy


def test_minikube_has_its_place_and_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(NotAbleError, match="minikube is planned") as caught:
        table.provider("minikube", Settings(home=tmp_path), build)
    assert "--provider" in caught.value.remedy


def test_a_context_is_only_a_context_when_it_has_a_name(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        table.provider("context:", Settings(home=tmp_path), build)

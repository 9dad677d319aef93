"""Which images a cluster already has: by name and content, as its nodes tell."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from lab.attempt.image_files import Place, bring_edited, lab_image, on_nodes
from lab.attempt.manifests import parse
from lab.model.exercise import Build

if TYPE_CHECKING:
    from lab.providers.base import ImageSource, Progress

SOURCE = lab_image("healthz")
NAME, CONTENT = SOURCE.names


@dataclass
class Listed:
    items: list[dict[str, Any]]


@dataclass
class Nodes:
    """A client that knows nodes and nothing else; each node is the names of each of its images."""

    nodes: list[list[list[str]]]

    def get(self, _kind: str, _namespace: str | None, _name: str) -> dict[str, Any]:
        return {"metadata": {}}

    def patch(self, *_arguments: object) -> None:
        pass

    def list(self, _kind: str, _namespace: str | None) -> Listed:
        return Listed(
            [{"status": {"images": [{"names": names} for names in images]}} for images in self.nodes]
        )


def test_the_second_name_is_made_of_the_content() -> None:
    assert NAME == "podlab/healthz:1"
    assert re.fullmatch(r"podlab/healthz:1-[0-9a-f]{12}", CONTENT)


@pytest.mark.parametrize(
    ("nodes", "there"),
    [
        ([[["busybox:1.36"], [f"docker.io/{NAME}", f"docker.io/{CONTENT}"]]], True),
        ([[[NAME, CONTENT, "podlab/healthz@sha256:0"]]], True),
        ([[[NAME]]], False),
        ([[[NAME, "podlab/healthz:1-000000000000"]]], False),
        ([[[NAME], [CONTENT]]], False),
        ([[[NAME, CONTENT]], [[NAME]]], False),
        ([[]], False),
        ([], False),
    ],
)
def test_an_image_is_there_when_every_node_has_this_content_under_this_name(
    nodes: list[list[list[str]]], there: bool
) -> None:
    assert on_nodes(Nodes(nodes), SOURCE) is there  # type: ignore[arg-type]


WEB = """
kind: Deployment
apiVersion: apps/v1
metadata: {name: web}
spec:
  template:
    spec:
      initContainers: [{name: init, image: busybox:1.36}]
      containers: [{name: app, image: "podlab/mine:1", env: [{name: IMAGE, value: "podlab/mine:1"}]}]
"""


@dataclass
class Keeping:
    """A provider that remembers what it was asked to load."""

    loaded: list[ImageSource]

    def load_image(self, source: ImageSource, _progress: Progress) -> None:
        self.loaded.append(source)


def test_runs_side_by_side_have_their_edited_images_under_names_of_their_own() -> None:
    provider = Keeping([])
    place = Place(provider, Nodes([]), "podlab-mine-1")  # type: ignore[arg-type]
    build = Build(tag="podlab/mine:1")
    names = []
    for code in (b"one", b"two", b"one"):
        (manifest,) = bring_edited(build, {"image/app.py": code}, parse(WEB, "web.yaml"), place)
        pod = manifest.object["spec"]["template"]["spec"]
        assert pod["initContainers"][0]["image"] == "busybox:1.36"
        assert pod["containers"][0]["env"] == [{"name": "IMAGE", "value": "podlab/mine:1"}]
        names.append(pod["containers"][0]["image"])
    assert names == [source.reference for source in provider.loaded]
    assert names[0] == names[2] != names[1]
    assert names[0].startswith("podlab/mine:1-")

"""Which images a cluster already has: by name and content, as its nodes tell."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pytest

from lab.attempt.image_files import lab_image, on_nodes

SOURCE = lab_image("healthz")
NAME, CONTENT = SOURCE.names


@dataclass
class Listed:
    items: list[dict[str, Any]]


@dataclass
class Nodes:
    """A client that knows nodes and nothing else; each node is the names of each of its images."""

    nodes: list[list[list[str]]]

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

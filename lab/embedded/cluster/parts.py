"""The parts that make objects come alive: runtime, kubelets, controllers, scheduler."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass
class Parts:
    """What `Cluster` needs of the living parts."""

    agent: Any
    runtime: Any

    def start(self) -> None:
        """Begin: everything subscribes and looks at what there is."""

    def close(self) -> None:
        """Give back what the parts hold of the host."""


class _Nothing:
    def add_image(self, _image: Any) -> None:
        pass


def build_parts(_agenda: Any, _api: Any, _seed: int, _nodes: int, *, rebooted: bool) -> Parts:  # noqa: ARG001
    """Build them."""
    return Parts(_Nothing(), _Nothing())

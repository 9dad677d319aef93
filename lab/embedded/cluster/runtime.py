"""The container runtime of a cluster."""

from __future__ import annotations

from typing import Any


class _Nothing:
    def add_image(self, _image: Any) -> None:
        pass

    def image_present(self, _node: str, _image: str) -> bool:
        return False

    def pull(self, *_a: Any) -> None:
        return


def build_runtime(_agenda: Any, _source: Any, _services: Any) -> Any:
    """Build it."""
    return _Nothing()

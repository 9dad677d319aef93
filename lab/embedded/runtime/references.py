"""Image references as people write them, completed as containerd and Docker complete them."""

from __future__ import annotations

import re

from msgspec import Struct

_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_TAG = re.compile(r"\w[\w.-]{0,127}", re.ASCII)
_DIGEST = re.compile(r"[a-z0-9]+:[0-9a-f]{32,}", re.ASCII)
DOCKER_HUB = ("docker.io", "index.docker.io")


class Reference(Struct, frozen=True):
    """An image reference in full: `registry/repository:tag` or `@digest`."""

    registry: str
    repository: str
    tag: str
    digest: str = ""

    @property
    def place(self) -> str:
        """The registry and repository, without tag or digest."""
        return f"{self.registry}/{self.repository}"

    @property
    def name(self) -> str:
        """The canonical text."""
        return self.place + (f"@{self.digest}" if self.digest else f":{self.tag}")


class BadReference(ValueError):  # noqa: N818 (what happened, not a mistake)
    """Not an image reference; `str()` is the reference library's text."""


def parse_reference(text: str) -> Reference:
    """An image reference, completed as containerd and Docker do (docker.io, library/, :latest).

    Raises:
        BadReference: as github.com/distribution/reference words it.
    """
    rest, _, digest = text.partition("@")
    first, slash, tail = rest.partition("/")
    has_registry = bool(slash) and ("." in first or ":" in first or first == "localhost")
    registry, path = (first, tail) if has_registry else ("docker.io", rest)
    registry = "docker.io" if registry in DOCKER_HUB else registry
    path, colon, tag = path.partition(":")
    if registry == "docker.io" and "/" not in path:
        path = f"library/{path}"
    if path != path.lower():
        raise BadReference("invalid reference format: repository name must be lowercase")
    if not re.fullmatch(rf"{_PART}(?:/{_PART})*", path) or (colon and not _TAG.fullmatch(tag)):
        raise BadReference("invalid reference format")
    if digest and not _DIGEST.fullmatch(digest):
        raise BadReference("invalid reference format")
    return Reference(registry, path, tag or "latest", digest)

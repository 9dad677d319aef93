"""Image references as people write them, completed as containerd and Docker complete them."""

from __future__ import annotations

import re

from msgspec import Struct

_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_PATH = re.compile(rf"{_PART}(?:/{_PART})*", re.ASCII)
_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_DOMAIN = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9a-fA-F:]+\])(?::[0-9]+)?", re.ASCII)
_IDENTIFIER = re.compile(r"[a-f0-9]{64}", re.ASCII)
_TAG = re.compile(r"\w[\w.-]{0,127}", re.ASCII)
_DIGEST = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}", re.ASCII)
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
    if _IDENTIFIER.fullmatch(text):
        what = "cannot specify 64-byte hexadecimal strings"
        raise BadReference(f"invalid repository name ({text}), {what}")
    rest, at, digest = text.partition("@")
    registry, path = _split(rest)
    path, colon, tag = path.partition(":")
    if registry == "docker.io" and "/" not in path:
        path = f"library/{path}"
    if path != path.lower():
        raise BadReference(f"invalid reference format: repository name ({path}) must be lowercase")
    well = _PATH.fullmatch(path) and _DOMAIN.fullmatch(registry)
    if not well or (colon and not _TAG.fullmatch(tag)) or (at and not _DIGEST.fullmatch(digest)):
        raise BadReference("invalid reference format")
    return Reference(registry, path, tag or "latest", digest)


def _split(text: str) -> tuple[str, str]:
    """The registry and the rest (`splitDockerDomain`): a name in capitals is taken for a host, too."""
    first, slash, tail = text.partition("/")
    host = "." in first or ":" in first or first == "localhost" or first != first.lower()
    registry, path = (first, tail) if slash and host else ("docker.io", text)
    return "docker.io" if registry in DOCKER_HUB else registry, path

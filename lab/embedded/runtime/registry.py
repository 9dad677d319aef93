"""The images of one cluster: which there are, on which node each lies, and what a registry says of others."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import quote

from lab.embedded.runtime.interface import NodeImage
from lab.embedded.runtime.references import BadReference, Reference, parse_reference
from lab.embedded.runtime.wellknown import table

if TYPE_CHECKING:
    from lab.embedded.runtime.images import Image, Tag

PRESENT = {
    "docker.io/library/busybox:1.36": ("docker.io/library/busybox:1.36.1", 2_220_094),
    "localhost/pause:latest": ("localhost/pause:3.10", 320_368),
    "registry.k8s.io/pause:3.10": ("registry.k8s.io/pause:3.10", 320_368),
}
"""Images every node has from the start: their most specific tags and sizes, as their models have them.

They stand here too because every node lists its images, and loading the models for that would take a third
of the time in which a cluster starts; a test holds them together.
"""

BYTES_A_SECOND = 25_000_000
"""How fast the simulated registry is."""

_PUBLIC = ("docker.io", "ghcr.io", "quay.io", "registry.k8s.io", "gcr.io", "k8s.gcr.io", "mcr.microsoft.com")
"""Registries that answer; any other host does not exist for the cluster."""
_OPEN = ("registry.k8s.io", "k8s.gcr.io", "mcr.microsoft.com")
"""Registries that say `not found` of what they do not have, where others ask for a login."""


def digest_of(name: str) -> str:
    """A well-known image's digest: made from its name, the same in every run."""
    return "sha256:" + hashlib.sha256(name.encode()).hexdigest()


@cache
def _digests(place: str) -> dict[str, Tag]:
    """All tags of a repository by the digest of their image."""
    model = table.find(place)
    return {digest_of(f"{place}:{tag.canonical}"): tag for tag in model.tags.all()} if model else {}


def _known(reference: Reference) -> Tag | None:
    """The tag a reference stands for; a digest wins over a tag. None: the registry has no such image."""
    model = table.find(reference.place)
    if model is None:
        return None
    if reference.digest:
        return _digests(reference.place).get(reference.digest)
    return model.tags.find(reference.tag)


class ImageTable:
    """The images of one cluster, and on which node each lies."""

    def __init__(self) -> None:
        self._added: dict[str, Image] = {}
        self._on_node: set[tuple[str, str]] = set()

    def add(self, text: str, image: Image) -> None:
        """Put an image onto all nodes."""
        self._added[parse_reference(text).name] = image

    def present(self, node: str, text: str) -> bool:
        """Whether a node has an image."""
        try:
            name = parse_reference(text).name
        except BadReference:
            return False
        return name in self._added or name in PRESENT or (node, name) in self._on_node

    def on_node(self, node: str) -> list[NodeImage]:
        """The images on a node, each with all its names: those by digest first, but for added ones."""
        names: dict[tuple[str, bool], set[str]] = {}
        sizes: dict[tuple[str, bool], int] = {}
        pulled = {name for where, name in self._on_node if where == node}
        for name in sorted({*PRESENT, *self._added, *pulled}):
            digest, size = self._weight(name)
            key = (digest, name in self._added)
            place = parse_reference(name).place
            names.setdefault(key, set()).update({name} if key[1] else {f"{place}@{digest}", name})
            sizes[key] = size
        return [
            NodeImage(tuple(sorted(each, key=lambda name: ("@" not in name, name))), sizes[key])
            for key, each in names.items()
        ]

    def _weight(self, name: str) -> tuple[str, int]:
        """Digest and size of an image that a node has."""
        if name in PRESENT and name not in self._added:
            canonical, size = PRESENT[name]
            return digest_of(canonical), size
        found = self.find(name)
        return (found[1], found[0].size) if found is not None else ("", 0)

    def find(self, text: str) -> tuple[Image, str] | None:
        """An image and its digest, wherever it is."""
        reference = parse_reference(text)
        added = self._added.get(reference.name)
        if added is not None:
            return added, added.digest or digest_of(reference.name)
        model, tag = table.find(reference.place), _known(reference)
        if model is None or tag is None:
            return None
        return model.image(tag), digest_of(f"{reference.place}:{tag.canonical}")

    def identity(self, text: str) -> str:
        """What a container status calls the image it runs (`imageID`); empty when there is no such image."""
        found = self.find(text)
        if found is None:
            return ""
        reference = parse_reference(text)
        return found[1] if reference.name in self._added else f"{reference.place}@{found[1]}"

    def pulled(self, node: str, text: str) -> None:
        """A node has pulled an image."""
        self._on_node.add((node, parse_reference(text).name))

    def registry_error(self, text: str) -> str | None:
        """What pulling an image fails with, as containerd words it; None: the registry has it.

        An error of the code Unknown comes without its code: the kubelet strips it (`pullImageV1`).
        """
        reference = parse_reference(text)
        local = reference.registry == "localhost"
        if not local and _known(reference) is not None:
            return None
        name = reference.name
        lead = f'failed to pull and unpack image "{name}": failed to resolve reference "{name}": '
        there = reference.place in table.PLACES and not local
        if there or reference.registry in _OPEN:
            return f"rpc error: code = NotFound desc = {lead}{name}: not found"
        if reference.registry == "ghcr.io":
            scope = quote(f"repository:{reference.repository}:pull", safe="")
            where = f"https://ghcr.io/token?scope={scope}&service=ghcr.io"
            asked = f"failed to fetch anonymous token: unexpected status from GET request to {where}"
            return f"{lead}failed to authorize: {asked}: 403 Forbidden"
        if reference.registry in _PUBLIC:
            return (
                f"{lead}pull access denied, repository does not exist or may require authorization: "
                "server message: insufficient_scope: authorization failed"
            )
        return lead + _unreachable(reference)


def _unreachable(reference: Reference) -> str:
    host, _, port = reference.registry.partition(":")
    local = host in ("localhost", "127.0.0.1")
    scheme = "http" if local else "https"
    what = reference.digest or reference.tag
    place = f"{scheme}://{reference.registry}/v2/{reference.repository}/manifests/{what}"
    lead = f'failed to do request: Head "{place}": '
    if local:
        return f"{lead}dial tcp 127.0.0.1:{port or '80'}: connect: connection refused"
    if re.fullmatch(r"[\d.]+", host):
        return f"{lead}dial tcp {host}:{port or '443'}: i/o timeout"
    return f"{lead}dial tcp: lookup {host} on 10.96.0.10:53: no such host"

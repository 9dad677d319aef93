"""The images there are: well-known ones, those the lab adds, and what a registry says of all others."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lab.embedded.runtime.applets.table import NAMES
from lab.embedded.runtime.filesystem import Device, Directory, File, FileTree, Symlink
from lab.embedded.runtime.programs import WELCOME

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True)
class Reference:
    """An image reference in full: `registry/repository:tag` or `@digest`."""

    registry: str
    repository: str
    tag: str
    digest: str = ""

    @property
    def name(self) -> str:
        """The canonical text."""
        return f"{self.registry}/{self.repository}" + (f"@{self.digest}" if self.digest else f":{self.tag}")


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
    path, colon, tag = path.partition(":")
    if registry == "docker.io" and "/" not in path:
        path = f"library/{path}"
    if path != path.lower():
        raise BadReference("invalid reference format: repository name must be lowercase")
    part = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
    if not re.fullmatch(rf"{part}(?:/{part})*", path) or (
        colon and not re.fullmatch(r"\w[\w.-]{0,127}", tag)
    ):
        raise BadReference("invalid reference format")
    if digest and not re.fullmatch(r"[a-z0-9]+:[0-9a-f]{32,}", digest):
        raise BadReference("invalid reference format")
    return Reference(registry, path, tag or "latest", digest)


@dataclass(frozen=True)
class Image:
    """What a container is made of."""

    size: int
    entrypoint: Sequence[str] = ()
    cmd: Sequence[str] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    working_dir: str = "/"
    user: int = 0
    executables: Mapping[str, str] = field(default_factory=dict)
    """Paths of executables and the programs they are."""
    files: Mapping[str, bytes] = field(default_factory=dict)
    busybox: bool = True
    """Whether `/bin` has busybox's applets (for Debian-based images they stand in for the tools there)."""
    digest: str = ""
    tags: Sequence[str] | None = None
    """Tags the registry has; None: any."""

    def tree(self) -> FileTree:
        """A fresh file system for one container."""
        tree = FileTree()
        for name in ("bin", "dev", "etc", "home", "proc", "root", "sys", "tmp", "usr", "var"):
            tree.directory(name)
        tree.directory("tmp").mode = 0o1777
        if self.busybox:
            names = tree.directory("bin").entries
            for name in NAMES:
                names[name] = File(mode=0o755, data=bytearray(b"\x7fELF"), program="busybox")
        tree.write(
            "/etc/passwd", b"root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/home:/bin/false\n"
        )
        tree.write("/etc/group", b"root:x:0:\nnogroup:x:65534:\n")
        for path, content in self.files.items():
            tree.write(path, content, 0o755 if content.startswith(b"#!") else 0o644)
        for path, program in self.executables.items():
            node = tree.write(path, b"\x7fELF", 0o755)
            node.program = program
        _devices(tree.directory("dev"))
        tree.directory(self.working_dir)
        return tree


def _devices(dev: Directory) -> None:
    for name in ("null", "zero", "full", "urandom", "tty"):
        dev.entries[name] = Device(kind=name)
    dev.entries["random"] = Device(kind="urandom")
    for fd, name in enumerate(("stdin", "stdout", "stderr")):
        dev.entries[name] = Device(kind=f"fd::{fd}")
    dev.entries["fd"] = Symlink(target="/proc/self/fd")


_PYTHON = {f"/usr/local/bin/{name}": "python" for name in ("python", "python3")}
_BUSYBOX = Image(2_220_094, cmd=("sh",), tags=None)
_PAUSE = Image(320_368, entrypoint=("/pause",), executables={"/pause": "pause"}, busybox=False)
WELL_KNOWN: dict[str, Image] = {
    "docker.io/library/busybox": _BUSYBOX,
    "docker.io/library/alpine": Image(
        3_642_247, cmd=("/bin/sh",), files={"/etc/alpine-release": b"3.20.3\n"}
    ),
    "docker.io/library/nginx": Image(
        71_026_652, cmd=("nginx", "-g", "daemon off;"), executables={"/usr/sbin/nginx": "nginx"},
        files={"/usr/share/nginx/html/index.html": WELCOME},
    ),
    "docker.io/library/httpd": Image(
        56_378_312, cmd=("httpd-foreground",), executables={"/usr/local/bin/httpd-foreground": "httpd"},
        working_dir="/usr/local/apache2",
        files={"/usr/local/apache2/htdocs/index.html": b"<html><body><h1>It works!</h1></body></html>\n"},
    ),
    "docker.io/library/python": Image(
        45_514_402, cmd=("python3",), executables=_PYTHON,
        env={"PATH": "/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"},
    ),
    "registry.k8s.io/pause": _PAUSE,
    "localhost/pause": _PAUSE,
    "registry.k8s.io/e2e-test-images/agnhost": Image(
        50_732_000, entrypoint=("/agnhost",), cmd=("pause",), executables={"/agnhost": "agnhost"}
    ),
    "registry.k8s.io/e2e-test-images/busybox": _BUSYBOX,
}  # fmt: skip
"""Images by repository; any tag, unless an image says which."""

PRESENT = ("docker.io/library/busybox:1.36", "localhost/pause:latest", "registry.k8s.io/pause:3.10")
"""Images every node has from the start."""

BYTES_A_SECOND = 25_000_000
"""How fast the simulated registry is."""


def digest_of(name: str) -> str:
    """A well-known image's digest: made from its name, the same in every run."""
    return "sha256:" + hashlib.sha256(name.encode()).hexdigest()


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

    def find(self, text: str) -> tuple[Image, str] | None:
        """An image and its digest, wherever it is."""
        reference = parse_reference(text)
        name = reference.name
        image = self._added.get(name) or WELL_KNOWN.get(f"{reference.registry}/{reference.repository}")
        return (image, image.digest or reference.digest or digest_of(name)) if image else None

    def pulled(self, node: str, text: str) -> None:
        """A node has pulled an image."""
        self._on_node.add((node, parse_reference(text).name))

    def registry_error(self, text: str) -> str | None:
        """What pulling an image fails with, as containerd words it; None: the registry has it."""
        reference = parse_reference(text)
        known = WELL_KNOWN.get(f"{reference.registry}/{reference.repository}")
        plausible = reference.digest or re.fullmatch(
            r"latest|stable|slim|alpine|v?\d[\w.-]*|[a-z]+", reference.tag
        )
        if known is not None and reference.registry != "localhost" and plausible:
            return None
        name = reference.name
        lead = f'failed to pull and unpack image "{name}": failed to resolve reference "{name}": '
        unknown = "rpc error: code = Unknown desc = "
        if known is not None and reference.registry != "localhost":
            return f"rpc error: code = NotFound desc = {lead}{name}: not found"
        if reference.registry in ("docker.io", "ghcr.io", "quay.io", "registry.k8s.io", "gcr.io"):
            if reference.registry == "registry.k8s.io":
                return f"rpc error: code = NotFound desc = {lead}{name}: not found"
            return (
                f"{unknown}{lead}pull access denied, repository does not exist or may require authorization: "
                "server message: insufficient_scope: authorization failed"
            )
        return unknown + lead + _unreachable(reference)


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

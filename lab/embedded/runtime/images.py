"""What an image is: the declared unit of a model, its tags, and the file system of a container of it.

A model is small and closed: which tags there are, what a tag's image holds, which programs its executables
are. The models are in `wellknown`, one file each; `wellknown.table` says which repository is which.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct, field

from lab.embedded.runtime.filesystem import Device, Directory, File, FileTree, Symlink
from lab.embedded.runtime.signals import TERM

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from lab.embedded.runtime.process import Program


class Image(Struct, frozen=True):
    """What a container is made of."""

    size: int
    """Bytes to pull."""
    entrypoint: Sequence[str] = ()
    cmd: Sequence[str] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    working_dir: str = "/"
    user: int = 0
    user_name: str = ""
    """The user by name, where the image says it so: the kubelet cannot tell then whether it is root."""
    executables: Mapping[str, str] = field(default_factory=dict)
    """Paths of executables and the programs they are."""
    files: Mapping[str, bytes] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    """Symbolic links and where they lead (`/var/log/nginx/access.log` to `/dev/stdout`)."""
    directories: Mapping[str, int] = field(default_factory=dict)
    """Directories that nobody's file makes, and the user who owns them."""
    tools: Sequence[str] | None = None
    """The commands in `/bin`, played by busybox' applets; None: all of them, () for an image without any."""
    users: Mapping[str, int] = field(default_factory=dict)
    """Users besides root and nobody."""
    stop_signal: int = TERM
    """What the runtime sends to stop a container (`STOPSIGNAL` of the image)."""
    digest: str = ""

    def tree(self) -> FileTree:
        """A fresh file system for one container."""
        tree = FileTree()
        for name in ("bin", "dev", "etc", "home", "proc", "root", "sys", "tmp", "usr", "var"):
            tree.directory(name)
        for name in ("tmp", "var/tmp"):
            tree.directory(name).mode = 0o1777
        names = tree.directory("bin").entries
        tools = _applets() if self.tools is None else self.tools
        busybox = File(mode=0o755, data=bytearray(b"\x7fELF"), program="busybox", links=len(tools))
        names.update(dict.fromkeys(tools, busybox))  # hard links to one file, as in busybox' image
        self._accounts(tree)
        for path, owner in self.directories.items():
            tree.directory(path).uid = owner
        for path, content in self.files.items():
            tree.write(path, content, 0o755 if content.startswith(b"#!") else 0o644)
        for path, target in self.links.items():
            tree.symlink(path, target)
        for path, program in self.executables.items():
            node = tree.write(path, b"\x7fELF", 0o755)
            node.program = program
        _devices(tree.directory("dev"))
        tree.directory(self.working_dir)
        return tree

    def _accounts(self, tree: FileTree) -> None:
        users = {"root": 0, "nobody": 65534, **self.users}
        lines = [f"{name}:x:{number}:{number}:{name}:{_home(name)}\n" for name, number in users.items()]
        tree.write("/etc/passwd", "".join(lines).encode())
        groups = [
            f"{'nogroup' if name == 'nobody' else name}:x:{number}:\n" for name, number in users.items()
        ]
        tree.write("/etc/group", "".join(groups).encode())


def _applets() -> Sequence[str]:
    from lab.embedded.runtime.applets.table import NAMES  # noqa: PLC0415 (nodes list images that never run)

    return NAMES


def _home(name: str) -> str:
    return {"root": "/root:/bin/sh", "nobody": "/home:/bin/false"}.get(name, "/:/sbin/nologin")


def _devices(dev: Directory) -> None:
    for name in ("null", "zero", "full", "urandom", "tty"):
        dev.entries[name] = Device(kind=name)
    dev.entries["random"] = Device(kind="urandom")
    for fd, name in enumerate(("stdin", "stdout", "stderr")):
        dev.entries[name] = Device(kind=f"fd::{fd}")
    dev.entries["fd"] = Symlink(target="/proc/self/fd")


class Tag(Struct, frozen=True):
    """A tag that a repository has, and what it stands for."""

    version: str
    """In full: `1.27.5`."""
    variant: str = ""
    """`alpine`, `slim`; empty for the plain image."""

    @property
    def canonical(self) -> str:
        """The most specific tag of the same image."""
        return f"{self.version}-{self.variant}" if self.variant else self.version


class Tags(Struct, frozen=True):
    """The tags of a repository: releases, their variants, and the names that move."""

    releases: Mapping[str, int]
    """Release lines and the last number of each: `{"1.27": 5}` is 1.27.0 to 1.27.5."""
    variants: Sequence[str] = ("",)
    """Suffixes the releases come in; the empty one is the plain image."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Names that stand for a version (`stable`) besides `latest`."""
    bare: bool = True
    """Whether a line by itself is a tag (`1.27`), and what it is a line of (`1`)."""
    latest: bool = True
    """Whether there is a `latest`."""

    def find(self, tag: str) -> Tag | None:
        """What a tag stands for; None: the repository does not have it."""
        for variant in sorted(self.variants, key=len, reverse=True):
            if variant and tag == variant:
                return Tag(self.newest, variant)
            if variant and not tag.endswith(f"-{variant}"):
                continue
            version = self._version(tag.removesuffix(f"-{variant}") if variant else tag)
            if version is not None:
                return Tag(version, variant)
        return None

    @property
    def newest(self) -> str:
        """The version that `latest` stands for: the first line's last."""
        line = next(iter(self.releases))
        return f"{line}.{self.releases[line]}"

    def _version(self, text: str) -> str | None:
        if text == "latest":
            return self.newest if self.latest else None
        if text in self.names:
            return self.names[text]
        line, _, number = text.rpartition(".")
        if line in self.releases and number.isdigit() and str(int(number)) == number:
            return text if int(number) <= self.releases[line] else None
        if not self.bare:
            return None
        lines = [each for each in self.releases if each == text or each.startswith(f"{text}.")]
        best = max(lines, key=_numbers, default=None)
        return f"{best}.{self.releases[best]}" if best else None

    def all(self) -> Iterator[Tag]:
        """Every version in every variant."""
        for variant in self.variants:
            for line, last in self.releases.items():
                for number in range(last + 1):
                    yield Tag(f"{line}.{number}", variant)
            for version in self.names.values():
                yield Tag(version, variant)


def _numbers(line: str) -> list[int]:
    return [int(each) for each in re.findall(r"\d+", line)]


class ImageModel(Struct, frozen=True):
    """One modelled image: all there is to say about it. See `docs/images-embedded.md`."""

    tags: Tags
    image: Callable[[Tag], Image]
    """The image of a tag."""
    programs: Mapping[str, Program] = field(default_factory=dict)
    """Programs that the image's executables name, besides `busybox` and `python`."""

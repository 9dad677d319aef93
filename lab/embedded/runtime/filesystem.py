"""Files in memory: the trees that containers and volumes are made of.

A `FileTree` is one file system (an image's root, a volume). Containers see several of them through
`mounting.Mounts`. Volumes are shared by reference, so a change (a ConfigMap's update) is seen at once by
every container that mounts the tree.

Errors are `FileError`s that carry the C library's text, as programs print it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

TREE_LIMIT = 128 * 1024 * 1024
"""Bytes one tree may hold before writing gives ENOSPC: the simulation's disk, in the host's memory."""

_TEXTS = {
    "ENOENT": "No such file or directory",
    "ENOTDIR": "Not a directory",
    "EISDIR": "Is a directory",
    "EEXIST": "File exists",
    "EACCES": "Permission denied",
    "ENOTEMPTY": "Directory not empty",
    "EROFS": "Read-only file system",
    "ENOSPC": "No space left on device",
    "ELOOP": "Too many levels of symbolic links",
    "EINVAL": "Invalid argument",
    "EBADF": "Bad file descriptor",
    "EBUSY": "Device or resource busy",
    "EPERM": "Operation not permitted",
    "EXDEV": "Cross-device link",
    "ENAMETOOLONG": "File name too long",
}


class FileError(Exception):
    """A file operation failed; `str()` is the C library's text for `code` (`No such file or directory`)."""

    def __init__(self, code: str) -> None:
        super().__init__(_TEXTS[code])
        self.code = code


class Node(Struct, eq=False):
    """What a name in a directory stands for."""

    mode: int = 0o644
    uid: int = 0
    gid: int = 0
    mtime: float = 0.0
    links: int = 1


class File(Node, eq=False):
    """A regular file. `program` names the program that runs when it is executed; None: a script or data."""

    data: bytearray = field(default_factory=bytearray)
    program: str | None = None


class Directory(Node, eq=False):
    """A directory; `generate`, where set, makes its entries anew at each look (`/proc`)."""

    mode: int = 0o755
    entries: dict[str, Node] = field(default_factory=dict)
    generate: Callable[[], dict[str, Node]] | None = None

    def listing(self) -> dict[str, Node]:
        """Names and nodes, as they are now."""
        return self.generate() if self.generate is not None else self.entries


class Symlink(Node, eq=False):
    """A symbolic link."""

    mode: int = 0o777
    target: str = ""


class Device(Node, eq=False):
    """A special file; `kind` says what opening it gives: `null`, `zero`, `fd:1`, `tty`, `urandom`."""

    mode: int = 0o666
    kind: str = "null"


class FileTree:
    """One file system: a root directory and a bound on its size."""

    def __init__(self, root: Directory | None = None, limit: int = TREE_LIMIT) -> None:
        self.root = root or Directory()
        self.limit = limit
        self.used = 0
        self.medium = "ext4"
        """What programs see as the type of the file system: `ext4`, `tmpfs` (which is memory)."""
        self.grown: list[Callable[[], None]] = []
        """Told when content was added; for trees whose content is somebody's memory."""

    def grow(self, count: int) -> None:
        """Account for `count` more (or fewer) bytes of file content.

        Raises:
            FileError: ENOSPC when the tree would exceed its limit.
        """
        if count > 0 and self.used + count > self.limit:
            raise FileError("ENOSPC")
        self.used += count
        if count > 0:
            for told in self.grown:
                told()

    def write(self, path: str, content: bytes, mode: int = 0o644) -> File:
        """Put a file at `path` (parents made as needed), for whoever builds the tree: an image, a volume."""
        parent = self._parent(path)
        name = path.rstrip("/").rsplit("/", 1)[-1]
        old = parent.entries.get(name)
        self.grow(len(content) - (len(old.data) if isinstance(old, File) else 0))
        node = File(mode=mode, data=bytearray(content))
        parent.entries[name] = node
        return node

    def symlink(self, path: str, target: str) -> None:
        """Put a symbolic link at `path`, replacing what is there."""
        self._parent(path).entries[path.rsplit("/", 1)[-1]] = Symlink(target=target)

    def directory(self, path: str, mode: int = 0o755) -> Directory:
        """The directory at `path`, made if needed."""
        node = self.root
        for name in _names(path):
            child = node.entries.get(name)
            if not isinstance(child, Directory):
                child = Directory(mode=mode)
                node.entries[name] = child
            node = child
        return node

    def find(self, path: str) -> Node | None:
        """The node at `path` (symbolic links inside the tree followed), or None."""
        return self._find(path, 0)

    def read(self, path: str) -> bytes | None:
        """The content of the file at `path`, or None."""
        node = self.find(path)
        return bytes(node.data) if isinstance(node, File) else None

    def remove(self, path: str) -> None:
        """Take away what is at `path`, with everything below it; nothing there is no error."""
        parent = self._parent(path)
        node = parent.entries.pop(path.rstrip("/").rsplit("/", 1)[-1], None)
        if node is not None:
            self.used -= sum(len(each.data) for each in _files(node))

    def publish(
        self,
        files: Mapping[str, bytes],
        mode: int = 0o644,
        version: str = "1",
        *,
        modes: Mapping[str, int] | None = None,
        at: float = 0.0,
    ) -> None:
        """Make `files` the visible content, atomically, as the kubelet writes ConfigMap and Secret volumes.

        The files lie in `..VERSION/`, `..data` links there, and each visible name links through `..data`.
        `modes` are of single files, `at` is when they are written (seconds of cluster time).
        Source: k8s.io/kubernetes/pkg/volume/util/atomic_writer.go.
        """
        for name in [name for name in self.root.entries if name != "..data"]:
            self.remove("/" + name)
        for name, content in files.items():
            self.write(f"/..{version}/{name}", content, (modes or {}).get(name, mode))
        self.directory(f"/..{version}")
        self.symlink("/..data", f"..{version}")
        for name in sorted({name.split("/", 1)[0] for name in files}):
            self.symlink("/" + name, f"..data/{name}")
        for node in _nodes(self.root):
            node.mtime = at

    def _parent(self, path: str) -> Directory:
        return self.directory("/".join(_names(path)[:-1]))

    def _find(self, path: str, depth: int) -> Node | None:
        node: Node = self.root
        walked: list[str] = []
        for name in _names(path):
            if not isinstance(node, Directory):
                return None
            child = node.listing().get(name)
            if child is None:
                return None
            if isinstance(child, Symlink):
                if depth > 16:
                    return None
                target = child.target if child.target.startswith("/") else "/".join([*walked, child.target])
                child = self._find(target, depth + 1)
                if child is None:
                    return None
            walked.append(name)
            node = child
        return node


def copy_node(node: Node) -> Node:
    """A private copy of a node and all below it (an image's root for a new container)."""
    if isinstance(node, Directory):
        return Directory(
            node.mode, node.uid, node.gid, node.mtime, node.links,
            {name: copy_node(child) for name, child in node.entries.items()}, node.generate,
        )  # fmt: skip
    if isinstance(node, File):
        return File(node.mode, node.uid, node.gid, node.mtime, node.links, bytearray(node.data), node.program)
    if isinstance(node, Symlink):
        return Symlink(node.mode, node.uid, node.gid, node.mtime, node.links, node.target)
    if isinstance(node, Device):
        return Device(node.mode, node.uid, node.gid, node.mtime, node.links, node.kind)
    raise TypeError(type(node).__name__)


def _names(path: str) -> list[str]:
    return [name for name in path.split("/") if name not in ("", ".")]


def text_of(node: Node | None) -> str:
    """What is in a regular file, as text; nothing for anything else."""
    return node.data.decode("utf-8", "replace") if isinstance(node, File) else ""


def _nodes(node: Node) -> Iterator[Node]:
    yield node
    if isinstance(node, Directory):
        for child in node.entries.values():
            yield from _nodes(child)


def _files(node: Node) -> Iterator[File]:
    if isinstance(node, File):
        yield node
    elif isinstance(node, Directory):
        for child in node.entries.values():
            yield from _files(child)

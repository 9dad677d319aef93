"""A container's view of files: one root tree with other trees mounted into it.

Path look-up lives here once: symbolic links, `..`, mounts, permissions (light: owner, group and others, root
may all) and read-only trees.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from lab.embedded.runtime.filesystem import (
    Device,
    Directory,
    File,
    FileError,
    FileTree,
    Node,
    Symlink,
    copy_node,
)
from lab.embedded.runtime.users import as_user

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SETGID = 0o2000


class Doorway(Symlink, eq=False):
    """A link that leads to another container's files (`/proc/PID/root`); None: it must not be followed."""

    files: Mounts | None = None


class Sealed(File, eq=False):
    """A file that even root may not open (`/proc/PID/environ` of a process it may not look into)."""


class Place(Struct, frozen=True):
    """Where a path leads: the node (None if there is none yet), its parent, and the tree it lies in."""

    path: str
    node: Node | None
    parent: Directory
    name: str
    tree: FileTree
    read_only: bool
    mount_point: bool = False


class Mount(Struct, frozen=True):
    """What lies at a mount point."""

    node: Node
    tree: FileTree
    read_only: bool


class Mounts:
    """The file system as the processes of one container see it."""

    def __init__(self, tree: FileTree, now: Callable[[], float], *, read_only: bool = False) -> None:
        self.now = now
        self._mounts: dict[str, Mount] = {"/": Mount(tree.root, tree, read_only)}
        self.root_tree = tree
        self._memory: list[FileTree] = []

    def mount(self, path: str, tree: FileTree, *, read_only: bool = False, sub_path: str = "") -> None:
        """Put a tree (or a file or directory in it) at `path`; the mount point is made if needed.

        Raises:
            FileError: `sub_path` leads through something that is no directory.
        """
        path = posixpath.normpath("/" + path.strip("/"))
        node: Node = tree.root
        if sub_path:
            node = tree.find(sub_path) or tree.directory(sub_path)
        if isinstance(node, Directory):
            self.root_tree.directory(path)
        elif self.root_tree.find(path) is None:
            self.root_tree.write(path, b"")
        self._mounts[path] = Mount(node, tree, read_only)
        if tree.medium == "tmpfs" and tree not in self._memory:
            self._memory.append(tree)

    def memory(self) -> int:
        """Bytes of memory that files take: those of mounted tmpfs."""
        return sum(tree.used for tree in self._memory)

    def mount_points(self) -> list[tuple[str, bool]]:
        """Paths that are mount points, and whether they are read-only."""
        return [(path, mount.read_only) for path, mount in self._mounts.items()]

    def mounted(self) -> list[tuple[str, Mount]]:
        """All mounts by their path, in the order they were made."""
        return list(self._mounts.items())

    def mount_of(self, path: str, cwd: str = "/") -> tuple[str, Mount]:
        """The mount a path lies in, and where that is mounted.

        Raises:
            FileError: as `node`.
        """
        self.node(path, cwd)
        where = self.lookup(path, cwd).path
        while where not in self._mounts:
            where = posixpath.dirname(where)
        return where, self._mounts[where]

    def lookup(self, path: str, cwd: str = "/", *, follow: bool = True) -> Place:
        """Where `path` leads.

        Raises:
            FileError: ENOENT for a missing directory on the way, ENOTDIR, ELOOP.
        """
        if not path:
            raise FileError("ENOENT")
        return self._walk(path, cwd, follow, 0)

    def node(self, path: str, cwd: str = "/", *, follow: bool = True) -> Node:
        """The node at `path`.

        Raises:
            FileError: ENOENT and those of `lookup`.
        """
        place = self.lookup(path, cwd, follow=follow)
        if place.node is None:
            raise FileError("ENOENT")
        return place.node

    def exists(self, path: str, cwd: str = "/", *, follow: bool = True) -> Node | None:
        """The node at `path`, or None for any reason."""
        try:
            return self.lookup(path, cwd, follow=follow).node
        except FileError:
            return None

    def _walk(self, path: str, cwd: str, follow: bool, depth: int) -> Place:
        if depth > 20:
            raise FileError("ELOOP")
        absolute = path if path.startswith("/") else f"{cwd}/{path}"
        names = [name for name in absolute.split("/") if name not in ("", ".")]
        mount = self._mounts["/"]
        here: list[tuple[str, Node, Mount]] = [("/", mount.node, mount)]
        if not names:
            return self._place_of("/", mount)
        for position, name in enumerate(names):
            where, node, mount = here[-1]
            last = position == len(names) - 1
            if name == "..":
                if len(here) > 1:
                    here.pop()
                continue
            if not isinstance(node, Directory):
                raise FileError("ENOTDIR")
            child_path = where.rstrip("/") + "/" + name
            child_mount = self._mounts.get(child_path)
            child = child_mount.node if child_mount else node.listing().get(name)
            if child is None:
                if not last:
                    raise FileError("ENOENT")
                return Place(child_path, None, node, name, mount.tree, mount.read_only)
            if isinstance(child, Symlink) and (follow or not last):
                rest = "/".join([child.target, *names[position + 1 :]])
                return self._follow(child, (where, child_path), rest, follow, depth + 1)
            here.append((child_path, child, child_mount or mount))
        where, node, mount = here[-1]
        if len(here) == 1:
            return self._place_of("/", mount)
        parent = here[-2][1]
        if not isinstance(parent, Directory):
            raise FileError("ENOTDIR")
        name, pinned = where.rsplit("/", 1)[-1], where in self._mounts
        return Place(where, node, parent, name, mount.tree, mount.read_only, pinned)

    def _follow(self, link: Symlink, lies: tuple[str, str], rest: str, follow: bool, depth: int) -> Place:
        """Go on behind a link, which lies in a directory at a path; a doorway's places are told from here."""
        where, path = lies
        if not isinstance(link, Doorway):
            return self._walk(rest, where, follow, depth)
        if link.files is None:
            raise FileError("EACCES")
        place = link.files._walk(rest, "/", follow, depth)  # noqa: SLF001 (another one of these)
        inside = "" if place.path == "/" else place.path
        return replace(place, path=f"{posixpath.dirname(path)}/root{inside}")

    @staticmethod
    def _place_of(path: str, mount: Mount) -> Place:
        if not isinstance(mount.node, Directory):
            raise FileError("ENOTDIR")
        return Place(path, mount.node, mount.node, "", mount.tree, mount.read_only, mount_point=True)

    # -- changes ------------------------------------------------------------------------------------------

    def create(self, path: str, cwd: str, uid: int, mode: int = 0o644) -> tuple[File, FileTree]:
        """The file at `path`, made empty if it is not there, checked for writing.

        Raises:
            FileError: EISDIR, EROFS, EACCES and those of `lookup`.
        """
        place = self.lookup(path, cwd)
        if isinstance(place.node, Directory) or path.endswith("/"):
            raise FileError("EISDIR")
        if isinstance(place.node, File):
            if place.read_only:
                raise FileError("EROFS")
            if not may(place.node, uid, 2):
                raise FileError("EACCES")
            return place.node, place.tree
        node = File(mode=mode, uid=uid, gid=_group(place, uid), mtime=self.now())
        self.insert(place, node, uid)
        return node, place.tree

    def insert(self, place: Place, node: Node, uid: int) -> None:
        """Put a new node at a free place.

        Raises:
            FileError: EEXIST, EROFS, EACCES, ENOSPC (too many files).
        """
        if place.node is not None:
            raise FileError("EEXIST")
        self._check_parent(place, uid)
        place.tree.grow(256)  # the inode's own size bounds the number of files
        place.parent.entries[place.name] = node
        place.parent.mtime = self.now()

    def mkdir(self, path: str, cwd: str, uid: int, mode: int = 0o755) -> None:
        """Make a directory.

        Raises:
            FileError: those of `insert` and `lookup`.
        """
        place = self.lookup(path.rstrip("/") or "/", cwd)
        mode |= place.parent.mode & _SETGID
        self.insert(place, Directory(mode=mode, uid=uid, gid=_group(place, uid), mtime=self.now()), uid)

    def unlink(self, path: str, cwd: str, uid: int) -> None:
        """Take away a name (not a directory's, unless it is empty).

        Raises:
            FileError: ENOENT, ENOTEMPTY, EBUSY (a mount point), EROFS, EACCES.
        """
        place = self.lookup(path, cwd, follow=False)
        if place.node is None:
            raise FileError("ENOENT")
        if place.mount_point:
            raise FileError("EBUSY")
        self._check_parent(place, uid)
        if isinstance(place.node, Directory) and place.node.listing():
            raise FileError("ENOTEMPTY")
        place.node.links -= 1
        del place.parent.entries[place.name]
        place.parent.mtime = self.now()
        freed = len(place.node.data) if isinstance(place.node, File) and place.node.links == 0 else 0
        place.tree.grow(-freed - 256 if place.tree.used >= freed + 256 else -place.tree.used)

    def rename(self, source: str, target: str, cwd: str, uid: int) -> None:
        """Move a name, replacing a file at the target.

        Raises:
            FileError: as `unlink`; EXDEV is hidden by copying, as `mv` does.
        """
        origin = self.lookup(source, cwd, follow=False)
        if origin.node is None:
            raise FileError("ENOENT")
        if origin.mount_point:
            raise FileError("EBUSY")
        goal = self.lookup(target, cwd, follow=False)
        self._check_parent(origin, uid)
        self._check_parent(goal, uid)
        if goal.path == origin.path or goal.path.startswith(origin.path + "/"):
            raise FileError("EINVAL")
        if isinstance(goal.node, Directory) and (
            not isinstance(origin.node, Directory) or goal.node.listing()
        ):
            raise FileError("EISDIR" if not isinstance(origin.node, Directory) else "ENOTEMPTY")
        node = origin.node if goal.tree is origin.tree else copy_node(origin.node)
        del origin.parent.entries[origin.name]
        goal.parent.entries[goal.name] = node

    def _check_parent(self, place: Place, uid: int) -> None:
        if place.read_only:
            raise FileError("EROFS")
        if place.parent.generate is not None:
            raise FileError("EACCES")
        if not may(place.parent, uid, 2):
            raise FileError("EACCES")

    def walk(self, path: str, cwd: str = "/") -> Iterator[tuple[str, Node]]:
        """`path` and all below it, depth first in name order; mounts included, links not followed."""
        node = self.node(path, cwd, follow=False)
        yield path, node
        if isinstance(node, Directory):
            for name in sorted(self.names(path, cwd)):
                yield from self.walk(path.rstrip("/") + "/" + name, cwd)

    def names(self, path: str, cwd: str = "/") -> list[str]:
        """The names in a directory.

        Raises:
            FileError: ENOENT, ENOTDIR.
        """
        node = self.node(path, cwd)
        if not isinstance(node, Directory):
            raise FileError("ENOTDIR")
        return list(node.listing())


def may(node: Node, uid: int, right: int) -> bool:
    """Whether a user may read (4), write (2) or execute (1) a node; root only needs an x bit to execute."""
    if isinstance(node, Sealed):
        return False
    if uid == 0 and (getattr(uid, "overrides", 7) & right or isinstance(node, Device)):
        return right != 1 or isinstance(node, Directory) or bool(node.mode & 0o111)
    if isinstance(node, Device):
        return True
    shift = 6 if node.uid == uid else 3 if node.gid in as_user(uid).groups else 0
    return bool((node.mode >> shift) & right)


def _group(place: Place, uid: int) -> int:
    """The group of a new node: that of a directory which hands its own on, else the maker's."""
    return place.parent.gid if place.parent.mode & _SETGID else as_user(uid).gid

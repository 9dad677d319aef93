"""A node's own files, and what of them pods may mount (`hostPath`).

They are a small declared tree in memory, one for each node; nothing of the machine that runs the lab is in
it. What pods write there stays for as long as the cluster runs, for every pod of that node.

The checks and their words are those of `pkg/volume/hostpath/host_path.go`; a path without a type is made by
the runtime where it is missing (containerd's `WithMounts`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.kubelet.environment import ConfigError
from lab.embedded.runtime.filesystem import Device, Directory, File, FileTree

if TYPE_CHECKING:
    from lab.embedded.runtime.filesystem import Node

Json = dict[str, Any]
_KINDS: dict[str, tuple[type[Node], str]] = {
    "Directory": (Directory, "directory"),
    "DirectoryOrCreate": (Directory, "directory"),
    "File": (File, "file"),
    "FileOrCreate": (File, "file"),
    "CharDevice": (Device, "character device"),
}
_ABSENT = {"Socket": "socket file", "BlockDevice": "block device"}
"""What no node here has."""
_DIRECTORIES = (
    "/boot", "/etc/kubernetes/manifests", "/home", "/lib/modules", "/mnt", "/opt/cni/bin", "/proc", "/root",
    "/run", "/srv", "/sys", "/usr/share", "/var/lib/containerd", "/var/lib/kubelet/pods",
    "/var/log/containers", "/var/log/pods",
)  # fmt: skip


def node_files(name: str) -> FileTree:
    """The files of a node when it is set up."""
    tree = FileTree()
    for path in _DIRECTORIES:
        tree.directory(path)
    tree.directory("/tmp").mode = 0o1777  # noqa: S108 (the simulated node's)
    tree.write("/etc/hostname", f"{name}\n".encode())
    tree.write("/etc/os-release", b'NAME="Podlab"\nPRETTY_NAME="Podlab (simulated)"\nID=podlab\n')
    tree.directory("/dev").entries.update(
        {kind: Device(kind=kind) for kind in ("full", "null", "urandom", "zero")}
    )
    return tree


def set_up(tree: FileTree, source: Json) -> str:
    """Check a `hostPath` volume, and make what it asks to be made; returns its path in the node's tree.

    Raises:
        ConfigError: what is there is of another kind, or nothing is.
    """
    path, kind = source["path"], source.get("type") or ""
    if tree.find(path) is None and kind in {"", "DirectoryOrCreate", "FileOrCreate"}:
        _make(tree, path, file=kind == "FileOrCreate")
    if kind in _ABSENT:
        raise ConfigError(f"hostPath type check failed: {path} is not a {_ABSENT[kind]}")
    if kind in _KINDS and not isinstance(tree.find(path), _KINDS[kind][0]):
        raise ConfigError(f"hostPath type check failed: {path} is not a {_KINDS[kind][1]}")
    return str(path)


def _make(tree: FileTree, path: str, *, file: bool) -> None:
    parts = path.strip("/").split("/")
    above = [tree.find("/" + "/".join(parts[:depth])) for depth in range(1, len(parts))]
    call = "open" if file else "mkdir"
    if any(each is not None and not isinstance(each, Directory) for each in above):
        raise ConfigError(f"{call} {path}: not a directory")
    if file and None in above:
        raise ConfigError(f"{call} {path}: no such file or directory")
    if file:
        tree.write(path, b"")
    else:
        tree.directory(path)

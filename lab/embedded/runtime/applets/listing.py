"""Applets that look at files: ls, stat, readlink, realpath."""

from __future__ import annotations

import datetime as dt
import posixpath
from typing import TYPE_CHECKING

from lab.embedded.clock.agenda import EPOCH
from lab.embedded.runtime.applets.options import Applet, Failed, Step, Usage, parse
from lab.embedded.runtime.fifos import Fifo
from lab.embedded.runtime.filesystem import Device, Directory, File, FileError, Node, Symlink

if TYPE_CHECKING:
    from collections.abc import Generator

    from lab.embedded.runtime.process import Process
    from lab.embedded.runtime.tasks import Reason, Syscall


def _ls(process: Process, arguments: list[str]) -> Step:
    options = parse(arguments, "1AaCxdLHRFplinshrSXvctukqw:T:", {"color": "q"})
    files, cwd, status = process.kernel.files, process.cwd, 0
    plain: list[tuple[str, Node]] = []
    directories: list[str] = []
    for path in options.operands or ["."]:
        try:
            node = files.node(path, cwd, follow="l" not in options or "L" in options or path.endswith("/"))
        except FileError as error:
            yield from process.complain(f"ls: {path}: {error}")
            status = 1
            continue
        if isinstance(node, Directory) and "d" not in options:
            directories.append(path)
        else:
            plain.append((path, node))
    for line in _lines(plain, options.flags):
        yield from process.print(line)
    headed = len(directories) + len(plain) > 1 or "R" in options
    for index, path in enumerate(directories):
        if headed:
            yield from process.print(("\n" if plain or index else "") + f"{path}:")
        entries, missing = yield from _entries(process, path, options.flags)
        status |= missing
        if "a" in options:
            here = files.node(path, cwd)
            entries = [(".", here), ("..", here), *entries]
        if "l" in options:
            yield from process.print(f"total {sum(_blocks(node) for _, node in entries)}")
        if "R" in options:
            directories += [posixpath.join(path, name) for name, node in entries
                            if isinstance(node, Directory) and name not in (".", "..")]  # fmt: skip
        for line in _lines(entries, options.flags):
            yield from process.print(line)
    return status


def _entries(
    process: Process, path: str, flags: set[str]
) -> Generator[Syscall, Reason, tuple[list[tuple[str, Node]], bool]]:
    """What a directory lists, and whether a link that `-L` follows led nowhere."""
    found: list[tuple[str, Node]] = []
    missing = False
    for name in sorted(process.kernel.files.names(path, process.cwd)):
        if name.startswith(".") and not {"a", "A"} & flags:
            continue
        place = posixpath.join(path, name)
        try:
            found.append((name, process.kernel.files.node(place, process.cwd, follow="L" in flags)))
        except FileError as error:
            yield from process.complain(f"ls: {place}: {error}")
            missing = True
    return found, missing


def _blocks(node: Node) -> int:
    return (
        (len(node.data) + 4095) // 4096 * 4
        if isinstance(node, File)
        else 4
        if isinstance(node, Directory)
        else 0
    )


def _lines(entries: list[tuple[str, Node]], flags: set[str]) -> list[str]:
    if "t" in flags:
        entries = sorted(entries, key=lambda entry: -entry[1].mtime)
    if "r" in flags:
        entries = list(reversed(entries))
    if "l" not in flags:
        return [
            name + ("/" if isinstance(node, Directory) and {"F", "p"} & flags else "")
            for name, node in entries
        ]
    out: list[str] = []
    for name, node in entries:
        moment = dt.datetime.fromtimestamp(EPOCH + node.mtime, dt.UTC)
        owner, group = (
            "root" if number == 0 and "n" not in flags else str(number) for number in (node.uid, node.gid)
        )
        size = _size(node)
        arrow = f" -> {node.target}" if isinstance(node, Symlink) else ""
        out.append(
            f"{permissions(node)} {node.links:>4} {owner:<8} {group:<8} {size:>9} "
            f"{moment:%b} {moment.day:>2} {moment:%H:%M} {name}{arrow}"
        )
    return out


def _size(node: Node) -> int:
    if isinstance(node, File):
        return len(node.data)
    if isinstance(node, Symlink):
        return len(node.target)
    return 4096 if isinstance(node, Directory) else 0


def permissions(node: Node) -> str:
    """`drwxr-xr-x`."""
    kinds = {Directory: "d", Symlink: "l", Device: "c", Fifo: "p"}
    kind = kinds.get(type(node), "-")
    bits = [letter if node.mode >> (8 - place) & 1 else "-" for place, letter in enumerate("rwxrwxrwx")]
    for place, bit, letter in ((2, 0o4000, "s"), (5, 0o2000, "s"), (8, 0o1000, "t")):
        if node.mode & bit:
            bits[place] = letter if bits[place] == "x" else letter.upper()
    return kind + "".join(bits)


_KINDS: dict[type[Node], str] = {
    Directory: "directory", Symlink: "symbolic link", Device: "character special file", Fifo: "fifo",
}  # fmt: skip


def _stat(process: Process, arguments: list[str]) -> Step:
    options = parse(arguments, "ltLc:f")
    for path in options.operands:
        try:
            node = process.kernel.files.node(path, process.cwd, follow="L" in options)
        except FileError as error:
            raise Failed(f"can't stat '{path}': {error}") from None
        size = len(node.data) if isinstance(node, File) else 4096
        mtime = int(EPOCH + node.mtime)
        facts = {
            "%n": path,
            "%s": str(size),
            "%a": f"{node.mode:o}",
            "%A": permissions(node),
            "%u": str(node.uid),
            "%U": "root" if node.uid == 0 else "UNKNOWN",
            "%Y": str(mtime),
            "%h": str(node.links),
            "%F": _KINDS.get(type(node), "regular file"),
            "%g": str(node.gid),
            "%y": f"{dt.datetime.fromtimestamp(mtime, dt.UTC):%Y-%m-%d %H:%M:%S}.000000000 +0000",
        }
        if "c" in options:
            shown = options.get("c")
            for key, value in facts.items():
                shown = shown.replace(key, value)
        else:
            kind = _KINDS.get(type(node), "regular file")
            shown = f"  File: {path}\n  Size: {size}\t{kind}\nAccess: ({node.mode:04o}/{permissions(node)})"
        yield from process.print(shown)
    return 0


def _readlink(process: Process, arguments: list[str]) -> Step:
    options = parse(arguments, "fnv")
    if len(options.operands) != 1:
        raise Usage("")
    path = options.operands[0]
    if "f" in options:
        try:
            yield from process.print(process.kernel.files.lookup(path, process.cwd).path)
        except FileError:
            return 1
        return 0
    node = process.kernel.files.exists(path, process.cwd, follow=False)
    if not isinstance(node, Symlink):
        return 1
    yield from process.print(node.target)
    return 0


APPLETS = (
    Applet("ls", "ls [-1AaCxdLHRFplinshrSXvctu] [-w WIDTH] [FILE]...", _ls),
    Applet("stat", "stat [-ltf] FILE...", _stat),
    Applet("readlink", "readlink [-fnv] FILE", _readlink),
    Applet("realpath", "realpath FILE...", lambda process, arguments: _readlink(process, ["-f", *arguments])),
)

"""The applet tar: what `kubectl cp` carries files with, in both directions."""

from __future__ import annotations

import io
import posixpath
import tarfile
from typing import TYPE_CHECKING

from lab.embedded.clock.agenda import EPOCH
from lab.embedded.runtime.applets.inputs import whole
from lab.embedded.runtime.applets.options import Applet, Failed, Options, Step, Usage, parse
from lab.embedded.runtime.filesystem import Directory, File, FileError, Node, Symlink

if TYPE_CHECKING:
    from collections.abc import Generator

    from lab.embedded.runtime.process import Process
    from lab.embedded.runtime.tasks import Reason, Syscall

_LONG = {
    "create": "c", "extract": "x", "list": "t", "file": "f", "directory": "C", "verbose": "v", "touch": "m",
    "to-stdout": "O", "no-same-owner": "o", "no-same-permissions": "p", "overwrite": "k",
}  # fmt: skip
_FIRST_OWN = 60
"""Descriptors from here on are the applet's own."""


def _tar(process: Process, arguments: list[str]) -> Step:
    if arguments and not arguments[0].startswith("-"):
        arguments = [f"-{arguments[0]}", *arguments[1:]]  # the old style: `tar cf - DIR`
    options = parse(arguments, "cxtf:C:vmOopk", _LONG)
    if len(options.flags & {"c", "x", "t"}) != 1:
        raise Usage("")
    base = posixpath.join(process.cwd, options.get("C", "."))
    if not isinstance(process.kernel.files.exists(base), Directory):
        raise Failed(f"can't change directory to '{options.get('C')}': No such file or directory")
    if "c" in options:
        return (yield from _create(process, options, base))
    try:
        content = yield from whole(process, options.get("f", "-"))
    except FileError as error:
        raise Failed(f"can't open '{options.get('f')}': {error}") from None
    return (yield from _unpack(process, options, content, base))


def _create(process: Process, options: Options, base: str) -> Step:
    if not options.operands:
        raise Failed("empty archive")
    packed, status, told = io.BytesIO(), 0, False
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for operand in options.operands:
            try:
                found = list(process.kernel.files.walk(posixpath.join(base, operand)))
            except FileError as error:
                yield from process.complain(f"tar: {operand}: {error}")
                status = 1
                continue
            if operand.startswith("/") and not told:
                yield from process.complain("tar: removing leading '/' from member names")
                told = True
            start = posixpath.join(base, operand)
            for path, node in found:
                yield from _add(process, archive, (operand + path[len(start) :]).lstrip("/"), node)
                if "v" in options:
                    yield from process.print(operand + path[len(start) :])
    target = options.get("f", "-")
    if target == "-":
        yield from process.write(1, packed.getvalue())
    else:
        yield from _write(process, posixpath.join(process.cwd, target), packed.getvalue())
    return status


def _add(
    process: Process, archive: tarfile.TarFile, name: str, node: Node
) -> Generator[Syscall, Reason, None]:
    member = tarfile.TarInfo(name or ".")
    member.mode, member.uid, member.gid = node.mode, node.uid, node.gid
    member.mtime = int(EPOCH + node.mtime)
    data = b""
    if isinstance(node, Directory):
        member.type = tarfile.DIRTYPE
    elif isinstance(node, Symlink):
        member.type, member.linkname = tarfile.SYMTYPE, node.target
    elif isinstance(node, File):
        data = bytes(node.data)
        member.size = len(data)
    else:
        return  # devices stay where they are
    archive.addfile(member, io.BytesIO(data))
    yield from process.compute(1 + len(data) // 4096, changed=True)


def _unpack(process: Process, options: Options, content: bytes, base: str) -> Step:
    try:
        archive = tarfile.open(fileobj=io.BytesIO(content), mode="r:")  # noqa: SIM115 (in memory)
        members = archive.getmembers()
    except tarfile.TarError:
        raise Failed("invalid tar magic" if content else "short read") from None
    wanted = options.operands
    for member in members:
        if wanted and not any(member.name == each or member.name.startswith(f"{each}/") for each in wanted):
            continue
        if ".." in member.name.split("/"):
            raise Failed(f"name with '..' skipped: '{member.name}'")
        if "t" in options or "v" in options:
            yield from process.print(member.name + ("/" if member.isdir() else ""))
        if "t" not in options:
            yield from _extract(process, options, archive, member, base)
    return 0


def _extract(
    process: Process, options: Options, archive: tarfile.TarFile, member: tarfile.TarInfo, base: str
) -> Generator[Syscall, Reason, None]:
    files, path = process.kernel.files, posixpath.join(base, member.name.lstrip("/"))
    source = archive.extractfile(member) if member.isreg() else None
    data = source.read() if source is not None else b""
    if "O" in options:
        yield from process.write(1, data)
        return
    try:
        _directories(process, path if member.isdir() else posixpath.dirname(path))
        if member.isreg():
            yield from _write(process, path, data)
        elif member.issym():
            if files.exists(path, follow=False) is not None:
                files.unlink(path, process.cwd, process.uid)
            files.insert(files.lookup(path, follow=False), Symlink(target=member.linkname), process.uid)
        node = files.exists(path, follow=False)
        if node is not None and not member.issym():
            node.mode = member.mode & ~process.umask
            if "m" not in options:
                node.mtime = member.mtime - EPOCH
    except FileError as error:
        raise Failed(f"can't open '{member.name}': {error}") from None


def _directories(process: Process, path: str) -> None:
    files, built = process.kernel.files, "/"
    for step in [each for each in path.split("/") if each and each != "."]:
        built = posixpath.join(built, step)
        if files.exists(built) is None:
            files.mkdir(built, process.cwd, process.uid)


def _write(process: Process, path: str, data: bytes) -> Generator[Syscall, Reason, None]:
    """Write a whole file.

    Raises:
        FileError: it cannot be written.
    """
    stream = process.open(path, write=True, read=False)
    fd = next(each for each in range(_FIRST_OWN, 1024) if each not in process.fds)
    process.install(fd, stream)
    try:
        yield from process.write(fd, data)
    finally:
        process.close(fd)


_USAGE = "tar c|x|t [-vmOo] [-f TARFILE] [-C DIR] [FILE]...\n\nCreate, extract, or list files from a tar file"
APPLETS = (Applet("tar", _USAGE, _tar),)

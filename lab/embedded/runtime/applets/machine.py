"""Applets about the machine and its disks: du, mount, top, uptime, arch, mkfifo, truncate and the like."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

from lab.embedded.clock.agenda import EPOCH
from lab.embedded.runtime.applets.inputs import whole
from lab.embedded.runtime.applets.options import Applet, Failed, Step, Usage, count, duration, parse
from lab.embedded.runtime.applets.system import human
from lab.embedded.runtime.fifos import Fifo
from lab.embedded.runtime.filesystem import Directory, File, FileError
from lab.embedded.runtime.kernel import NODE_MEMORY

if TYPE_CHECKING:
    from lab.embedded.runtime.filesystem import Node
    from lab.embedded.runtime.process import Process


def _octal(text: str, default: int) -> int:
    if text and not re.fullmatch(r"[0-7]{1,4}", text):
        raise Failed(f"invalid mode '{text}'")
    return int(text, 8) if text else default


def _du(process: Process, arguments: list[str]) -> Step:
    options = parse(arguments, "aHLdclsxhmkb")
    status = 0
    for start in options.operands or ["."]:
        try:
            found = list(process.kernel.files.walk(start, process.cwd))
        except FileError as error:
            yield from process.complain(f"du: {start}: {error}")
            status = 1
            continue
        yield from process.compute(len(found))
        for path, node in reversed(found):
            if path == start or ("s" not in options and (isinstance(node, Directory) or "a" in options)):
                below = path.rstrip("/") + "/"
                size = sum(_disk(each) for name, each in found if name == path or name.startswith(below))
                shown = human(size) if "h" in options else str(size // (1024**2 if "m" in options else 1024))
                yield from process.print(f"{shown}\t{path}")
    return status


def _disk(node: Node) -> int:
    """Bytes on a disk of 4-KiB blocks."""
    if isinstance(node, File):
        return -(-len(node.data) // 4096) * 4096
    return 4096 if isinstance(node, Directory) else 0


def _mount(process: Process, arguments: list[str]) -> Step:
    if [each for each in arguments if not each.startswith("-")]:
        raise Failed("permission denied (are you root?)")
    for path, mount in process.kernel.files.mounted():
        kind = {"/": "overlay", "/proc": "proc", "/dev": "tmpfs"}.get(path, mount.tree.medium)
        yield from process.print(
            f"{kind} on {path} type {kind} ({'ro' if mount.read_only else 'rw'},relatime)"
        )
    return 0


def _umount(process: Process, arguments: list[str]) -> Step:
    for path in parse(arguments, "rlfdnat:O:").operands:
        yield from process.complain(f"umount: can't unmount {path}: Operation not permitted")
    return 1


def _mountpoint(process: Process, arguments: list[str]) -> Step:
    options = parse(arguments, "qdxn")
    if len(options.operands) != 1:
        raise Usage("")
    path = options.operands[0]
    there = any(path.rstrip("/") == place.rstrip("/") for place, _ in process.kernel.files.mount_points())
    if process.kernel.files.exists(path, process.cwd) is None:
        raise Failed(f"{path}: No such file or directory")
    if "q" not in options:
        yield from process.print(f"{path} is {'' if there else 'not '}a mountpoint")
    return 0 if there else 1


def _top(process: Process, arguments: list[str]) -> Step:
    options = parse(arguments, "bmHn:d:")
    rounds = int(options.get("n", "0")) if options.get("n", "0").isdigit() else 0
    pause = duration(options.get("d", "5"))
    done = 0
    while True:
        used = process.kernel.memory_usage() // 1024
        total = NODE_MEMORY // 1024
        yield from process.print(f"Mem: {used}K used, {total - used}K free, 0K shrd, 0K buff, 0K cached")
        yield from process.print("CPU:   0% usr   0% sys   0% nic 100% idle   0% io   0% irq   0% sirq")
        yield from process.print(
            f"Load average: 0.00 0.00 0.00 1/{len(process.kernel.processes)} {process.pid}"
        )
        yield from process.print("  PID  PPID USER     STAT   VSZ %VSZ CPU %CPU COMMAND")
        for pid, each in sorted(process.kernel.processes.items()):
            parent, size = each.parent.pid if each.parent else 0, each.memory // 1024
            state = "R" if each is process else "S"
            owner = "root" if each.uid == 0 else str(each.uid)
            lead = f"{pid:>5} {parent:>5} {owner:<8} {state:<4} {size:>6} {100 * size // total:>3}%"
            yield from process.print(f"{lead}   0   0% {' '.join(each.argv)}")
        done += 1
        if done == rounds:
            return 0
        yield from process.sleep(pause)


def _uptime(process: Process, _arguments: list[str]) -> Step:
    at = dt.datetime.fromtimestamp(EPOCH + process.now(), dt.UTC)
    minutes = int(process.now() // 60)
    up = f"{minutes // 60}:{minutes % 60:02d}" if minutes >= 60 else f"{minutes} min"
    yield from process.print(f" {at:%H:%M:%S} up {up},  0 users,  load average: 0.00, 0.00, 0.00")
    return 0


def _arch(process: Process, _arguments: list[str]) -> Step:
    yield from process.print("x86_64")
    return 0


def _groups(process: Process, _arguments: list[str]) -> Step:
    yield from process.print("root" if process.uid == 0 else str(process.uid))
    return 0


def _mkfifo(process: Process, arguments: list[str]) -> Step:
    options = parse(arguments, "m:")
    if not options.operands:
        raise Usage("")
    status = 0
    for path in options.operands:
        try:
            place = process.kernel.files.lookup(path, process.cwd)
            mode = _octal(options.get("m", ""), 0o666 & ~process.umask)
            process.kernel.files.insert(
                place, Fifo(mode=mode, uid=process.uid, mtime=process.now()), process.uid
            )
        except FileError as error:
            yield from process.complain(f"mkfifo: {path}: {error}")
            status = 1
    return status


def _truncate(process: Process, arguments: list[str]) -> Step:
    options = parse(arguments, "cs:", {"size": "s", "no-create": "c"})
    match = re.fullmatch(r"([+-]?)(\d+[bkKmMgG]?)", options.get("s"))
    if match is None or not options.operands:
        raise Usage("")
    for path in options.operands:
        if "c" in options and process.kernel.files.exists(path, process.cwd) is None:
            continue
        try:
            process.open(path, write=True, truncate=False)
            node, tree = process.kernel.files.create(path, process.cwd, process.uid)
            size = count(match[2])
            size = len(node.data) + size if match[1] == "+" else len(node.data) - size if match[1] else size
            tree.grow(max(0, size) - len(node.data))
        except FileError as error:
            raise Failed(f"{path}: {error}") from None
        node.data[:] = node.data[: max(0, size)].ljust(max(0, size), b"\0")
        yield from process.compute(1, changed=True)
    return 0


def _unlink(process: Process, arguments: list[str]) -> Step:
    if len(arguments) != 1:
        raise Usage("")
    yield from process.compute(1, changed=True)
    try:
        process.kernel.files.unlink(arguments[0], process.cwd, process.uid)
    except FileError as error:
        raise Failed(f"can't remove file '{arguments[0]}': {error}") from None
    return 0


def _install(process: Process, arguments: list[str]) -> Step:
    options = parse(arguments, "cdDpsm:o:g:t:")
    mode = _octal(options.get("m", ""), 0o755)
    if "d" in options:
        for path in options.operands:
            process.kernel.files.root_tree.directory(path).mode = mode
        return 0
    if len(options.operands) != 2:
        raise Usage("")
    source, target = options.operands
    if isinstance(process.kernel.files.exists(target, process.cwd), Directory):
        target = f"{target}/{source.rsplit('/', 1)[-1]}"
    try:
        content = yield from whole(process, source)
        process.install(4, process.open(target, write=True))
    except FileError as error:
        raise Failed(f"can't open '{source}': {error}") from None
    yield from process.write(4, content)
    process.kernel.files.node(target, process.cwd).mode = mode
    return 0


APPLETS = (
    Applet("du", "du [-aHLdclsxhmk] [FILE]...", _du),
    Applet("mount", "mount [OPTIONS] [-o OPT] DEVICE NODE", _mount),
    Applet("umount", "umount [-rlfda] [-t FSTYPE] FILESYSTEM|DIRECTORY", _umount),
    Applet("mountpoint", "mountpoint [-q] { [-dn] DIR | -x DEVICE }", _mountpoint),
    Applet("top", "top [-bmH] [-n COUNT] [-d SECONDS]", _top),
    Applet("uptime", "uptime", _uptime),
    Applet("arch", "arch", _arch),
    Applet("groups", "groups [USER]", _groups),
    Applet("mkfifo", "mkfifo [-m MODE] NAME", _mkfifo),
    Applet("truncate", "truncate [-c] -s SIZE FILE...", _truncate),
    Applet("unlink", "unlink FILE", _unlink),
    Applet("install", "install [-cdDsp] [-o USER] [-g GRP] [-m MODE] [-t DIR] [SOURCE]... DEST", _install),
)

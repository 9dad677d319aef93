"""Applets that change files: mkdir, rm, mv, cp, touch, ln, chmod, chown, mktemp, dd, tee, truncate."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from lab.embedded.clock.agenda import EPOCH
from lab.embedded.runtime.applets.dates import read_time
from lab.embedded.runtime.applets.inputs import SPARE_FD, open_input
from lab.embedded.runtime.applets.options import Applet, Failed, Step, Usage, count, parse
from lab.embedded.runtime.filesystem import Directory, File, FileError, Node, Symlink
from lab.embedded.runtime.streams import FileStream

if TYPE_CHECKING:
    from collections.abc import Generator

    from lab.embedded.runtime.process import Process
    from lab.embedded.runtime.tasks import Reason, Syscall


def _mkdir(process: Process, arguments: list[str]) -> Step:
    options = parse(arguments, "pm:v", {"parents": "p", "mode": "m"})
    if not options.operands:
        raise Usage("")
    mode = int(options.get("m"), 8) if "m" in options else 0o777 & ~process.umask
    status = 0
    for path in options.operands:
        try:
            _make(process, path, mode, parents="p" in options)
        except FileError as error:
            yield from process.complain(f"mkdir: can't create directory '{path}': {error}")
            status = 1
        yield from process.compute(1, changed=True)
    return status


def _make(process: Process, path: str, mode: int, *, parents: bool) -> None:
    files = process.kernel.files
    if not parents:
        files.mkdir(path, process.cwd, process.uid, mode)
        return
    steps = [each for each in path.split("/") if each]
    built = "/" if path.startswith("/") else ""
    for step in steps:
        built = posixpath.join(built, step)
        node = files.lookup(built, process.cwd).node
        if node is None:
            files.mkdir(built, process.cwd, process.uid, mode)
        elif not isinstance(node, Directory):
            raise FileError("EEXIST")


def _rmdir(process: Process, arguments: list[str]) -> Step:
    options = parse(arguments, "p")
    status = 0
    for path in options.operands:
        try:
            process.kernel.files.names(path, process.cwd)  # ENOTDIR
            process.kernel.files.unlink(path, process.cwd, process.uid)
        except FileError as error:
            yield from process.complain(f"rmdir: '{path}': {error}")
            status = 1
    return status


def _rm(process: Process, arguments: list[str]) -> Step:
    options = parse(arguments, "rRfiv")
    recursive, force = "r" in options or "R" in options, "f" in options
    if not options.operands and not force:
        raise Usage("")
    status = 0
    for path in options.operands:
        try:
            yield from _remove(process, path, recursive=recursive)
            if "v" in options:
                yield from process.print(f"removed '{path}'")
        except FileError as error:
            if error.code in ("ENOENT", "ENOTDIR") and force:
                continue
            text = "is a directory" if error.code == "EISDIR" else None
            yield from process.complain(
                f"rm: '{path}' {text}" if text else f"rm: can't remove '{path}': {error}"
            )
            status = 1
    return status


def _remove(process: Process, path: str, *, recursive: bool) -> Generator[Syscall, Reason, None]:
    files = process.kernel.files
    node = files.node(path, process.cwd, follow=False)
    if isinstance(node, Directory):
        if not recursive:
            raise FileError("EISDIR")
        for name in files.names(path, process.cwd):
            yield from _remove(process, f"{path.rstrip('/')}/{name}", recursive=True)
    yield from process.compute(1, changed=True)
    files.unlink(path, process.cwd, process.uid)


def _mv(process: Process, arguments: list[str]) -> Step:
    options = parse(arguments, "finT")
    if len(options.operands) < 2:
        raise Usage("")
    *sources, target = options.operands
    status = 0
    for source in sources:
        try:
            process.kernel.files.rename(
                source, _into(process, source, target, sources), process.cwd, process.uid
            )
        except FileError as error:
            yield from process.complain(f"mv: can't rename '{source}': {error}")
            status = 1
        yield from process.compute(1, changed=True)
    return status


def _into(process: Process, source: str, target: str, sources: list[str]) -> str:
    if isinstance(process.kernel.files.exists(target, process.cwd), Directory):
        return f"{target.rstrip('/')}/{posixpath.basename(source.rstrip('/'))}"
    if len(sources) > 1:
        raise FileError("ENOTDIR")
    return target


def _cp(process: Process, arguments: list[str]) -> Step:
    options = parse(arguments, "arRdpfiLPTuv")
    if len(options.operands) < 2:
        raise Usage("")
    *sources, target = options.operands
    recursive = bool({"a", "r", "R"} & options.flags)
    status = 0
    for source in sources:
        try:
            goal = _into(process, source, target, sources)
            yield from _copy(
                process, source, goal, recursive=recursive, follow=not {"a", "d", "P"} & options.flags
            )
            if {"a", "p"} & options.flags:
                _preserve(process, source, goal)
        except FileError as error:
            omitted = error.code == "EISDIR"
            yield from process.complain(
                f"cp: omitting directory '{source}'"
                if omitted
                else f"cp: can't stat '{source}': {error}"
                if error.code == "ENOENT"
                else f"cp: can't create '{target}': {error}"
            )
            status = 1
    return status


def _preserve(process: Process, source: str, target: str) -> None:
    """Give a copy the time and the rights of what it was made of (`cp -p`)."""
    files = process.kernel.files
    old, new = files.exists(source, process.cwd), files.exists(target, process.cwd)
    if old is not None and new is not None:
        new.mtime, new.mode = old.mtime, old.mode
        if process.uid == 0:
            new.uid, new.gid = old.uid, old.gid


def _copy(
    process: Process, source: str, target: str, *, recursive: bool, follow: bool
) -> Generator[Syscall, Reason, None]:
    files = process.kernel.files
    node = files.node(source, process.cwd, follow=follow)
    yield from process.compute(1, changed=True)
    if isinstance(node, Directory):
        if not recursive:
            raise FileError("EISDIR")
        names = files.names(source, process.cwd)
        if files.lookup(target, process.cwd).node is None:
            files.mkdir(target, process.cwd, process.uid, node.mode)
        for name in names:
            yield from _copy(process, f"{source}/{name}", f"{target}/{name}", recursive=True, follow=False)
    elif isinstance(node, Symlink):
        files.insert(
            files.lookup(target, process.cwd, follow=False), Symlink(target=node.target), process.uid
        )
    elif isinstance(node, File):
        copy, tree = files.create(target, process.cwd, process.uid, node.mode)
        tree.grow(len(node.data) - len(copy.data))
        copy.data[:] = node.data
        copy.program, copy.mtime = node.program, process.now()
    else:
        process.install(SPARE_FD, process.open(source))
        process.install(SPARE_FD + 1, process.open(target, write=True))
        while chunk := (yield from process.read(SPARE_FD)):
            yield from process.write(SPARE_FD + 1, chunk)


def _touch(process: Process, arguments: list[str]) -> Step:
    options = parse(arguments, "acmhd:t:r:")
    if not options.operands:
        raise Usage("")
    given = options.get("d") or options.get("t")
    at = read_time(given, EPOCH + process.now()) - EPOCH if given else process.now()
    if "r" in options:
        at = process.kernel.files.node(options.get("r"), process.cwd).mtime
    status = 0
    for path in options.operands:
        try:
            node = process.kernel.files.lookup(path, process.cwd).node
            if node is None:
                if "c" in options:
                    continue
                node, _ = process.kernel.files.create(path, process.cwd, process.uid, 0o666 & ~process.umask)
            node.mtime = at
        except FileError as error:
            yield from process.complain(f"touch: {path}: {error}")
            status = 1
        yield from process.compute(1, changed=True)
    return status


def _ln(process: Process, arguments: list[str]) -> Step:
    yield from ()
    options = parse(arguments, "sfnvT")
    if not options.operands:
        raise Usage("")
    *sources, target = options.operands if len(options.operands) > 1 else [options.operands[0], "."]
    files = process.kernel.files
    for source in sources:
        goal = target if "n" in options else _into(process, source, target, sources)
        try:
            if "f" in options and files.exists(goal, process.cwd, follow=False) is not None:
                files.unlink(goal, process.cwd, process.uid)
            place = files.lookup(goal, process.cwd, follow=False)
            if "s" in options:
                files.insert(place, Symlink(target=source, mtime=process.now()), process.uid)
            else:
                node = files.node(source, process.cwd)
                files.insert(place, node, process.uid)
                node.links += 1
        except FileError as error:
            raise Failed(f"{goal}: {error}") from None
    return 0


def _chmod(process: Process, arguments: list[str]) -> Step:
    fixed = [
        "\0" + each if re.match(r"-[rwxXst]", each) and index == 0 else each
        for index, each in enumerate(arguments)
    ]
    options = parse(fixed, "Rvcf")
    if len(options.operands) < 2:
        raise Usage("")
    mode, *paths = options.operands
    status = 0
    for path in paths:
        try:
            nodes = process.kernel.files.walk(path, process.cwd) if "R" in options else [
                (path, process.kernel.files.node(path, process.cwd))]  # fmt: skip
            for _, node in nodes:
                _change_mode(process, node, mode.removeprefix("\0"))
        except FileError as error:
            yield from process.complain(f"chmod: {path}: {error}")
            status = 1
    return status


def _change_mode(process: Process, node: Node, mode: str) -> None:
    if process.uid != node.uid and "FOWNER" not in process.capabilities:
        raise FileError("EPERM")
    node.mode = _mode(mode, node.mode, directory=isinstance(node, Directory))


def _mode(text: str, mode: int, *, directory: bool) -> int:
    if re.fullmatch(r"[0-7]{1,4}", text):
        return int(text, 8)
    for clause in text.split(","):
        match = re.fullmatch(r"([ugoa]*)([-+=])([rwxXst]*)", clause)
        if match is None:
            raise Failed(f"invalid mode '{text}'")
        who, how, what = match.groups()
        bits = sum({"r": 4, "w": 2, "x": 1}.get(each, 0) for each in what if each != "X")
        if "X" in what and (directory or mode & 0o111):
            bits |= 1
        for kind, shift in (("u", 6), ("g", 3), ("o", 0)):
            if who and kind not in who and "a" not in who:
                continue
            if how == "=":
                mode &= ~(7 << shift)
            mode = mode & ~(bits << shift) if how == "-" else mode | bits << shift
    return mode


def _chown(process: Process, arguments: list[str]) -> Step:
    yield from ()
    options = parse(arguments, "Rhvcf")
    if len(options.operands) < 2:
        raise Usage("")
    owner, *paths = options.operands
    name, _, group = owner.replace(".", ":").partition(":")
    if name and not name.isdigit() and name != "root":
        raise Failed(f"unknown user {name}")
    for path in paths:
        nodes = process.kernel.files.walk(path, process.cwd) if "R" in options else [
            (path, process.kernel.files.node(path, process.cwd))]  # fmt: skip
        for _, node in nodes:
            if "CHOWN" not in process.capabilities:
                raise Failed(f"{path}: Operation not permitted")
            if name:
                node.uid = int(name) if name.isdigit() else 0
            if group:
                node.gid = int(group) if group.isdigit() else 0
    return 0


def _mktemp(process: Process, arguments: list[str]) -> Step:
    options = parse(arguments, "dqtup:")
    template = options.operands[0] if options.operands else "/tmp/tmp.XXXXXX"  # noqa: S108 (a file of the simulation)
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    path = re.sub(
        "X{6,}$", lambda match: "".join(process.kernel.rng.choice(letters) for _ in match.group()), template
    )
    if path == template:
        raise Failed("Invalid argument")
    if "d" in options:
        process.kernel.files.mkdir(path, process.cwd, process.uid, 0o700)
    else:
        process.kernel.files.create(path, process.cwd, process.uid, 0o600)
    yield from process.print(path)
    return 0


def _tee(process: Process, arguments: list[str]) -> Step:
    options = parse(arguments, "ai")
    status, fds = 0, [1]
    for path in options.operands:
        try:
            stream = process.open(path, write=True, append="a" in options, truncate="a" not in options)
        except FileError as error:
            yield from process.complain(f"tee: {path}: {error}")
            status = 1
            continue
        fds.append(max(*process.fds, 2) + 1)
        process.install(fds[-1], stream)
    while chunk := (yield from process.read(0)):
        for fd in fds:
            yield from process.write(fd, chunk)
    return status


def _dd(process: Process, arguments: list[str]) -> Step:
    known = {"if": "", "of": "", "bs": "512", "count": "", "skip": "0", "seek": "0", "conv": ""}
    for argument in arguments:
        name, equals, value = argument.partition("=")
        if not equals or name not in (*known, "status", "ibs", "obs", "iflag", "oflag"):
            raise Usage("")
        known[name] = value
    size = count(known["bs"])
    process.set_memory(process.memory + size)
    try:
        process.install(SPARE_FD, open_input(process, known["if"] or "-"))
    except FileError as error:
        raise Failed(f"can't open '{known['if']}': {error}") from None
    out = 1
    if known["of"]:
        out = SPARE_FD + 1
        process.install(out, process.open(known["of"], write=True, truncate="notrunc" not in known["conv"]))
        stream = process.stream(out)
        if isinstance(stream, FileStream):
            stream.offset = count(known["seek"]) * size
    left = count(known["count"]) * size if known["count"] else None
    done, skip = 0, count(known["skip"]) * size
    while left is None or done < left:
        chunk = yield from process.read(
            SPARE_FD, min(65536, skip or (left - done if left is not None else 65536))
        )
        if not chunk:
            break
        if skip:
            skip -= len(chunk)
            continue
        yield from process.write(out, chunk)
        done += len(chunk)
    blocks = f"{done // size}+{int(done % size > 0)}"
    yield from process.complain(f"{blocks} records in\n{blocks} records out\n{done} bytes copied")
    return 0


APPLETS = (
    Applet("mkdir", "mkdir [-m MODE] [-p] DIRECTORY...", _mkdir),
    Applet("rmdir", "rmdir [-p] DIRECTORY...", _rmdir),
    Applet("rm", "rm [-irf] FILE...", _rm),
    Applet("mv", "mv [-finT] SOURCE DEST", _mv),
    Applet("cp", "cp [-arPLHpfinlsTu] SOURCE DEST", _cp),
    Applet("touch", "touch [-cham] [-d DATE] [-t DATE] [-r FILE] FILE...", _touch),
    Applet("ln", "ln [-sfnbtv] [-S SUF] TARGET... LINK|DIR", _ln),
    Applet("chmod", "chmod [-Rcvf] MODE[,MODE]... FILE...", _chmod),
    Applet("chown", "chown [-Rhcvf]... USER[:[GRP]] FILE...", _chown),
    Applet("mktemp", "mktemp [-dt] [-p DIR] [TEMPLATE]", _mktemp),
    Applet("tee", "tee [-ai] [FILE]...", _tee),
    Applet("dd", "dd [if=FILE] [of=FILE] [bs=N] [count=N] [skip=N] [seek=N] [conv=notrunc]", _dd),
)

"""`mounttest`: file system types, modes, owners and contents of files (`agnhost/mounttest/mt.go`)."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING

from lab.embedded.runtime.daemons import golang
from lab.embedded.runtime.filesystem import Directory, File, FileError

if TYPE_CHECKING:
    from lab.embedded.runtime.daemons.agnhost.flags import Flags
    from lab.embedded.runtime.filesystem import Node
    from lab.embedded.runtime.process import Process
    from lab.embedded.runtime.tasks import Reason, Syscall

Work = Generator["Syscall", "Reason", bool]
NEW_CONTENT = "mount-tester new file\n"
FLAGS = {
    "fs_type": "", "new_file_0644": "", "new_file_0666": "", "new_file_0660": "", "new_file_0777": "",
    "file_mode": "", "file_perm": "", "file_owner": "", "file_content": "", "file_content_in_loop": "",
    "retry_time": "180", "break_on_expected_content": "true",
}  # fmt: skip
"""The flags, in the order their work is done."""
_EXT4 = 61267


def mounttest(process: Process, flags: Flags) -> Generator[Syscall, Reason, int]:
    """Does what each flag asks; 1 when one of them failed."""
    process.umask = 0
    good = True
    for name in FLAGS:
        path = flags.text(name)
        if not path or name in ("retry_time", "break_on_expected_content"):
            continue
        if name == "file_content_in_loop":
            good &= yield from _loop(
                process, path, flags.number("retry_time"), stop=flags.on("break_on_expected_content")
            )
        elif name.startswith("new_file_"):
            good &= yield from _new_file(process, path, int(name.rpartition("_")[2], 8))
        else:
            good &= yield from _WORK[name](process, path)
    return 0 if good else 1


def _say(process: Process, text: str) -> Generator[Syscall, Reason, None]:
    yield from process.write(1, text.encode("utf-8", "surrogateescape"))


def _type(process: Process, path: str) -> Work:
    try:
        where, mount = process.kernel.files.mount_of(path, process.cwd)
    except FileError as error:
        yield from _say(process, f'error from statfs("{path}"): {str(error).lower()}\n')
        return False
    shown = "tmpfs" if mount.tree.medium == "tmpfs" else str(_EXT4 if where != "/" else 2035054128)
    yield from _say(process, f'mount type of "{path}": {shown}\n')
    return True


def _stat(process: Process, path: str, word: str, show: Callable[[Node], str]) -> Work:
    try:
        node = process.kernel.files.node(path, process.cwd)
    except FileError as error:
        yield from _say(process, f'error from {word}("{path}"): {golang.path_error("stat", path, error)}\n')
        return False
    yield from _say(process, show(node))
    return True


def _permissions(node: Node) -> str:
    bits = "".join(letter if node.mode >> (8 - at) & 1 else "-" for at, letter in enumerate("rwxrwxrwx"))
    return f"-{bits}"


def _mode(node: Node) -> str:
    lead = "d" if isinstance(node, Directory) else "-"
    return ("t" if node.mode & 0o1000 else "") + lead + _permissions(node)[1:]


def _file_mode(process: Process, path: str) -> Work:
    return (yield from _stat(process, path, "Stat", lambda node: f'mode of file "{path}": {_mode(node)}\n'))


def _file_perm(process: Process, path: str) -> Work:
    return (
        yield from _stat(
            process, path, "Stat", lambda node: f'perms of file "{path}": {_permissions(node)}\n'
        )
    )


def _file_owner(process: Process, path: str) -> Work:
    def show(node: Node) -> str:
        return f'owner UID of "{path}": {node.uid}\nowner GID of "{path}": {node.gid}\n'

    return (yield from _stat(process, path, "stat", show))


def _content(process: Process, path: str) -> Work:
    text = _read(process, path)
    if isinstance(text, FileError):
        yield from _say(
            process, f'error reading file content for "{path}": {golang.path_error("open", path, text)}\n'
        )
        return False
    yield from _say(process, f'content of file "{path}": {text}\n')
    return True


def _read(process: Process, path: str) -> str | FileError:
    try:
        process.open(path)  # for its permissions
        node = process.kernel.files.node(path, process.cwd)
    except FileError as error:
        return error
    return node.data.decode("utf-8", "surrogateescape") if isinstance(node, File) else ""


def _new_file(process: Process, path: str, mode: int) -> Work:
    try:
        file, _ = process.kernel.files.create(path, process.cwd, process.uid, mode)
        process.install(3, process.open(path, write=True))
        yield from process.write(3, NEW_CONTENT.encode())
        process.close(3)
    except FileError as error:
        yield from _say(
            process, f'error writing new file "{path}": {golang.path_error("open", path, error)}\n'
        )
        return False
    del file
    return (yield from _content(process, path))


def _loop(process: Process, path: str, seconds: int, *, stop: bool) -> Work:
    began, good = process.now(), True
    while process.now() - began < seconds:
        text = _read(process, path)
        good = not isinstance(text, FileError)
        if isinstance(text, FileError):
            yield from _say(
                process, f"Error reading file {path}: {golang.path_error('open', path, text)}, retrying\n"
            )
        else:
            yield from _say(process, f'content of file "{path}": {text}\n')
            if stop and text == NEW_CONTENT:
                break
            if stop:
                yield from _say(process, f"Unexpected content. Expected: {NEW_CONTENT}. Retrying")
        yield from process.sleep(2.0)
    return good


_WORK: dict[str, Callable[[Process, str], Work]] = {
    "fs_type": _type,
    "file_mode": _file_mode,
    "file_perm": _file_perm,
    "file_owner": _file_owner,
    "file_content": _content,
}

"""Ordinary builtins of the shell: what ash keeps in the shell itself, for speed or because it must."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from lab.embedded.runtime.filesystem import Directory, FileError
from lab.embedded.runtime.shell import printing, testing
from lab.embedded.runtime.shell.control import AppletFailed, CommandFailed
from lab.embedded.runtime.shell.expansion import ExpansionFailed
from lab.embedded.runtime.shell.jobcontrol import background, foreground, jobs, kill, wait
from lab.embedded.runtime.shell.limits import ulimit, umask
from lab.embedded.runtime.shell.naming import alias, command, hash_, type_, unalias
from lab.embedded.runtime.shell.reading import getopts, read

if TYPE_CHECKING:
    from lab.embedded.runtime.shell.commands import CommandRunner
    from lab.embedded.runtime.shell.special import Builtin, Step


def _true(_shell: CommandRunner, _argv: list[str]) -> Step:
    yield from ()
    return 0


def _false(_shell: CommandRunner, _argv: list[str]) -> Step:
    yield from ()
    return 1


def _echo(shell: CommandRunner, argv: list[str]) -> Step:
    return (yield from _put(shell, printing.echo(argv[1:])))


def _put(shell: CommandRunner, text: str) -> Step:
    try:
        yield from shell.process.write(1, text.encode("utf-8", "surrogateescape"))
    except FileError as error:
        raise CommandFailed(f"write error: {error}") from None
    return 0


def _printf(shell: CommandRunner, argv: list[str]) -> Step:
    rest = argv[2:] if argv[1:2] == ["--"] else argv[1:]
    if not rest:
        raise AppletFailed("usage: printf FORMAT [ARGUMENT...]", 2)
    text, errors = printing.printf(rest[0], rest[1:])
    status = yield from _put(shell, text)
    for error in errors:
        yield from shell.process.complain(f"{shell.state.applet}: {error}")
        status = 1
    return status


def _test(shell: CommandRunner, argv: list[str]) -> Step:
    yield from ()
    words = argv[1:]
    closer = {"[": "]", "[[": "]]"}.get(argv[0])
    if closer is not None:
        if words[-1:] != [closer]:
            raise AppletFailed(f"missing {closer}", 2)
        words = words[:-1]
    try:
        return 0 if testing.evaluate(shell.process, words, double=argv[0] == "[[") else 1
    except testing.BadCondition as error:
        raise AppletFailed(str(error), 2) from None


def _cd(shell: CommandRunner, argv: list[str]) -> Step:
    process = shell.process
    physical = "-P" in argv[1:]
    rest = [each for each in argv[1:] if each not in ("-L", "-P", "--")]
    target = rest[0] if rest else shell.state.get("HOME")
    if target is None:
        return 0
    show = target == "-"
    if show:
        target = shell.state.get("OLDPWD") or process.cwd
    path = _destination(shell, target, physical=physical)
    try:
        process.kernel.files.names(path, process.cwd)
        path = process.kernel.files.lookup(path).path if physical else path
    except FileError as error:
        raise CommandFailed(f"can't cd to {target}: {error}", 2) from None
    old, process.cwd = process.cwd, path
    shell.assign("OLDPWD", old)
    shell.assign("PWD", path)
    if show:
        yield from process.print(path)
    return 0


def _destination(shell: CommandRunner, target: str, *, physical: bool) -> str:
    """The absolute path `cd` goes to: by names, or along the links themselves (`-P`), or below `CDPATH`."""
    process = shell.process
    if physical:
        return posixpath.join(process.cwd, target)
    if target[:1] not in ("/", "."):
        for each in (shell.state.get("CDPATH") or "").split(":"):
            below = posixpath.normpath(posixpath.join(process.cwd, each, target)).replace("//", "/")
            if each and isinstance(process.kernel.files.exists(below), Directory):
                return below
    return posixpath.normpath(posixpath.join(process.cwd, target)).replace("//", "/")


def _pwd(shell: CommandRunner, argv: list[str]) -> Step:
    process = shell.process
    path = process.kernel.files.lookup(process.cwd).path if "-P" in argv[1:] else process.cwd
    yield from process.print(path)
    return 0


def _let(shell: CommandRunner, argv: list[str]) -> Step:
    yield from ()
    value = 0
    if len(argv) < 2:
        raise CommandFailed("expression expected", 2)
    for expression in argv[1:]:
        try:
            value = shell.calculate(expression)
        except ExpansionFailed as error:
            raise CommandFailed(str(error), 2) from None
    return int(value == 0)


def _history(_shell: CommandRunner, _argv: list[str]) -> Step:
    """A shell that reads no terminal remembers nothing."""
    yield from ()
    return 0


BUILTINS: dict[str, Builtin] = {
    "true": _true, "false": _false, "echo": _echo, "printf": _printf, "test": _test, "[": _test, "[[": _test,
    "cd": _cd, "pwd": _pwd, "wait": wait, "kill": kill, "read": read, "type": type_, "command": command,
    "getopts": getopts, "let": _let, "umask": umask, "hash": hash_, "jobs": jobs, "ulimit": ulimit,
    "alias": alias, "unalias": unalias, "fg": foreground, "bg": background, "chdir": _cd, "history": _history,
}  # fmt: skip

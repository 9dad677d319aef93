"""Ordinary builtins of the shell: what ash keeps in the shell itself, for speed or because it must."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from lab.embedded.runtime.filesystem import FileError
from lab.embedded.runtime.shell import printing, testing
from lab.embedded.runtime.shell.control import CommandFailed
from lab.embedded.runtime.shell.reading import getopts, read
from lab.embedded.runtime.shell.special import SPECIAL

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
    return (yield from _put(shell, argv[0], printing.echo(argv[1:])))


def _put(shell: CommandRunner, _name: str, text: str) -> Step:
    try:
        yield from shell.process.write(1, text.encode("utf-8", "surrogateescape"))
    except FileError as error:
        raise CommandFailed(f"write error: {error}") from None
    return 0


def _printf(shell: CommandRunner, argv: list[str]) -> Step:
    if len(argv) < 2:
        yield from shell.process.complain("printf: usage: printf FORMAT [ARG]...")
        return 2
    text, errors = printing.printf(argv[1], argv[2:])
    status = yield from _put(shell, "printf", text)
    for error in errors:
        yield from shell.process.complain(f"{shell.state.name}: {error}")
        status = 1
    return status


def _test(shell: CommandRunner, argv: list[str]) -> Step:
    yield from ()
    words = argv[1:]
    closer = {"[": "]", "[[": "]]"}.get(argv[0])
    if closer is not None:
        if words[-1:] != [closer]:
            raise CommandFailed(f"missing {closer}", 2)
        words = words[:-1]
    try:
        return 0 if testing.evaluate(shell.process, words, double=argv[0] == "[[") else 1
    except testing.BadCondition as error:
        raise CommandFailed(str(error), 2) from None


def _cd(shell: CommandRunner, argv: list[str]) -> Step:
    rest = [each for each in argv[1:] if each not in ("-L", "-P")]
    target = rest[0] if rest else shell.state.get("HOME") or "/"
    show = target == "-"
    if show:
        target = shell.state.get("OLDPWD") or shell.process.cwd
    path = posixpath.normpath(posixpath.join(shell.process.cwd, target)).replace("//", "/")
    try:
        shell.process.kernel.files.names(path, shell.process.cwd)
    except FileError as error:
        failed = CommandFailed(f"cd: can't cd to {target}: {error}", 2)
        failed.builtin = "cd"
        raise failed from None
    old, shell.process.cwd = shell.process.cwd, path
    shell.assign("OLDPWD", old)
    shell.assign("PWD", path)
    if show:
        yield from shell.process.print(path)
    return 0


def _pwd(shell: CommandRunner, _argv: list[str]) -> Step:
    yield from shell.process.print(shell.process.cwd)
    return 0


def _wait(shell: CommandRunner, argv: list[str]) -> Step:
    process = shell.process
    if len(argv) == 1:
        while process.children:
            child = next(iter(process.children.values()))  # the others are looked at in their turn
            if child.status is not None:
                process.reap(child)
            elif process.pending:
                return (yield from _interrupted(shell))
            else:
                yield from process.wait(child.ended)
        return 0
    status = 0
    for argument in argv[1:]:
        pid = (
            shell.state.background
            if argument.startswith("%")
            else int(argument)
            if argument.isdigit()
            else None
        )
        if pid is None:
            raise CommandFailed(f"wait: Illegal number: {argument}", 2)
        waited = process.children.get(pid)
        if waited is None:
            status = 127
            continue
        child = waited
        while child.status is None:
            if process.pending:
                return (yield from _interrupted(shell))
            yield from process.wait(child.ended)
        process.reap(child)
        status = child.status.code
    return status


def _interrupted(shell: CommandRunner) -> Step:
    """A trapped signal ends `wait` at once with 128 + its number; then the trap runs."""
    number = shell.process.pending[0]
    shell.state.status = 128 + number
    yield from shell.run_traps()
    return 128 + number


def _kill(shell: CommandRunner, argv: list[str]) -> Step:
    from lab.embedded.runtime.applets.processes import send_signals  # noqa: PLC0415 (a cycle otherwise)

    arguments = [str(shell.state.background) if each.startswith("%") else each for each in argv[1:]]
    status = yield from send_signals(shell.process, arguments, shell.state.name)
    if shell.process.pending:
        yield from shell.run_traps()
    yield from shell.process.sleep_for_computing(0.0)
    return status


def _type(shell: CommandRunner, argv: list[str]) -> Step:
    status = 0
    for name in argv[1:]:
        found = _kind(shell, name)
        status = status if found else 127
        yield from shell.process.print(f"{name}{found}" if found else f"{name}: not found")
    return status


def _kind(shell: CommandRunner, name: str) -> str:
    if name in shell.state.functions:
        return " is a function"
    if name in SPECIAL:
        return " is a special shell builtin"
    if name in BUILTINS:
        return " is a shell builtin"
    path = _where(shell, name)
    return f" is {path}" if path else ""


def _where(shell: CommandRunner, name: str) -> str:
    process = shell.process
    try:
        return process.kernel.find(name, shell.state.get("PATH") or "", process.cwd, process.uid)
    except FileError:
        return ""


def _command(shell: CommandRunner, argv: list[str]) -> Step:
    rest = argv[1:]
    if rest[:1] == ["-v"] or rest[:1] == ["-V"]:
        for name in rest[1:]:
            known = name in shell.state.functions or name in SPECIAL or name in BUILTINS
            where = name if known else _where(shell, name)
            if not where:
                return 127
            yield from shell.process.print(where if rest[0] == "-v" else name + _kind(shell, name))
        return 0
    if rest[:1] == ["-p"]:
        rest = rest[1:]
    if not rest:
        return 0
    builtin = SPECIAL.get(rest[0]) or BUILTINS.get(rest[0])
    return (yield from (builtin(shell, rest) if builtin else shell.external(rest, {})))


def _let(shell: CommandRunner, argv: list[str]) -> Step:
    yield from ()
    value = 0
    for expression in argv[1:]:
        value = shell.calculate(expression)
    return int(value == 0)


def _umask(shell: CommandRunner, argv: list[str]) -> Step:
    if len(argv) == 1:
        yield from shell.process.print(f"{shell.process.umask:04o}")
    elif re.fullmatch(r"[0-7]{1,4}", argv[1]):
        shell.process.umask = int(argv[1], 8)
    else:
        raise CommandFailed(f"umask: illegal mode: {argv[1]}", 2)
    return 0


def _ulimit(shell: CommandRunner, argv: list[str]) -> Step:
    """Limits are shown as containerd sets them; a new one is taken without effect."""
    if len(argv) < 3:
        known = {"-n": "1048576", "-u": "unlimited", "-c": "unlimited"}
        yield from shell.process.print(known.get(argv[1] if len(argv) > 1 else "", "unlimited"))
    return 0


def _refused(_shell: CommandRunner, argv: list[str]) -> Step:
    yield from ()
    raise CommandFailed(f"{argv[0]}: not available in the simulation", 1)


def _hash(_shell: CommandRunner, _argv: list[str]) -> Step:
    yield from ()
    return 0


def _jobs(shell: CommandRunner, _argv: list[str]) -> Step:
    for number, child in enumerate(shell.process.children.values(), 1):
        state = "Running" if child.status is None else "Done"
        yield from shell.process.print(f"[{number}]  {state}                    {' '.join(child.argv)}")
    return 0


BUILTINS: dict[str, Builtin] = {
    "true": _true, "false": _false, "echo": _echo, "printf": _printf, "test": _test, "[": _test, "[[": _test,
    "cd": _cd, "pwd": _pwd, "wait": _wait, "kill": _kill, "read": read, "type": _type,
    "command": _command, "getopts": getopts, "let": _let, "umask": _umask, "hash": _hash, "jobs": _jobs,
    "ulimit": _ulimit, "alias": _refused, "unalias": _refused, "fg": _refused, "bg": _refused,
}  # fmt: skip

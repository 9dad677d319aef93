"""Special builtins of the shell (POSIX 2.14): their errors end a script, assignments before them stay."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

from lab.embedded.runtime import signals
from lab.embedded.runtime.filesystem import File, FileError
from lab.embedded.runtime.shell.control import CommandFailed, Leave, LoopControl, Return
from lab.embedded.runtime.shell.quoting import quoted
from lab.embedded.runtime.shell.state import HOW, OPTION_LETTERS, OPTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from lab.embedded.runtime.shell.commands import CommandRunner
    from lab.embedded.runtime.tasks import Reason, Syscall

Step: TypeAlias = "Generator[Syscall, Reason, int]"
Builtin: TypeAlias = "Callable[[CommandRunner, list[str]], Step]"

_READ = 32
"""Characters of a program that cost as much to read as one command."""
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


def _number(argv: list[str], default: int) -> int:
    if len(argv) < 2:
        return default
    if not re.fullmatch(r"\d+", argv[1]):
        raise CommandFailed(f"Illegal number: {argv[1]}", 2, fatal=True)
    return int(argv[1])


def _colon(_shell: CommandRunner, _argv: list[str]) -> Step:
    yield from ()
    return 0


def _exit(shell: CommandRunner, argv: list[str]) -> Step:
    yield from ()
    raise Leave(_number(argv, shell.state.status) & 0xFF)


def _return(shell: CommandRunner, argv: list[str]) -> Step:
    yield from ()
    raise Return(_number(argv, shell.state.status) & 0xFF)


def _loop_control(shell: CommandRunner, argv: list[str]) -> Step:
    yield from ()
    levels = _number(argv, 1)
    if levels < 1:
        raise CommandFailed(f"Illegal number: {argv[1]}", 2, fatal=True)
    if shell.loops:
        raise LoopControl(min(levels, shell.loops), again=argv[0] == "continue")
    return 0


def _exec(shell: CommandRunner, argv: list[str]) -> Step:
    yield from ()
    name = argv[2] if argv[1:2] == ["-a"] and len(argv) > 3 else None
    shell.replace(argv[3:] if name else argv[1:], name)
    return 0


def _eval(shell: CommandRunner, argv: list[str]) -> Step:
    text = " ".join(argv[1:])
    if not text.strip():
        return 0
    shell.process.cpu.owe(2 + len(text) // _READ)
    return (yield from shell.run_text(text))


def _dot(shell: CommandRunner, argv: list[str]) -> Step:
    if len(argv) < 2:  # ash ends without a word
        raise CommandFailed("", 2, fatal=True)
    process, name = shell.process, argv[1]
    path = name if "/" in name else _on_path(shell, name)
    try:
        content = (process.open(path).try_read(1 << 24) or b"").decode("utf-8", "surrogateescape")
    except FileError as error:
        raise CommandFailed(f"can't open '{name}': {error}", 2, fatal=True) from None
    outer = shell.state.positional
    shell.state.positional = argv[2:] or outer
    line, calls = shell.line, shell.sourcing
    shell.running, shell.sourcing = name, calls + 1
    try:
        status = yield from shell.run_text(content, line=1)
    except Return as leave:
        status = leave.status
    shell.line, shell.sourcing = line, calls
    if argv[2:]:
        shell.state.positional = outer
    return status


def _on_path(shell: CommandRunner, name: str) -> str:
    """The file `.` means by a name without a slash, which need not be executable."""
    files, cwd = shell.process.kernel.files, shell.process.cwd
    for each in (shell.state.get("PATH") or "").split(":"):
        path = f"{each or '.'}/{name}"
        if name and isinstance(files.exists(path, cwd), File):
            return path
    raise CommandFailed(f"{name}: not found", 2, fatal=True)


def _export(shell: CommandRunner, argv: list[str]) -> Step:
    marks = shell.state.exported if argv[0] == "export" else shell.state.readonly
    arguments = argv[1:]
    if arguments[:1] == ["-n"]:
        for name in arguments[1:]:
            shell.state.exported.discard(name)
        return 0
    if not arguments or arguments == ["-p"]:
        for name in sorted(marks):
            value = shell.state.get(name)
            yield from shell.process.print(
                f"{argv[0]} {name}" + ("" if value is None else f"={quoted(value)}")
            )
        return 0
    for argument in arguments:
        name, equals, value = argument.partition("=")
        if not _NAME.match(name):
            raise CommandFailed(f"{name}: bad variable name", 2, fatal=True)
        if equals:
            shell.assign(name, value)
        marks.add(name)
    return 0


def _local(shell: CommandRunner, argv: list[str]) -> Step:
    yield from ()
    if not shell.state.scopes:
        raise CommandFailed("not in a function", 2, fatal=True)
    for argument in argv[1:]:
        name, equals, value = argument.partition("=")
        if not _NAME.match(name):
            raise CommandFailed(f"{name}: bad variable name", 2, fatal=True)
        shell.state.declare_local(name)
        if equals:
            shell.assign(name, value)
    return 0


def _unset(shell: CommandRunner, argv: list[str]) -> Step:
    yield from ()
    functions = "-f" in argv[1:2]
    for name in argv[1:]:
        if name in ("-f", "-v"):
            continue
        if functions:
            shell.state.functions.pop(name, None)
        elif not _NAME.match(name):
            raise CommandFailed(f"{name}: bad variable name", 2, fatal=True)
        else:
            shell.state.drop(name)
    return 0


def _set(shell: CommandRunner, argv: list[str]) -> Step:
    if len(argv) == 1:
        for name in sorted(shell.state.variables):
            yield from shell.process.print(f"{name}={quoted(shell.state.variables[name])}")
        return 0
    rest = argv[1:]
    while rest and rest[0][:1] in ("-", "+") and rest[0] != "+":
        word = rest.pop(0)
        if word in ("--", "-"):
            shell.state.positional = rest if rest or word == "--" else shell.state.positional
            shell.state.options -= {"xtrace", "verbose"} if word == "-" else set()
            return 0
        for letter in word[1:]:
            yield from _set_option(shell, letter, rest, on=word[0] == "-")
    if rest:
        shell.state.positional = rest
    return 0


def _set_option(
    shell: CommandRunner, letter: str, rest: list[str], *, on: bool
) -> Generator[Syscall, Reason, None]:
    options, name = shell.state.options, OPTION_LETTERS.get(letter)
    if letter == "o" and not rest:
        for each in OPTIONS:
            state = "on" if each in options else "off"
            text = f"{each:<16}{state}" if on else f"set {'-' if each in options else '+'}o {each}"
            yield from shell.process.print(text)
        return
    if letter == "o":
        name = rest.pop(0)
        if name not in OPTIONS:
            raise CommandFailed(f"illegal option {'-' if on else '+'}o {name}", 1)
    if name is None or name in HOW:
        raise CommandFailed(f"illegal option {'-' if on else '+'}{letter}", 2, fatal=True)
    (options.add if on else options.discard)(name)


def _shift(shell: CommandRunner, argv: list[str]) -> Step:
    yield from ()
    count = _number(argv, 1)
    if count > len(shell.state.positional):
        return 1
    shell.state.positional = shell.state.positional[count:]
    return 0


def _trap(shell: CommandRunner, argv: list[str]) -> Step:
    traps = shell.state.traps
    arguments = argv[2:] if argv[1:2] == ["--"] else argv[1:]
    if not arguments:
        for number, action in sorted(traps.items()):
            name = {0: "EXIT", signals.ERR: "ERR"}.get(number) or signals.NAMES[number]
            yield from shell.process.print(f"trap -- {quoted(action)} {name}")
        return 0
    if arguments[0].startswith("-") and len(arguments[0]) > 1 and argv[1:2] != ["--"]:
        raise CommandFailed(f"illegal option -{arguments[0][1]}", 2, fatal=True)
    reset = len(arguments) == 1 or arguments[0] == "-" or arguments[0].isdigit()
    names = arguments[1:] if arguments[0] == "-" or not reset else arguments
    status = 0
    for name in names:
        found = signals.ERR if name == "ERR" else signals.parse(name)
        if found is None:
            yield from shell.complain(f"{name}: invalid signal specification")
            status = 1
            continue
        _set_trap(shell, found, None if reset else arguments[0])
    return status


def _set_trap(shell: CommandRunner, number: int, action: str | None) -> None:
    process = shell.process
    if action is None:
        shell.state.traps.pop(number, None)
    else:
        shell.state.traps[number] = action
    if number in (0, signals.ERR, signals.KILL, signals.STOP):
        return
    (process.ignored.add if action == "" else process.ignored.discard)(number)
    (process.handled.add if action else process.handled.discard)(number)


def _times(shell: CommandRunner, _argv: list[str]) -> Step:
    yield from shell.process.print("0m0.000s 0m0.000s\n0m0.000s 0m0.000s")
    return 0


SPECIAL: dict[str, Builtin] = {
    ":": _colon, ".": _dot, "source": _dot, "break": _loop_control, "continue": _loop_control, "eval": _eval,
    "exec": _exec, "exit": _exit, "export": _export, "readonly": _export, "return": _return, "set": _set,
    "shift": _shift, "times": _times, "trap": _trap, "unset": _unset, "local": _local,
}  # fmt: skip

"""The builtins about what a name means: `type`, `command`, `hash`, `alias`, `unalias`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.embedded.runtime.filesystem import FileError
from lab.embedded.runtime.shell.control import CommandFailed
from lab.embedded.runtime.shell.quoting import quoted
from lab.embedded.runtime.shell.scanner import RESERVED
from lab.embedded.runtime.shell.special import SPECIAL
from lab.embedded.runtime.shell.state import bucket

if TYPE_CHECKING:
    from lab.embedded.runtime.shell.commands import CommandRunner
    from lab.embedded.runtime.shell.special import Builtin, Step


def _ordinary() -> dict[str, Builtin]:
    from lab.embedded.runtime.shell.builtins import BUILTINS  # noqa: PLC0415 (that table has these, too)

    return BUILTINS


def _kind(shell: CommandRunner, name: str) -> str:
    """What `type` says after a name; empty: it means nothing."""
    if name in RESERVED:
        return " is a shell keyword"
    if name in shell.state.aliases:
        return f" is an alias for {shell.state.aliases[name]}"
    if name in shell.state.functions:
        return " is a function"
    if name in SPECIAL:
        return " is a special shell builtin"
    if name in _ordinary():
        return " is a shell builtin"
    path = _where(shell, name)
    return f" is {path}" if path else ""


def _where(shell: CommandRunner, name: str) -> str:
    process = shell.process
    try:
        return process.kernel.find(name, shell.state.get("PATH") or "", process.cwd, process.uid)
    except FileError:
        return ""


def type_(shell: CommandRunner, argv: list[str]) -> Step:
    """`type [-p] NAME…`."""
    status = 0
    paths = argv[1:2] == ["-p"]
    for name in argv[2:] if paths else argv[1:]:
        found = _kind(shell, name)
        status = status if found else 127
        text = _where(shell, name) if paths else f"{name}{found or ': not found'}"
        if text:
            yield from shell.process.print(text)
    return status


def command(shell: CommandRunner, argv: list[str]) -> Step:
    """`command [-p] NAME [WORD]…`, which skips functions, and `command -v NAME`."""
    rest = argv[1:]
    if rest[:1] in (["-v"], ["-V"]) and len(rest) > 1:
        name, kind = rest[1], _kind(shell, rest[1])
        if not kind:
            if rest[0] == "-V":
                yield from shell.process.complain(f"{name}: not found")
            return 127
        if rest[0] == "-V":
            text = name + kind
        elif name in shell.state.aliases:
            text = f"alias {name}={quoted(shell.state.aliases[name])}"
        else:
            text = kind.removeprefix(" is ") if kind.startswith(" is /") else name
        yield from shell.process.print(text)
        return 0
    if rest[:1] == ["-p"]:
        rest = rest[1:]
    if not rest:
        return 0
    builtin = SPECIAL.get(rest[0]) or _ordinary().get(rest[0])
    return (yield from (shell.builtin(builtin, rest) if builtin else shell.external(rest, {})))


def hash_(shell: CommandRunner, argv: list[str]) -> Step:
    """`hash [-r] [NAME]…`: where programs are is looked up anew each time, so nothing is remembered."""
    yield from ()
    for name in argv[1:]:
        if name != "-r" and not _kind(shell, name):
            raise CommandFailed(f"{name}: not found", 1)
    return 0


def alias(shell: CommandRunner, argv: list[str]) -> Step:
    """`alias [NAME[=VALUE]]…`; what is set counts from the next line on."""
    aliases, status = shell.state.aliases, 0
    for name, value in sorted(aliases.items(), key=lambda each: bucket(each[0])) if len(argv) == 1 else ():
        yield from shell.process.print(f"{name}={quoted(value)}")
    for argument in argv[1:]:
        name, equals, value = argument.partition("=")
        if equals and name:
            aliases[name] = value
        elif name in aliases:
            yield from shell.process.print(f"{name}={quoted(aliases[name])}")
        else:
            yield from shell.process.complain(f"alias: {argument} not found")
            status = 1
    return status


def unalias(shell: CommandRunner, argv: list[str]) -> Step:
    """`unalias -a`, `unalias NAME…`."""
    status = 0
    for name in argv[1:]:
        if name == "-a":
            shell.state.aliases.clear()
        elif shell.state.aliases.pop(name, None) is None:
            yield from shell.process.complain(f"unalias: {name} not found")
            status = 1
    return status

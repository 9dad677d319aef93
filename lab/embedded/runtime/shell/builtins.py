"""Builtins of the shell: what must run in the shell itself, and what ash keeps there for speed.

`SPECIAL` builtins' errors end a script, and assignments before them stay (POSIX 2.14).
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, TypeAlias

from lab.embedded.runtime import signals
from lab.embedded.runtime.filesystem import Directory, FileError
from lab.embedded.runtime.shell import printing, testing
from lab.embedded.runtime.shell.control import CommandFailed, Leave, LoopControl, Return
from lab.embedded.runtime.shell.state import OPTION_LETTERS, OPTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from lab.embedded.runtime.process import Process
    from lab.embedded.runtime.shell.interpreter import Interpreter
    from lab.embedded.runtime.tasks import Reason, Syscall

Step: TypeAlias = "Generator[Syscall, Reason, int]"
Builtin: TypeAlias = "Callable[[Interpreter, list[str]], Step]"

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


def _number(argv: list[str], default: int) -> int:
    if len(argv) < 2:
        return default
    if not re.fullmatch(r"-?\d+", argv[1]):
        raise CommandFailed(f"{argv[0]}: Illegal number: {argv[1]}", 2, fatal=True)
    return int(argv[1])


def _colon(shell: Interpreter, argv: list[str]) -> Step:
    yield from ()
    return 0


def _false(shell: Interpreter, argv: list[str]) -> Step:
    yield from ()
    return 1


def _exit(shell: Interpreter, argv: list[str]) -> Step:
    yield from ()
    raise Leave(_number(argv, shell.state.status) & 0xFF)


def _return(shell: Interpreter, argv: list[str]) -> Step:
    yield from ()
    raise Return(_number(argv, shell.state.status) & 0xFF)


def _loop_control(shell: Interpreter, argv: list[str]) -> Step:
    yield from ()
    levels = _number(argv, 1)
    if levels < 1:
        raise CommandFailed(f"{argv[0]}: Illegal number: {argv[1]}", 2, fatal=True)
    if shell.loops:
        raise LoopControl(min(levels, shell.loops), again=argv[0] == "continue")
    return 0


def _exec(shell: Interpreter, argv: list[str]) -> Step:
    yield from ()
    shell.replace(argv[1:])
    return 0


def _eval(shell: Interpreter, argv: list[str]) -> Step:
    text = " ".join(argv[1:])
    if not text.strip():
        return 0
    return (yield from shell.run_text(text))


def _dot(shell: Interpreter, argv: list[str]) -> Step:
    if len(argv) < 2:
        raise CommandFailed(".: filename argument required", 2, fatal=True)
    process = shell.process
    candidates = [argv[1]]
    if "/" not in argv[1]:
        candidates = [
            f"{each or '.'}/{argv[1]}" for each in (shell.state.get("PATH") or "").split(":")
        ] + candidates
    content = next((each for each in (_read(process, path) for path in candidates) if each is not None), None)
    if content is None:
        raise CommandFailed(f".: can't open '{argv[1]}': No such file or directory", 2, fatal=True)
    try:
        return (yield from shell.run_text(content))
    except Return as leave:
        return leave.status


def _read(process: Process, path: str) -> str | None:
    try:
        stream = process.open(path)
        return (stream.try_read(1 << 24) or b"").decode("utf-8", "surrogateescape")
    except FileError:
        return None


def _export(shell: Interpreter, argv: list[str]) -> Step:
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
                f"{argv[0]} {name}" + ("" if value is None else f"={_quoted(value)}")
            )
        return 0
    for argument in arguments:
        name, equals, value = argument.partition("=")
        if not _NAME.match(name):
            raise CommandFailed(f"{argv[0]}: {argument}: bad variable name", 2, fatal=True)
        if equals:
            shell.assign(name, value)
        marks.add(name)
    return 0


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "'\"'\"'") + "'"


def _local(shell: Interpreter, argv: list[str]) -> Step:
    yield from ()
    if not shell.state.scopes:
        raise CommandFailed("local: not in a function", 2, fatal=True)
    for argument in argv[1:]:
        name, equals, value = argument.partition("=")
        if not _NAME.match(name):
            raise CommandFailed(f"local: {argument}: bad variable name", 2, fatal=True)
        shell.state.declare_local(name)
        if equals:
            shell.assign(name, value)
    return 0


def _unset(shell: Interpreter, argv: list[str]) -> Step:
    yield from ()
    functions = "-f" in argv[1:2]
    for name in argv[1:]:
        if name in ("-f", "-v"):
            continue
        if functions:
            shell.state.functions.pop(name, None)
        elif not _NAME.match(name):
            raise CommandFailed(f"unset: {name}: bad variable name", 2, fatal=True)
        else:
            shell.state.drop(name)
    return 0


def _set(shell: Interpreter, argv: list[str]) -> Step:
    if len(argv) == 1:
        for name in sorted(shell.state.variables):
            yield from shell.process.print(f"{name}={_quoted(shell.state.variables[name])}")
        return 0
    rest = argv[1:]
    while rest and rest[0][:1] in ("-", "+") and len(rest[0]) > 1:
        word = rest.pop(0)
        if word == "--":
            shell.state.positional = rest
            return 0
        for letter in word[1:]:
            _set_option(shell, letter, rest, on=word[0] == "-")
    if rest:
        shell.state.positional = rest
    return 0


def _set_option(shell: Interpreter, letter: str, rest: list[str], *, on: bool) -> None:
    name = OPTION_LETTERS.get(letter)
    if letter == "o" and rest:
        name = rest.pop(0)
        if name not in OPTIONS:
            raise CommandFailed(f"set: illegal option {'-' if on else '+'}o {name}", 2, fatal=True)
    elif letter == "o":
        return
    if name is None:
        raise CommandFailed(f"set: illegal option -{letter}", 2, fatal=True)
    (shell.state.options.add if on else shell.state.options.discard)(name)


def _shift(shell: Interpreter, argv: list[str]) -> Step:
    yield from ()
    count = _number(argv, 1)
    if count > len(shell.state.positional):
        return 1
    shell.state.positional = shell.state.positional[count:]
    return 0


def _trap(shell: Interpreter, argv: list[str]) -> Step:
    traps = shell.state.traps
    arguments = argv[2:] if argv[1:2] == ["--"] else argv[1:]
    if not arguments:
        for number, action in sorted(traps.items()):
            name = signals.NAMES.get(number, "EXIT")
            yield from shell.process.print(f"trap -- {_quoted(action)} {name}")
        return 0
    reset = len(arguments) == 1 or arguments[0] == "-" or arguments[0].isdigit()
    names = arguments[1:] if arguments[0] == "-" or not reset else arguments
    status = 0
    for name in names:
        found = signals.parse(name)
        if found is None:
            yield from shell.complain(f"trap: {name}: invalid signal specification")
            status = 1
            continue
        _set_trap(shell, found, None if reset else arguments[0])
    return status


def _set_trap(shell: Interpreter, number: int, action: str | None) -> None:
    process = shell.process
    if action is None:
        shell.state.traps.pop(number, None)
    else:
        shell.state.traps[number] = action
    if number in (0, signals.KILL, signals.STOP):
        return
    (process.ignored.add if action == "" else process.ignored.discard)(number)
    (process.handled.add if action else process.handled.discard)(number)


def _times(shell: Interpreter, argv: list[str]) -> Step:
    yield from shell.process.print("0m0.000s 0m0.000s\n0m0.000s 0m0.000s")
    return 0


SPECIAL: dict[str, Builtin] = {
    ":": _colon, ".": _dot, "source": _dot, "break": _loop_control, "continue": _loop_control, "eval": _eval,
    "exec": _exec, "exit": _exit, "export": _export, "readonly": _export, "return": _return, "set": _set,
    "shift": _shift, "times": _times, "trap": _trap, "unset": _unset, "local": _local,
}  # fmt: skip


# -- ordinary builtins --------------------------------------------------------------------------------------


def _echo(shell: Interpreter, argv: list[str]) -> Step:
    return (yield from _put(shell, argv[0], printing.echo(argv[1:])))


def _put(shell: Interpreter, name: str, text: str) -> Step:
    try:
        yield from shell.process.write(1, text.encode("utf-8", "surrogateescape"))
    except FileError as error:
        raise CommandFailed(f"write error: {error}") from None
    return 0


def _printf(shell: Interpreter, argv: list[str]) -> Step:
    if len(argv) < 2:
        yield from shell.process.complain("printf: usage: printf FORMAT [ARG]...")
        return 2
    text, errors = printing.printf(argv[1], argv[2:])
    status = yield from _put(shell, "printf", text)
    for error in errors:
        yield from shell.process.complain(f"{shell.state.name}: {error}")
        status = 1
    return status


def _test(shell: Interpreter, argv: list[str]) -> Step:
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


def _cd(shell: Interpreter, argv: list[str]) -> Step:
    rest = [each for each in argv[1:] if each not in ("-L", "-P")]
    target = rest[0] if rest else shell.state.get("HOME") or "/"
    show = target == "-"
    if show:
        target = shell.state.get("OLDPWD") or shell.process.cwd
    path = posixpath.normpath(posixpath.join(shell.process.cwd, target)).replace("//", "/")
    try:
        node = shell.process.kernel.files.node(path, shell.process.cwd)
        if not isinstance(node, Directory):
            raise FileError("ENOTDIR")
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


def _pwd(shell: Interpreter, argv: list[str]) -> Step:
    yield from shell.process.print(shell.process.cwd)
    return 0


def _wait(shell: Interpreter, argv: list[str]) -> Step:
    process = shell.process
    if len(argv) == 1:
        while running := [each for each in process.children.values() if each.status is None]:
            if process.pending:
                return (yield from _interrupted(shell))
            yield from process.wait(*(each.ended for each in running))
        for over in list(process.children.values()):
            process.reap(over)
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


def _interrupted(shell: Interpreter) -> Step:
    """A trapped signal ends `wait` at once with 128 + its number; then the trap runs."""
    number = shell.process.pending[0]
    shell.state.status = 128 + number
    yield from shell.run_traps()
    return 128 + number


def _kill(shell: Interpreter, argv: list[str]) -> Step:
    from lab.embedded.runtime.applets.processes import send_signals

    arguments = [str(shell.state.background) if each.startswith("%") else each for each in argv[1:]]
    status = yield from send_signals(shell.process, arguments, shell.state.name + ": kill")
    if shell.process.pending:
        yield from shell.run_traps()
    yield from shell.process.sleep_for_computing(0.0)
    return status


def _read_builtin(shell: Interpreter, argv: list[str]) -> Step:
    raw, prompt, timeout, names, limit = False, "", None, list[str](), None
    rest = argv[1:]
    while rest and rest[0].startswith("-") and len(rest[0]) > 1:
        option = rest.pop(0)
        for position, letter in enumerate(option[1:], 1):
            if letter == "r":
                raw = True
            elif letter in "ptnd":
                value = option[position + 1 :] or (rest.pop(0) if rest else "")
                prompt = value if letter == "p" else prompt
                timeout = float(value) if letter == "t" and re.fullmatch(r"[\d.]+", value) else timeout
                limit = int(value) if letter == "n" and value.isdigit() else limit
                break
            elif letter != "s":
                raise CommandFailed(f"read: illegal option -{letter}", 2)
    names = rest or ["REPLY"]
    if prompt:
        yield from shell.process.write(2, prompt.encode())
    line, status = yield from _read_line(shell, raw=raw, timeout=timeout, limit=limit)
    _assign_fields(shell, names, line)
    return status


def _read_line(
    shell: Interpreter, *, raw: bool, timeout: float | None, limit: int | None
) -> Generator[Syscall, Reason, tuple[list[tuple[str, bool]], int]]:
    """Characters of a line, each with whether it was escaped, and the status."""
    process = shell.process
    try:
        stream = process.stream(0)
    except FileError:
        return [], 1
    until = None if timeout is None else round(process.now() + timeout, 6)
    characters: list[tuple[str, bool]] = []
    pending, escaped = b"", False
    while limit is None or len(characters) < limit:
        byte = stream.try_read(1)
        if byte is None:
            if process.pending:
                number = process.pending[0]
                yield from shell.run_traps()
                return characters, 128 + number
            if until is not None and process.now() >= until:
                return characters, 1
            yield from process.wait(stream.readable, until=until)
            continue
        if not byte:
            return characters, 1
        process.cpu.changed = True
        pending += byte
        try:
            char = pending.decode()
        except UnicodeDecodeError:
            if len(pending) < 4:
                continue
            char = pending.decode("utf-8", "surrogateescape")
        pending = b""
        if escaped:
            escaped = False
            if char != "\n":
                characters.append((char, True))
        elif char == "\\" and not raw:
            escaped = True
        elif char == "\n":
            return characters, 0
        elif char != "\0":
            characters.append((char, False))
        if len(characters) % 1000 == 999:
            yield from process.compute(10, changed=True)
            if len(characters) > 4_000_000:
                return characters, 1
    return characters, 0


def _assign_fields(shell: Interpreter, names: list[str], line: list[tuple[str, bool]]) -> None:
    ifs = shell.state.get("IFS")
    ifs = " \t\n" if ifs is None else ifs
    blanks = {char for char in ifs if char in " \t\n"}

    def is_in(item: tuple[str, bool], chars: str | set[str]) -> bool:
        return not item[1] and item[0] in chars

    rest = line
    for position, name in enumerate(names):
        while rest and is_in(rest[0], blanks):
            rest = rest[1:]
        if position == len(names) - 1:
            end = len(rest)
            while end and is_in(rest[end - 1], blanks):
                end -= 1
            value, rest = rest[:end], []
        else:
            end = next((index for index, item in enumerate(rest) if is_in(item, ifs)), len(rest))
            value, rest = rest[:end], rest[end:]
            while rest and is_in(rest[0], blanks):
                rest = rest[1:]
            if rest and is_in(rest[0], ifs) and (end < len(line)):
                rest = rest[1:] if not is_in(rest[0], blanks) else rest
        shell.assign(name, "".join(char for char, _ in value))


def _type(shell: Interpreter, argv: list[str]) -> Step:
    status = 0
    for name in argv[1:]:
        found = _kind(shell, name)
        status = status if found else 127
        yield from shell.process.print(f"{name}{found}" if found else f"{name}: not found")
    return status


def _kind(shell: Interpreter, name: str) -> str:
    if name in shell.state.functions:
        return " is a function"
    if name in SPECIAL:
        return " is a special shell builtin"
    if name in BUILTINS:
        return " is a shell builtin"
    path = _where(shell, name)
    return f" is {path}" if path else ""


def _where(shell: Interpreter, name: str) -> str:
    process = shell.process
    try:
        return process.kernel.find(name, shell.state.get("PATH") or "", process.cwd, process.uid)
    except FileError:
        return ""


def _command(shell: Interpreter, argv: list[str]) -> Step:
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


def _getopts(shell: Interpreter, argv: list[str]) -> Step:
    if len(argv) < 3:
        raise CommandFailed("getopts: usage: getopts optstring var [arg]", 2)
    spec, name = argv[1], argv[2]
    words = argv[3:] or shell.state.positional
    index = int(shell.state.get("OPTIND") or "1")
    offset = shell.getopts_offset if index == shell.getopts_index else 1
    word = words[index - 1] if index <= len(words) else ""
    if not word.startswith("-") or word == "-" or word == "--":
        shell.assign("OPTIND", str(index + (word == "--")))
        shell.assign(name, "?")
        return 1
    letter = word[offset]
    found = spec.find(letter)
    offset += 1
    value: str | None = None
    if found >= 0 and letter != ":" and spec[found + 1 : found + 2] == ":":
        value = word[offset:] or None
        index, offset = index + 1, 1
        if value is None and index <= len(words):
            value = words[index - 1]
            index += 1
    elif offset >= len(word):
        index, offset = index + 1, 1
    shell.getopts_index, shell.getopts_offset = index, offset
    shell.assign("OPTIND", str(index))
    wants = found >= 0 and spec[found + 1 : found + 2] == ":"
    if found < 0 or letter == ":" or (wants and value is None):
        silent = spec.startswith(":")
        if silent:
            shell.assign("OPTARG", letter)
        else:
            text = "No arg for" if wants else "Illegal option"
            yield from shell.complain(f"{text} -{letter}" + (" option" if wants else ""))
        shell.assign(name, ":" if silent and wants else "?")
        return 0
    if value is not None:
        shell.assign("OPTARG", value)
    shell.assign(name, letter)
    return 0


def _let(shell: Interpreter, argv: list[str]) -> Step:
    yield from ()
    value = 0
    for expression in argv[1:]:
        value = shell.calculate(expression)
    return int(value == 0)


def _umask(shell: Interpreter, argv: list[str]) -> Step:
    if len(argv) == 1:
        yield from shell.process.print(f"{shell.process.umask:04o}")
    elif re.fullmatch(r"[0-7]{1,4}", argv[1]):
        shell.process.umask = int(argv[1], 8)
    else:
        raise CommandFailed(f"umask: illegal mode: {argv[1]}", 2)
    return 0


def _refused(shell: Interpreter, argv: list[str]) -> Step:
    yield from ()
    raise CommandFailed(f"{argv[0]}: not available in the simulation", 1)


def _hash(shell: Interpreter, argv: list[str]) -> Step:
    yield from ()
    return 0


def _jobs(shell: Interpreter, argv: list[str]) -> Step:
    for number, child in enumerate(shell.process.children.values(), 1):
        state = "Running" if child.status is None else "Done"
        yield from shell.process.print(f"[{number}]  {state}                    {' '.join(child.argv)}")
    return 0


BUILTINS: dict[str, Builtin] = {
    "true": _colon, "false": _false, "echo": _echo, "printf": _printf, "test": _test, "[": _test, "[[": _test,
    "cd": _cd, "pwd": _pwd, "wait": _wait, "kill": _kill, "read": _read_builtin, "type": _type,
    "command": _command, "getopts": _getopts, "let": _let, "umask": _umask, "hash": _hash, "jobs": _jobs,
    "ulimit": _refused, "alias": _refused, "unalias": _refused, "fg": _refused, "bg": _refused,
}  # fmt: skip

"""Applets that change text: sed, tr, cut."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from msgspec import Struct, field

from lab.embedded.runtime.applets.inputs import all_lines, whole
from lab.embedded.runtime.applets.options import Applet, Failed, Step, Usage, parse
from lab.embedded.runtime.applets.regexes import compile_regex
from lab.embedded.runtime.shell.printing import unescape

if TYPE_CHECKING:
    from lab.embedded.runtime.process import Process


def _tr(process: Process, arguments: list[str]) -> Step:
    options = parse(arguments, "cds")
    sets = [_set(each) for each in options.operands]
    if not sets or (len(sets) < 2 and not {"d", "s"} & options.flags):
        raise Usage("")
    first, second = sets[0], sets[1] if len(sets) > 1 else ""
    if "c" in options:
        first = "".join(chr(code) for code in range(256) if chr(code) not in first)
    table: dict[str, str] = {}
    if "d" not in options and second:
        for position, char in enumerate(first):
            table.setdefault(char, second[min(position, len(second) - 1)])
    squeeze = (second or first) if "s" in options else ""
    last = ""
    while chunk := (yield from process.read(0)):
        out: list[str] = []
        for char in chunk.decode("latin-1"):
            if "d" in options and char in first:
                continue
            changed = table.get(char, char)
            if changed in squeeze and changed == last:
                continue
            last = changed
            out.append(changed)
        yield from process.write(1, "".join(out).encode("latin-1"))
    return 0


_CLASSES = {
    "alpha": "A-Za-z",
    "digit": "0-9",
    "alnum": "A-Za-z0-9",
    "upper": "A-Z",
    "lower": "a-z",
    "space": "\t\n\v\f\r ",
    "blank": "\t ",
    "xdigit": "0-9A-Fa-f",
    "punct": "!-/:-@[-`{-~",
}


def _set(text: str) -> str:
    text = re.sub(r"\[:(\w+):\]", lambda match: _CLASSES.get(match.group(1), ""), text)
    text, _ = unescape(text, octal_zero=False)
    return re.sub(
        r"(.)-(.)",
        lambda match: "".join(map(chr, range(ord(match[1]), ord(match[2]) + 1))),
        text,
        flags=re.DOTALL,
    )


def _cut(process: Process, arguments: list[str]) -> Step:
    options = parse(arguments, "b:c:f:d:sn")
    ranges = options.get("f") or options.get("c") or options.get("b")
    if not ranges:
        raise Failed("expected a list of bytes, characters, or fields")
    lines, status = yield from all_lines(process, options.operands, "cut")
    delimiter = options.get("d", "\t")
    for raw in lines:
        line = raw.decode("utf-8", "surrogateescape")
        if "f" not in options:
            yield from process.print("".join(_picked(list(line), ranges)))
        elif delimiter in line:
            yield from process.print(delimiter.join(_picked(line.split(delimiter), ranges)))
        elif "s" not in options:
            yield from process.print(line)
    return status


def _picked(items: list[str], ranges: str) -> list[str]:
    wanted: set[int] = set()
    for each in ranges.split(","):
        match = re.fullmatch(r"(\d*)(-?)(\d*)", each)
        if match is None or each in ("", "-"):
            raise Failed(f"invalid range {each}")
        first = int(match[1] or 1)
        last = (int(match[3]) if match[3] else len(items)) if match[2] else first
        wanted |= set(range(first, min(last, len(items)) + 1))
    return [item for position, item in enumerate(items, 1) if position in wanted]


# -- sed ----------------------------------------------------------------------------------------------------


class _Command(Struct):
    name: str
    first: int | str | re.Pattern[str] | None = None
    last: int | str | re.Pattern[str] | None = None
    negate: bool = False
    pattern: re.Pattern[str] | None = None
    text: str = ""
    flags: str = ""
    active: bool = field(default=False)


def _sed(process: Process, arguments: list[str]) -> Step:
    options = parse(arguments, "nrEie:f:", {"quiet": "n", "regexp-extended": "E"})
    extended = bool({"r", "E"} & options.flags)
    operands = list(options.operands)
    scripts = options.every.get("e", [])
    if not scripts:
        if not operands:
            raise Usage("")
        scripts = [operands.pop(0)]
    commands = _parse_sed("\n".join(scripts), extended=extended)
    if "i" in options:
        return (yield from _in_place(process, commands, operands, options.flags))
    status = 0
    out: list[str] = []
    lines, status = yield from all_lines(process, operands, "sed")
    _run_sed(commands, [line.decode("utf-8", "surrogateescape") for line in lines], out, quiet="n" in options)
    yield from process.write(1, "".join(out).encode("utf-8", "surrogateescape"))
    return status


def _in_place(process: Process, commands: list[_Command], paths: list[str], flags: set[str]) -> Step:
    for path in paths:
        content = (yield from whole(process, path)).decode("utf-8", "surrogateescape")
        out: list[str] = []
        _run_sed(commands, content.splitlines(), out, quiet="n" in flags)
        process.install(5, process.open(path, write=True))
        yield from process.write(5, "".join(out).encode("utf-8", "surrogateescape"))
    return 0


def _parse_sed(script: str, *, extended: bool) -> list[_Command]:
    commands: list[_Command] = []
    rest = script.lstrip(" \t\n;")
    while rest:
        command = _Command("")
        command.first, rest = _address(rest, extended=extended)
        if command.first is not None and rest.startswith(","):
            command.last, rest = _address(rest[1:].lstrip(), extended=extended)
        rest = rest.lstrip(" \t")
        if rest.startswith("!"):
            command.negate, rest = True, rest[1:].lstrip()
        command.name, rest = rest[:1], rest[1:]
        if command.name == "s":
            rest = _substitution(command, rest, extended=extended)
        elif command.name in ("a", "i", "c"):
            text, _, rest = rest.partition("\n")
            command.text = text.strip().removeprefix("\\").strip()
        elif command.name not in ("p", "d", "q", "=", *_HOLDING):
            raise Failed(f"unsupported command {command.name}")
        commands.append(command)
        rest = rest.lstrip(" \t\n;}")
    return commands


def _address(text: str, *, extended: bool) -> tuple[int | str | re.Pattern[str] | None, str]:
    if match := re.match(r"\d+", text):
        return int(match.group()), text[match.end() :]
    if text.startswith("$"):
        return "$", text[1:]
    if text.startswith("/"):
        end = re.compile(r"(?:\\.|[^/\\])*").match(text, 1)
        at = end.end() if end else 1
        return compile_regex(text[1:at].replace("\\/", "/"), extended=extended), text[at + 1 :]
    return None, text


def _substitution(command: _Command, text: str, *, extended: bool) -> str:
    mark = re.escape(text[:1] or "/")
    match = re.match(
        rf"{mark}((?:\\.|(?!{mark})[^\\])*){mark}((?:\\.|(?!{mark})[^\\])*){mark}([gIip\d]*)", text, re.DOTALL
    )
    if match is None:
        raise Failed("unterminated s command")
    command.flags = match[3]
    source = match[1].replace("\\" + text[0], text[0])
    command.pattern = compile_regex(source, extended=extended, ignore_case="i" in command.flags.lower())
    command.text = match[2].replace("\\" + text[0], text[0])
    return text[match.end() :]


def _replacement(template: str, match: re.Match[str]) -> str:
    def one(token: re.Match[str]) -> str:
        text = token.group()
        if text == "&":
            return match.group()
        if text[1].isdigit():
            return match.group(int(text[1])) or "" if int(text[1]) <= (match.re.groups or 0) else ""
        return {"n": "\n", "t": "\t"}.get(text[1], text[1])

    return re.sub(r"&|\\.", one, template, flags=re.DOTALL)


def _selected(command: _Command, line: str, number: int, *, last: bool) -> bool:
    def at(address: int | str | re.Pattern[str]) -> bool:
        if isinstance(address, int):
            return number == address
        return last if isinstance(address, str) else address.search(line) is not None

    if command.first is None:
        return not command.negate
    if command.last is None:
        return at(command.first) != command.negate
    if not command.active:
        hit = command.active = at(command.first)
        if hit and isinstance(command.last, int) and command.last <= number:
            command.active = False
    else:
        hit = True
        command.active = not at(command.last)
    return hit != command.negate


class _Cycle(Struct):
    """What one line of input comes to."""

    line: str
    deleted: bool = False
    stop: bool = False
    after: str = ""
    held: str = ""
    """The hold space, which outlives the line."""


_HOLDING = ("g", "G", "h", "H", "x")
_LONGEST = 4 * 1024 * 1024
"""Characters of the pattern or hold space: `G;G;h` doubles it with every line."""


def _run_sed(commands: list[_Command], lines: list[str], out: list[str], *, quiet: bool) -> None:
    held = ""
    for number, original in enumerate(lines, 1):
        cycle = _Cycle(original, held=held)
        for command in commands:
            if _selected(command, cycle.line, number, last=number == len(lines)):
                _obey(command, cycle, number, out)
            if cycle.deleted or cycle.stop:
                break
        if not cycle.deleted and not quiet:
            out.append(cycle.line + "\n")
        out.append(cycle.after)
        held = cycle.held
        if cycle.stop:
            return


def _hold(name: str, cycle: _Cycle) -> None:
    line, held = cycle.line, cycle.held
    cycle.line = {"g": held, "G": f"{line}\n{held}", "x": held}.get(name, line)
    cycle.held = {"h": line, "H": f"{held}\n{line}", "x": line}.get(name, held)
    if max(len(cycle.line), len(cycle.held)) > _LONGEST:
        raise Failed("out of memory")


def _obey(command: _Command, cycle: _Cycle, number: int, out: list[str]) -> None:
    match command.name:
        case "s":
            _substitute(command, cycle, out)
        case "p":
            out.append(cycle.line + "\n")
        case "=":
            out.append(f"{number}\n")
        case "i":
            out.append(command.text + "\n")
        case "a":
            cycle.after += command.text + "\n"
        case "q":
            cycle.stop = True
        case "c":
            out.append(command.text + "\n")
            cycle.deleted = True
        case name if name in _HOLDING:
            _hold(name, cycle)
        case _:
            cycle.deleted = True


def _substitute(command: _Command, cycle: _Cycle, out: list[str]) -> None:
    if command.pattern is None:
        return
    count = 0 if "g" in command.flags else 1
    replacement = partial(_replacement, command.text)
    cycle.line, changed = command.pattern.subn(replacement, cycle.line, count=count)
    if changed and "p" in command.flags:
        out.append(cycle.line + "\n")


APPLETS = (
    Applet("tr", "tr [-cds] STRING1 [STRING2]", _tr),
    Applet("cut", "cut [OPTIONS] [FILE]...", _cut),
    Applet("sed", "sed [-inrE] [-e CMD]... [FILE]...", _sed),
)

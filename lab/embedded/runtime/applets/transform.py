"""Applets that change characters: tr and cut."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lab.embedded.runtime.applets.inputs import all_lines
from lab.embedded.runtime.applets.options import Applet, Failed, Step, Usage, parse
from lab.embedded.runtime.shell.printing import unescape

if TYPE_CHECKING:
    from lab.embedded.runtime.process import Process


def _tr(process: Process, arguments: list[str]) -> Step:
    options = parse(arguments, "cds")
    sets = [_set(each) for each in options.operands]
    if not sets:
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


APPLETS = (
    Applet("tr", "tr [-cds] STRING1 [STRING2]", _tr),
    Applet("cut", "cut [OPTIONS] [FILE]...", _cut),
)

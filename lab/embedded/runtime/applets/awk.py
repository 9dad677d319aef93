"""awk, the part people use at a prompt: patterns, `print`, fields, sums and END.

Programs are rules `PATTERN { STATEMENT; … }`. Patterns: `BEGIN`, `END`, `/regex/`, conditions with
`== != < <= > >= ~ !~ && || !`. Statements: `print`, `VARIABLE = / += / -= …`, `VARIABLE++`. Everything else
(functions, loops, arrays, printf) is refused before anything is read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.embedded.runtime.applets.awk_language import Machine, parse_program
from lab.embedded.runtime.applets.inputs import Lines, open_input
from lab.embedded.runtime.applets.options import Applet, Step, Usage, parse
from lab.embedded.runtime.filesystem import FileError
from lab.embedded.runtime.shell.printing import unescape

if TYPE_CHECKING:
    from lab.embedded.runtime.process import Process


def _awk(process: Process, arguments: list[str]) -> Step:
    options = parse(arguments, "F:v:", stop=True)
    if not options.operands:
        raise Usage("")
    text, *paths = options.operands
    rules = parse_program(text)
    machine = Machine(unescape(options.get("F", " "), octal_zero=False)[0])
    for each in options.every.get("v", []):
        name, _, value = each.partition("=")
        machine.variables[name] = value
    yield from process.write(1, machine.run(rules, "BEGIN"))
    status = 0
    if any(rule.when != "BEGIN" for rule in rules):
        for path in paths or ["-"]:
            try:
                lines = Lines(process, open_input(process, path))
            except FileError as error:
                yield from process.complain(f"awk: {path}: {error}")
                status = 2
                continue
            while (line := (yield from lines.next())) is not None:
                machine.take(line.removesuffix(b"\n").decode("utf-8", "surrogateescape"))
                yield from process.write(1, machine.run(rules, ""))
    yield from process.write(1, machine.run(rules, "END"))
    return status


APPLETS = (Applet("awk", "awk [-F SEP] [-v VAR=VAL] [PROGRAM] [FILE]...", _awk),)

"""awk's command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.embedded.runtime.applets.awk.lexer import unescaped
from lab.embedded.runtime.applets.awk.machine import FileFailed, Machine, latin
from lab.embedded.runtime.applets.awk.parser import parse as parse_program
from lab.embedded.runtime.applets.awk.statements import Runner
from lab.embedded.runtime.applets.inputs import whole
from lab.embedded.runtime.applets.options import Applet, Failed, Step, Usage, parse
from lab.embedded.runtime.filesystem import FileError
from lab.embedded.runtime.regex.syntax import BadRegex

if TYPE_CHECKING:
    from lab.embedded.runtime.process import Process


_TOLD = ("cmd. line:", "bad regex", "can't open")
"""Complaints that stand without the line of the program."""


def _awk(process: Process, arguments: list[str]) -> Step:
    options = parse(arguments, "F:v:f:e:", stop=True)
    operands = [latin(each) for each in options.operands]
    texts = [latin(each) for each in options.every.get("e", [])]
    for path in options.every.get("f", []):
        try:
            texts.append((yield from whole(process, path)).decode("latin-1"))
        except FileError as error:
            raise Failed(f"can't open '{path}': {error}") from None
    if not texts:
        if not operands:
            raise Usage("")
        texts.append(operands.pop(0))
    separator = unescaped(latin(options.get("F", " ")))
    machine = Machine(process, separator, operands)
    for each in options.every.get("v", []):
        if "=" not in each:
            raise Usage("")
        machine.assign(latin(each))
    try:
        runner = Runner(machine, parse_program("\n".join(texts)))
        return (yield from runner.run())
    except BadRegex as error:
        yield from machine.files.flush("")
        raise Failed(str(error)) from None
    except Failed as error:
        yield from machine.files.flush("")
        if isinstance(error, FileFailed) or str(error).startswith(_TOLD):
            raise
        raise Failed(f"cmd. line:1: {error}") from None


APPLETS = (Applet("awk", "awk [OPTIONS] [AWK_PROGRAM] [FILE]...", _awk),)

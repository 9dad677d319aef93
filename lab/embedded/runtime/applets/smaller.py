"""Applets of a few lines each: time, shuf, dos2unix, unix2dos."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.embedded.runtime.applets.inputs import all_lines, whole
from lab.embedded.runtime.applets.options import Applet, Failed, Step, Usage, parse
from lab.embedded.runtime.applets.processes import start_child
from lab.embedded.runtime.interface import ExitStatus

if TYPE_CHECKING:
    from lab.embedded.runtime.process import Process

_MOST = 1_000_000


def _time(process: Process, arguments: list[str]) -> Step:
    options = parse(arguments, "pvao:f:", stop=True)
    if not options.operands:
        raise Usage("")
    began = process.now()
    try:
        ended = yield from process.wait_child(start_child(process, options.operands))
    except Failed as error:  # told by the child there, before the times
        yield from process.complain(f"time: {error}")
        ended = ExitStatus(error.status)
    seconds = process.now() - began
    if ended.signal is not None:
        yield from process.complain(f"Command terminated by signal {ended.signal}")
    elif ended.code:
        yield from process.complain(f"Command exited with non-zero status {ended.code}")
    if "p" in options:
        text = f"real {seconds:.2f}\nuser 0.00\nsys 0.00"
    else:
        text = f"real\t{int(seconds) // 60}m {seconds % 60:.2f}s\nuser\t0m 0.00s\nsys\t0m 0.00s"
    yield from process.complain(text)
    return ended.code


def _shuf(process: Process, arguments: list[str]) -> Step:
    options = parse(arguments, "en:i:o:zr")
    if "i" in options:
        low, dash, high = options.get("i").partition("-")
        if not (dash and low.isdigit() and high.isdigit()) or int(high) - int(low) > _MOST:
            raise Failed(f"invalid range '{options.get('i')}'")
        lines = [b"%d" % each for each in range(int(low), int(high) + 1)]
    elif "e" in options:
        lines = [each.encode("utf-8", "surrogateescape") for each in options.operands]
    else:
        lines, status = yield from all_lines(process, options.operands[:1], "shuf")
        if status:
            return status
    process.kernel.rng.shuffle(lines)
    amount = options.get("n", str(len(lines)))
    if not amount.isdigit():
        raise Failed(f"invalid number '{amount}'")
    yield from process.write(1, b"".join(line + b"\n" for line in lines[: int(amount)]))
    return 0


def _line_ends(process: Process, arguments: list[str]) -> Step:
    options = parse(arguments, "ud")
    to_dos = "d" in options or (process.argv[0].rsplit("/", 1)[-1] == "unix2dos" and "u" not in options)
    for path in options.operands or ["-"]:
        content = (yield from whole(process, path)).replace(b"\r\n", b"\n")
        made = content.replace(b"\n", b"\r\n") if to_dos else content
        if path == "-":
            yield from process.write(1, made)
        else:
            process.install(4, process.open(path, write=True))
            yield from process.write(4, made)
            process.close(4)
    return 0


APPLETS = (
    Applet("time", "time [-vpa] [-o FILE] PROG ARGS", _time),
    Applet("shuf", "shuf [-n NUM] [-o FILE] [-z] [FILE | -e [ARG...] | -i L-H]", _shuf),
    Applet("dos2unix", "dos2unix [-ud] [FILE]", _line_ends),
    Applet("unix2dos", "unix2dos [-ud] [FILE]", _line_ends),
)

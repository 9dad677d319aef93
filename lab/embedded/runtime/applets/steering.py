"""Applets that steer processes: pkill, pgrep, setsid, nice, renice, usleep, watch, sync."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lab.embedded.runtime import signals
from lab.embedded.runtime.applets.basics import become
from lab.embedded.runtime.applets.options import Applet, Failed, Options, Step, Usage, duration, parse
from lab.embedded.runtime.applets.processes import may_signal
from lab.embedded.runtime.applets.regexes import compile_regex
from lab.embedded.runtime.filesystem import FileError

if TYPE_CHECKING:
    from lab.embedded.runtime.process import Process

_SPEC = "flnoxvP:u:s:"


def _wanted(process: Process, options: Options) -> list[Process]:
    if not options.operands:
        raise Usage("")
    source = f"^({options.operands[0]})$" if "x" in options else options.operands[0]
    pattern = compile_regex(source, extended=True)
    found = []
    for _, each in sorted(process.kernel.processes.items()):
        if each is process:
            continue
        text = " ".join(each.argv) if "f" in options else each.argv[0].rsplit("/", 1)[-1] if each.argv else ""
        hit = pattern.search(text)
        if "P" in options and (each.parent is None or str(each.parent.pid) != options.get("P")):
            hit = None
        if bool(hit) != ("v" in options):
            found.append(each)
    return found[-1:] if "n" in options else found[:1] if "o" in options else found


def _pgrep(process: Process, arguments: list[str]) -> Step:
    options = parse(arguments, _SPEC)
    found = _wanted(process, options)
    for each in found:
        yield from process.print(f"{each.pid} {' '.join(each.argv)}" if "l" in options else str(each.pid))
    return 0 if found else 1


def _pkill(process: Process, arguments: list[str]) -> Step:
    number, rest = signals.TERM, list(arguments)
    if rest and (match := re.fullmatch(r"-(\d+|[A-Z][A-Z0-9]*)", rest[0])):
        found = signals.parse(match[1])
        if found is None:
            raise Failed(f"bad signal name '{match[1]}'")
        number = found
        rest.pop(0)
    targets = _wanted(process, parse(rest, _SPEC))
    yield from process.compute(1)
    for each in targets:
        if not may_signal(process, each):
            yield from process.complain(f"pkill: can't kill pid {each.pid}: Operation not permitted")
        else:
            process.kernel.signal(each, number)
    return 0 if targets else 1


def _setsid(process: Process, arguments: list[str]) -> Step:
    options = parse(arguments, "cw", stop=True)
    yield from ()
    if not options.operands:
        raise Usage("")
    process.session = process.pid
    return become(process, options.operands)


def _nice(process: Process, arguments: list[str]) -> Step:
    options = parse(arguments, "n:", stop=True)
    if not options.operands:
        yield from process.print("0")
        return 0
    return become(process, options.operands)


def _renice(process: Process, arguments: list[str]) -> Step:
    if len(arguments) < 2:
        raise Usage("")
    yield from process.compute(1)
    return 0


def _usleep(process: Process, arguments: list[str]) -> Step:
    if not arguments or not arguments[0].isdigit():
        raise Usage("")
    yield from process.sleep(int(arguments[0]) / 1e6)
    return 0


def _watch(process: Process, arguments: list[str]) -> Step:
    options = parse(arguments, "n:t", stop=True)
    if not options.operands:
        raise Usage("")
    command = " ".join(options.operands)
    pause = max(0.1, duration(options.get("n", "2")))
    while True:
        yield from process.write(1, b"\x1b[H\x1b[J")
        if "t" not in options:
            yield from process.print(f"Every {options.get('n', '2')}.0s: {command}\n")
        try:
            child = process.spawn(["sh", "-c", command])
        except FileError as error:
            raise Failed(f"can't execute 'sh': {error}") from None
        yield from process.wait_child(child)
        yield from process.sleep(pause)


def _sync(_process: Process, _arguments: list[str]) -> Step:
    yield from ()
    return 0


APPLETS = (
    Applet("pgrep", "pgrep [-flanovx] [-s SID|-P PPID|PATTERN]", _pgrep),
    Applet("pkill", "pkill [-l|-SIGNAL] [-xfvnoe] [-s SID|-P PPID|PATTERN]", _pkill),
    Applet("setsid", "setsid [-c] PROG ARGS", _setsid),
    Applet("nice", "nice [-n ADJUST] [PROG ARGS]", _nice),
    Applet("renice", "renice [-n] PRIORITY [[-p|g|u] ID...]...", _renice),
    Applet("usleep", "usleep N", _usleep),
    Applet("watch", "watch [-n SEC] [-t] PROG ARGS", _watch),
    Applet("sync", "sync", _sync),
)

"""`sh` as a program: `sh -c`, script files, and reading commands line by line from a terminal or a pipe."""

from __future__ import annotations

import re
from collections.abc import Generator
from typing import TYPE_CHECKING

from lab.embedded.runtime import signals
from lab.embedded.runtime.filesystem import FileError
from lab.embedded.runtime.shell.control import LoopControl, Return
from lab.embedded.runtime.shell.interpreter import FAILURES, Interpreter, explained
from lab.embedded.runtime.shell.parser import Parser
from lab.embedded.runtime.shell.state import OPTION_LETTERS, OPTIONS, State
from lab.embedded.runtime.shell.syntax import Node, ShellSyntaxError

if TYPE_CHECKING:
    from lab.embedded.runtime.process import Process
    from lab.embedded.runtime.tasks import Reason, Syscall

Step = Generator["Syscall", "Reason", int]


def sh(process: Process) -> Step:
    """The shell's main program."""
    state = _new_state(process)
    rest = process.argv[1:]
    command = False
    while rest and rest[0][:1] in ("-", "+") and len(rest[0]) > 1:
        word = rest.pop(0)
        if word == "--":
            break
        for letter in word[1:]:
            if letter == "c":
                command = True
            elif letter == "o" and rest:
                name = rest.pop(0)
                if name not in OPTIONS:
                    yield from process.complain(f"{state.name}: illegal option {word[0]}o {name}")
                    return 2
                state.options.add(name)
            elif letter in OPTION_LETTERS:
                (state.options.add if word[0] == "-" else state.options.discard)(OPTION_LETTERS[letter])
            elif letter != "l":
                yield from process.complain(f"{state.name}: illegal option -{letter}")
                return 2
    if command:
        if not rest:
            yield from process.complain(f"{state.name}: -c requires an argument")
            return 2
        text, state.positional = rest[0], rest[2:]
        state.name = rest[1] if len(rest) > 1 else state.name
        state.options.add("command")
        _catch_interrupts(process)
        shell = Interpreter(process, state, running=state.name if len(rest) > 1 else None)
        return (yield from shell.run_to_end(shell.run_text(text, last=True, line=0)))
    if rest and "stdin" not in state.options:
        return (yield from run_file(process, rest[0], rest, state))
    state.positional = rest
    return (yield from _from_input(process, state))


def run_file(process: Process, path: str, argv: list[str], state: State | None = None) -> Step:
    """Run a script file with its own arguments."""
    state = state or _new_state(process)
    try:
        content = process.open(path).try_read(1 << 24) or b""
    except FileError as error:
        yield from process.complain(f"{state.name}: can't open '{path}': {error}")
        return 2
    state.name, state.positional = path, argv[1:]
    _catch_interrupts(process)
    shell = Interpreter(process, state, running=path)
    text = content.decode("utf-8", "surrogateescape")
    return (yield from shell.run_to_end(shell.run_text(text, line=1)))


def _catch_interrupts(process: Process) -> None:
    """Have SIGINT end a script even as PID 1: ash catches it, and goes when it does not die of it.

    (`setsignal` and `raise_interrupt` of `shell/ash.c`; with a trap or interactively it is another matter.)
    """
    if process.pid == 1:
        process.handled.add(signals.INT)


def _new_state(process: Process) -> State:
    state = State(name=process.argv[0].removeprefix("-") if process.argv else "sh")
    state.applet = state.name.rsplit("/", 1)[-1]
    for name, value in process.env.items():
        if name.replace("_", "a").isalnum() and not name[0].isdigit():
            state.variables[name] = value
            state.exported.add(name)
    state.variables.setdefault("PATH", "/sbin:/usr/sbin:/bin:/usr/bin")
    state.variables.setdefault("IFS", " \t\n")
    state.variables["PWD"] = process.cwd
    level = state.variables.get("SHLVL", "")
    state.variables["SHLVL"] = str(int(level) + 1) if level.isdigit() else "1"
    state.exported |= {"PWD", "SHLVL", "PATH"}
    state.variables.setdefault("PS1", "\\w \\$ ")
    state.variables.setdefault("PS2", "> ")
    state.variables["PS4"] = process.env.get("PS4", "+ ")
    state.variables["PPID"] = str(process.parent.pid if process.parent else 0)
    state.variables["OPTIND"] = "1"
    return state


def _from_input(process: Process, state: State) -> Step:
    """Commands from standard input; with prompts where it is a terminal."""
    stream = process.fds.get(0)
    if "interactive" in state.options or (stream is not None and stream.is_tty):
        state.options.add("interactive")
        process.handled |= {signals.INT}
        process.ignored |= {signals.TERM, signals.QUIT}
        state.traps[signals.INT] = ":"
    shell = Interpreter(process, state)
    return (yield from shell.run_to_end(_loop(shell)))


def _loop(shell: Interpreter) -> Step:
    interactive = "interactive" in shell.state.options
    pending = ""
    while True:
        if interactive:
            yield from _tell_of_jobs(shell)
            yield from shell.process.write(2, (yield from _prompt(shell, "PS2" if pending else "PS1")))
        line = yield from _read_line(shell)
        if line is None:
            if pending:
                yield from shell.run_text(pending)
            if interactive:
                yield from shell.process.write(2, b"\n")
            return shell.state.status
        pending += line
        try:
            nodes = _complete(pending)
        except ShellSyntaxError as error:
            if error.incomplete:
                continue
            if not interactive:
                raise
            yield from shell.complain(f"syntax error: {error.message}")
            shell.state.status, pending = 2, ""
            continue
        pending = ""
        for node in nodes:
            yield from _run(shell, node, interactive=interactive)


def _tell_of_jobs(shell: Interpreter) -> Generator[Syscall, Reason, None]:
    """Before a prompt, jobs that have ended are told, once; `wait` still knows how."""
    for job in shell.jobs.jobs:
        if not job.running and not job.told:
            yield from shell.process.complain(shell.jobs.described(job))
            job.told = job.noticed = True


def _complete(text: str) -> list[Node]:
    parser = Parser(text)
    nodes: list[Node] = []
    while (node := parser.next_command()) is not None:
        nodes.append(node)
    return nodes


def _run(shell: Interpreter, node: Node, *, interactive: bool) -> Generator[Syscall, Reason, None]:
    if not interactive:
        yield from shell.run(node)
        return
    try:
        yield from shell.run(node)
    except FAILURES as error:
        message, shell.state.status = explained(error)
        yield from shell.complain(message)
    except (LoopControl, Return):
        return


def _prompt(shell: Interpreter, name: str) -> Generator[Syscall, Reason, bytes]:
    home = shell.state.get("HOME")
    cwd = shell.process.cwd
    shown = "~" if home and cwd == home and home != "/" else cwd
    mark = "#" if shell.process.uid == 0 else "$"
    facts = {"w": shown, "W": cwd.rsplit("/", 1)[-1] or "/", "$": mark, "n": "\n",
             "h": shell.process.kernel.host.hostname}  # fmt: skip
    text = re.sub(r"\\([wWh$n])", lambda match: facts[match[1]], shell.state.get(name) or "")
    return (yield from shell.expanded(text)).encode("utf-8", "surrogateescape")


_CHARACTERS_A_LOOK = 200
_LONGEST_LINE = 1 << 20
"""Characters of a line of commands."""


def _read_line(shell: Interpreter) -> Generator[Syscall, Reason, str | None]:
    process = shell.process
    line = bytearray()
    try:
        stream = process.stream(0)
    except FileError:
        return None
    while not line.endswith(b"\n"):
        byte = stream.try_read(1)
        if byte is None:
            if process.pending:
                interrupted = signals.INT in process.pending and "interactive" in shell.state.options
                yield from shell.run_traps()
                if interrupted:
                    return "\n"
            yield from process.wait(stream.readable)
            continue
        if not byte:
            return line.decode("utf-8", "surrogateescape") or None
        line += byte
        if byte != b"\0":
            process.cpu.changed = True
        if len(line) % _CHARACTERS_A_LOOK == 0:
            yield from process.compute(_CHARACTERS_A_LOOK // 10)
            if len(line) >= _LONGEST_LINE:
                break
    return line.decode("utf-8", "surrogateescape")

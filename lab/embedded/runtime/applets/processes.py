"""Applets about processes: ps, kill, killall, pidof, timeout, nohup."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.embedded.runtime import signals
from lab.embedded.runtime.applets.basics import account_names, become
from lab.embedded.runtime.applets.options import Applet, Failed, Step, Usage, duration, parse
from lab.embedded.runtime.filesystem import FileError

if TYPE_CHECKING:
    from collections.abc import Generator

    from lab.embedded.runtime.process import Process
    from lab.embedded.runtime.tasks import Reason, Syscall


def _ps(process: Process, _arguments: list[str]) -> Step:
    yield from process.print("PID   USER     TIME  COMMAND")
    names = account_names(process)
    for pid, each in sorted(process.kernel.processes.items()):
        user = names.get(each.uid, str(each.uid))
        yield from process.print(f"{pid:>5} {user:<8}  0:00 {' '.join(each.argv)}")
    return 0


def _list_signals(process: Process, wanted: list[str], name: str) -> Generator[Syscall, Reason, int]:
    """`kill -l`: all signals, or the name of a number and the number of a name."""
    for each, label in sorted(signals.NAMES.items()) if not wanted else ():
        yield from process.print(f"{each:>2}) {label}")
    for text in wanted:
        found = signals.parse(str(int(text) & 0x7F) if text.isdigit() and len(text) < 9 else text)
        if found is None:
            yield from process.complain(f"{name}: unknown signal '{text}'")
            return 1
        yield from process.print(signals.NAMES.get(found, str(found)) if text.isdigit() else str(found))
    return 0


def send_signals(process: Process, arguments: list[str], name: str) -> Generator[Syscall, Reason, int]:
    """What `kill` does with its arguments, as an applet and as the shell's builtin."""
    number = signals.TERM
    rest = list(arguments)
    if rest[:1] == ["-l"]:
        return (yield from _list_signals(process, rest[1:], name))
    if rest and rest[0].startswith("-") and len(rest[0]) > 1 and rest[0] != "--":
        option = rest.pop(0)[1:]
        option = rest.pop(0) if option == "s" and rest else option
        found = signals.parse(option)
        if found is None:
            yield from process.complain(f"{name}: bad signal name '{option}'")
            return 1
        number = found
    if rest[:1] == ["--"]:
        rest.pop(0)
    if not rest:
        yield from process.complain(f"{name}: you need to specify whom to kill")
        return 1
    status = 0
    for text in rest:
        if not text.lstrip("-").isdigit():
            yield from process.complain(f"{name}: invalid number '{text}'")
            status = 1
            continue
        complaint = _send(process, int(text), number)
        if complaint:
            yield from process.complain(f"{name}: can't kill pid {text}: {complaint}")
            status = 1
    return status


def may_signal(process: Process, target: Process) -> bool:
    """Whether a process may send another one signals: the same user's, or with KILL (kill(2))."""
    return process.uid == target.uid or "KILL" in process.capabilities


def _send(process: Process, pid: int, number: int) -> str:
    """Send a signal to a process, to all (-1) or to the own session (0); why it could not be."""
    kernel = process.kernel
    if pid > 0:
        target = kernel.processes.get(pid)
        if target is None:
            return "" if pid in process.children else "No such process"  # a zombie takes any signal
        targets = [target]
    else:
        targets = [
            each
            for each in kernel.processes.values()
            if (pid == -1 and each is not process and each.pid != 1)
            or (pid == 0 and each.session == process.session)
        ]
    complaint = ""
    for target in targets:
        if not may_signal(process, target):
            complaint = "Operation not permitted"
        else:
            kernel.signal(target, number)
    return complaint


def _kill(process: Process, arguments: list[str]) -> Step:
    return (yield from send_signals(process, arguments, "kill"))


def _named(process: Process, name: str) -> list[Process]:
    return [each for each in process.kernel.processes.values()
            if each is not process and each.argv and _comm(each.argv[0]) == name]  # fmt: skip


def _comm(title: str) -> str:
    """What the kernel calls a process, which a title (`nginx: master process …`) does not change."""
    return title.rsplit("/", 1)[-1].split(": ", 1)[0]


def _killall(process: Process, arguments: list[str]) -> Step:
    rest = list(arguments)
    number = signals.TERM
    while rest and rest[0].startswith("-"):
        option = rest.pop(0)[1:]
        found = signals.parse(option)
        if option != "q" and found is None:
            raise Failed(f"bad signal name '{option}'")
        number = found if found is not None else number
    status = 0
    for name in rest:
        targets = _named(process, name)
        if not targets:
            yield from process.complain(f"killall: {name}: no process killed")
            status = 1
        for target in targets:
            if not may_signal(process, target):
                yield from process.complain(f"killall: can't kill pid {target.pid}: Operation not permitted")
                status = 1
            else:
                process.kernel.signal(target, number)
    return status


def _pidof(process: Process, arguments: list[str]) -> Step:
    found = [str(each.pid) for name in arguments for each in reversed(_named(process, name))]
    if not found:
        return 1
    yield from process.print(" ".join(found))
    return 0


def _timeout(process: Process, arguments: list[str]) -> Step:
    options = parse(arguments, "s:k:", {"signal": "s", "kill-after": "k"}, stop=True)
    if len(options.operands) < 2:
        raise Usage("")
    number = signals.parse(options.get("s", "TERM"))
    if number is None:
        raise Failed(f"bad signal name '{options.get('s')}'")
    limit, *argv = options.operands
    until = process.after(duration(limit))
    child = start_child(process, argv)
    while child.status is None and process.now() < until:
        yield from process.wait(child.ended, until=until)
    if child.status is not None:
        process.reap(child)
        return child.status.code
    process.kernel.signal(child, number)
    if "k" in options:
        last = process.after(duration(options.get("k")))
        while child.status is None and process.now() < last:
            yield from process.wait(child.ended, until=last)
        process.kernel.signal(child, signals.KILL)
    ended = yield from process.wait_child(child)
    if ended.signal is not None:  # busybox runs the command in its own place, so it dies the same death
        process.kernel.terminate(process, ended)
        yield from process.sleep_for_computing(0.0)
    return ended.code


def start_child(process: Process, argv: list[str]) -> Process:
    """Start a command.

    Raises:
        Failed: it cannot be run, with 127 or 126.
    """
    try:
        return process.spawn(argv)
    except FileError as error:
        raise Failed(f"can't execute '{argv[0]}': {error}", 127 if error.code == "ENOENT" else 126) from None


def _nohup(process: Process, arguments: list[str]) -> Step:
    yield from ()
    process.ignored.add(signals.HUP)
    if not arguments:
        raise Usage("")
    return become(process, arguments)


APPLETS = (
    Applet("ps", "ps [-o COL1,COL2=HEADER] [-T]", _ps),
    Applet("kill", "kill [-l] [-SIG] PID...", _kill),
    Applet("killall", "killall [-lq] [-SIG] PROCESS_NAME...", _killall),
    Applet("pidof", "pidof [OPTIONS] [NAME]...", _pidof),
    Applet("timeout", "timeout [-s SIG] [-k KILL_SECS] SECS PROG ARGS", _timeout),
    Applet("nohup", "nohup PROG ARGS", _nohup),
)

"""Runs an edited image's Python in a child process, as a program of the simulated kernel.

The child (`wsgi_child`) is asked in turns: it gets the cluster's time and what came in, runs until all its
threads wait, and says what it wants done. While it runs, the cluster's one thread waits for it, so cluster
time stands still.

What bounds a turn is processor time (the kernel ends the child after `wsgi_child.CPU_SECONDS`); such a
process counts as one that spins: it stays, and never answers again. The host's time plays a part in one
case only: a child that neither computes nor ends a turn (it waits for something of the host's) is given up
after `HOST_PATIENCE`, and counts as spinning too.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from lab.embedded.clock.agenda import EPOCH
from lab.embedded.runtime.network import TIMED_OUT, ConnectFailed, Host, Listener, Network, Socket
from lab.embedded.runtime.streams import BrokenPipe
from lab.embedded.runtime.tasks import Reason, Syscall, WaitQueue

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from lab.embedded.runtime.process import Process

CHILD = Path(__file__).with_name("wsgi_child.py")
NAMESPACES = Path(__file__).with_name("wsgi_namespaces.py")
PYTHON = (sys.executable, "-P", "-s", "-B")
"""No user site, no bytecode, no work directory on the path; the environment is given, so no `-E`."""

HOST_PATIENCE = 20.0
"""Seconds of host time for a turn of a child that does not even compute."""

BASE_MEMORY = 30 * 1024 * 1024
"""Bytes a Python process with Flask counts for before it does anything of its own."""

UNKNOWN = "no such host"
INTERPRETER_MEMORY = 12 * 1024 * 1024
"""Bytes a bare interpreter counts for; the child reports what it has touched since."""

LARGEST_FRAME = 64 * 1024 * 1024
FLASK = frozenset({"blinker", "click", "flask", "itsdangerous", "jinja2", "markupsafe", "werkzeug"})
"""What `pip install flask` puts into an image; all that the lab itself has of what an image could want."""


LIVING: set[Child] = set()
"""The child processes there are, of all clusters of this process."""


class ChildEnded(Exception):  # noqa: N818 (what happened)
    """The child is gone; `spinning`: it was ended because it used up its time."""

    def __init__(self, *, spinning: bool, code: int) -> None:
        super().__init__(code)
        self.spinning = spinning
        self.code = code


class Script(Struct, frozen=True):
    """What Python is to run."""

    argv: Sequence[str]
    """As the program sees it: `["app.py"]`, `["-c", …]`."""
    files: Mapping[str, bytes]
    """The directory the program was found in, by path."""
    code: str | None = None
    """The program itself when it came by `-c`; else `argv[0]` is one of the files."""
    stdin: str = ""
    isolated: bool = True
    """Whether to take the operating system's isolation where it can be had."""


class Child:
    """The child process and the pipes to it."""

    def __init__(self, *, isolated: bool) -> None:
        self.directory = tempfile.mkdtemp(prefix="podlab-app-")
        to_child, self._out = os.pipe()
        self._in, from_child = os.pipe()
        self._process = subprocess.Popen(
            [*PYTHON, str(NAMESPACES if isolated else CHILD), str(to_child), str(from_child)],
            pass_fds=(to_child, from_child),
            env={"PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8"},
            cwd=self.directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(to_child)
        os.close(from_child)
        LIVING.add(self)

    def turn(self, frame: Mapping[str, Any]) -> dict[str, Any]:
        """One turn: send what came in, give what the child wants done.

        Raises:
            ChildEnded: it is gone.
        """
        data = json.dumps(frame).encode()
        try:
            self._write(struct.pack(">I", len(data)) + data)
            size = struct.unpack(">I", self._read(4))[0]
            if size > LARGEST_FRAME:
                raise self._gone(spinning=True)
            found: dict[str, Any] = json.loads(self._read(size))
        except (BrokenPipeError, EOFError):
            raise self._gone() from None
        return found

    def close(self) -> None:
        """End the child and remove its directory."""
        if self not in LIVING:
            return
        LIVING.discard(self)
        for descriptor in (self._in, self._out):
            with contextlib.suppress(OSError):
                os.close(descriptor)
        self._kill()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._out, view) :]

    def _read(self, count: int) -> bytes:
        data = bytearray()
        while len(data) < count:
            if not select.select([self._in], [], [], HOST_PATIENCE)[0]:
                raise self._gone(spinning=True)
            chunk = os.read(self._in, count - len(data))
            if not chunk:
                raise EOFError
            data += chunk
        return bytes(data)

    def _gone(self, *, spinning: bool = False) -> ChildEnded:
        if spinning:
            self._kill()
        code = self._process.wait()
        return ChildEnded(spinning=spinning or code in {-signal.SIGXCPU, 128 + signal.SIGXCPU}, code=code)

    def _kill(self) -> None:
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


class Bridge(Struct):
    """Carries a child's effects out in the simulated kernel, and gathers what comes in for it."""

    process: Process
    network: Network
    listeners: dict[int, Listener] = field(default_factory=dict)
    sockets: dict[int, Socket] = field(default_factory=dict)
    unsent: dict[int, bytearray] = field(default_factory=dict)
    finishing: set[int] = field(default_factory=set)
    events: list[dict[str, Any]] = field(default_factory=list)
    count: int = 1_000_000
    _ended: set[int] = field(default_factory=set)

    def carry_out(self, effects: Sequence[Mapping[str, Any]]) -> Generator[Syscall, Reason, None]:
        """Do what the child wants done, in its order."""
        for effect in effects:
            match effect["kind"]:
                case "write":
                    yield from self._write(effect)
                case "listen":
                    self._answer(effect, self._listen(effect))
                case "connect":
                    self._connect(effect)
                case "resolve":
                    self._answer(effect, self.network.resolve(str(effect["name"]), self.process.kernel.host))
                case "handle":
                    self._handle(int(effect["number"]), str(effect["how"]))
                case "send":
                    self._send(int(effect["socket"]), str(effect["data"]).encode("latin-1"))
                case "shutdown":
                    self._finish(int(effect["socket"]))
                case "close":
                    self._close(int(effect["socket"]))

    def _write(self, effect: Mapping[str, Any]) -> Generator[Syscall, Reason, None]:
        descriptor = 1 if effect["stream"] == "stdout" else 2
        yield from self.process.write(descriptor, str(effect["data"]).encode("latin-1"))

    def _answer(self, effect: Mapping[str, Any], value: Any) -> None:
        self.events.append({"kind": "answer", "ask": effect["ask"], "value": value})

    def _listen(self, effect: Mapping[str, Any]) -> dict[str, Any]:
        port = int(effect["port"]) or self._free_port()
        listener = self.process.kernel.host.listen(str(effect["host"]), port)
        if listener is None:
            return {"error": "address already in use", "port": port}
        listener.hold()
        self.listeners[int(effect["socket"])] = listener
        return {"error": "", "port": port}

    def _free_port(self) -> int:
        taken = {port for _, port in self.process.kernel.host.listeners}
        return next(port for port in range(49152, 65536) if port not in taken)

    def _handle(self, number: int, how: str) -> None:
        self.process.handled.discard(number)
        self.process.ignored.discard(number)
        if how != "default":
            (self.process.ignored if how == "ignore" else self.process.handled).add(number)

    def _connect(self, effect: Mapping[str, Any]) -> None:
        try:
            socket = connect(self.network, self.process.kernel.host, str(effect["host"]), int(effect["port"]))
        except ConnectFailed as failed:
            if failed.reason != TIMED_OUT:
                self._answer(effect, {"error": failed.reason})
            return  # nobody will ever answer: the child's own time-out ends its wait
        socket.hold()
        self.sockets[int(effect["socket"])] = socket
        self._answer(effect, {"error": ""})

    def _send(self, number: int, data: bytes) -> None:
        if number in self.sockets:
            self.unsent.setdefault(number, bytearray()).extend(data)
            self._flush(number)

    def _flush(self, number: int) -> None:
        waiting = self.unsent.get(number)
        socket = self.sockets[number]
        try:
            while waiting and (done := socket.try_write(bytes(waiting))):
                del waiting[:done]
        except BrokenPipe:
            waiting = None
        if not waiting:
            self.unsent.pop(number, None)
            if number in self.finishing:
                self.finishing.discard(number)
                self._let_go(number)

    def _finish(self, number: int) -> None:
        if number in self.sockets and number not in self.unsent:
            self.sockets[number].finish()

    def _close(self, number: int) -> None:
        if listener := self.listeners.pop(number, None):
            listener.release()
        elif number in self.unsent:
            self.finishing.add(number)
        elif number in self.sockets:
            self._let_go(number)

    def _let_go(self, number: int) -> None:
        self.sockets.pop(number).release()

    def gather(self) -> None:
        """Take in what has come: connections, data, signals; go on sending what did not fit."""
        for number in list(self.unsent):
            self._flush(number)
        for number, listener in self.listeners.items():
            while (accepted := listener.try_accept()) is not None:
                self.count += 1
                accepted.hold()
                self.sockets[self.count] = accepted
                self.events.append(
                    {
                        "kind": "accept",
                        "socket": number,
                        "connection": self.count,
                        "peer": list(accepted.remote),
                    }
                )
        for number, socket in self.sockets.items():
            if number not in self._ended:
                self._receive(number, socket)
        while self.process.pending:
            self.events.append({"kind": "signal", "number": self.process.pending.pop(0)})

    def __post_init__(self) -> None:
        self._ended: set[int] = set()

    def _receive(self, number: int, socket: Socket) -> None:
        while (chunk := socket.try_read(65536)) is not None:
            if not chunk:
                self._ended.add(number)
                self.events.append({"kind": "end", "socket": number})
                return
            self.events.append({"kind": "data", "socket": number, "data": chunk.decode("latin-1")})

    def queues(self) -> list[WaitQueue]:
        """Where something may come from."""
        reading = [socket.readable for number, socket in self.sockets.items() if number not in self._ended]
        sending = [self.sockets[number].writable for number in self.unsent]
        return [*(listener.readable for listener in self.listeners.values()), *reading, *sending]

    def close(self) -> None:
        """Let go of everything."""
        for listener in self.listeners.values():
            listener.release()
        for socket in self.sockets.values():
            socket.release()
        self.listeners.clear()
        self.sockets.clear()


def run(process: Process, network: Network, script: Script) -> Generator[Syscall, Reason, int]:
    """Run a script until it ends; the exit code."""
    process.set_memory(INTERPRETER_MEMORY)
    child = Child(isolated=script.isolated)
    bridge = Bridge(process, network)
    try:
        return (yield from _turns(process, child, bridge, script))
    except ChildEnded as ended:
        if not ended.spinning:
            return 128 - ended.code if ended.code < 0 else ended.code
        yield from _spin(process)
        return 1
    finally:
        child.close()
        bridge.close()


def _turns(process: Process, child: Child, bridge: Bridge, script: Script) -> Generator[Syscall, Reason, int]:
    reply = child.turn({**_first_frame(process, script), "events": []})
    while True:
        process.set_memory(INTERPRETER_MEMORY + int(reply["memory"]))
        yield from bridge.carry_out(reply["effects"])
        if reply["code"] is not None:
            return int(reply["code"])
        until = None if reply["until"] is None else round(float(reply["until"]), 6)  # as the agenda rounds
        bridge.gather()
        while not bridge.events and (until is None or process.now() < until):
            yield from process.wait(*bridge.queues(), until=until)
            bridge.gather()
        events, bridge.events = bridge.events, []
        reply = child.turn({"now": process.now(), "events": events})


def _first_frame(process: Process, script: Script) -> dict[str, Any]:
    wanted = requirements(script.files.get("requirements.txt", b""))
    return {
        "now": process.now(),
        "epoch": EPOCH,
        "seed": process.kernel.random_bytes(16).hex(),
        "argv": list(script.argv),
        "code": script.code,
        "stdin": script.stdin,
        "env": dict(process.env),
        "address": process.kernel.host.ip,
        "files": {name: data.decode("latin-1") for name, data in script.files.items()},
        "packages": sorted(FLASK) if FLASK & wanted else [],
        "unknown": sorted(wanted - FLASK),
    }


def requirements(text: bytes) -> frozenset[str]:
    """The names of the packages a requirements file asks for, in lower case."""
    names = set()
    for raw in text.decode("utf-8", "replace").splitlines():
        line = raw.partition("#")[0].strip()
        if line and not line.startswith("-"):
            name = line
            for end in "=<>!~;[ @":
                name = name.partition(end)[0]
            names.add(name.strip().lower())
    return frozenset(names)


def connect(network: Network, source: Host, host: str, port: int) -> Socket:
    """Open a connection to a name or an address, as seen from a container.

    Raises:
        ConnectFailed: no such name, refused, no route, or nobody will ever answer.
    """
    found = network.resolve(host, source)
    if not found:
        raise ConnectFailed(UNKNOWN)
    return network.connect(source, found[0], port)


def _spin(process: Process) -> Generator[Syscall, Reason, None]:
    """A process that computes for ever: it is there, and does nothing that anybody could see."""
    never = WaitQueue()
    while True:
        yield from process.wait(never)
        process.pending.clear()

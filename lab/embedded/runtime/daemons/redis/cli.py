"""redis-cli: a command on its line, from standard input, or typed at its prompt."""

from __future__ import annotations

import shlex
from collections.abc import Generator
from typing import TYPE_CHECKING

from lab.embedded.runtime.applets.inputs import Lines
from lab.embedded.runtime.applets.netclients import connect
from lab.embedded.runtime.applets.options import Usage, parse
from lab.embedded.runtime.daemons.redis import resp
from lab.embedded.runtime.network import Socket, is_address
from lab.embedded.runtime.streams import BrokenPipe

if TYPE_CHECKING:
    from lab.embedded.runtime.process import Process
    from lab.embedded.runtime.tasks import Reason, Syscall

Step = Generator["Syscall", "Reason", int]
_PATIENCE = 127.0


def redis_cli(process: Process) -> Step:
    """Ask a server; replies are shown with their kinds where a terminal is, else as they are."""
    try:
        given = parse(
            process.argv[1:],
            "+h:p:a:n:u:r:i:xe",
            {"raw": "1", "no-auth-warning": "2", "pass": "a", "version": "v"},
        )
    except Usage as error:
        yield from process.complain(f"Unrecognized option or bad number of args: {error}")
        return 1
    if "u" in given or "n" in given or "r" in given:
        yield from process.complain("redis-cli: -u, -n and -r are not available in the simulation")
        return 1
    host, port = given.get("h") or "127.0.0.1", given.get("p") or "6379"
    found = [host] if is_address(host) else process.kernel.network.resolve(host, process.kernel.host)
    where = f"Could not connect to Redis at {host}:{port}"
    if not found:
        yield from process.complain(f"{where}: Name or service not known")
        return 1
    reached = yield from connect(process, found[0], int(port) if port.isdigit() else 0, _PATIENCE)
    if not isinstance(reached, Socket):
        yield from process.complain(f"{where}: {reached.rpartition(': ')[2]}")
        return 1
    reached.hold()
    try:
        client = _Client(process, reached, f"{host}:{port}", raw="1" in given)
        password = given.get("a") or process.env.get("REDISCLI_AUTH", "")
        if password:
            if "a" in given and "2" not in given:
                text = (
                    "Using a password with '-a' or '-u' option on the command line interface may not be safe."
                )
                yield from process.complain(f"Warning: {text}")
            answer = yield from client.ask(["AUTH", password])
            if isinstance(answer, resp.Failure):
                yield from process.complain(f"AUTH failed: {answer}")
        if given.operands:
            return (yield from client.tell(list(given.operands)))
        return (yield from client.typed())
    except (resp.Closed, BrokenPipe):
        yield from process.complain("Error: Server closed the connection")
        return 1
    finally:
        reached.release()


class _Client:
    """A connection, and how its replies are shown."""

    def __init__(self, process: Process, socket: Socket, place: str, *, raw: bool) -> None:
        self._process, self._place = process, place
        self._wire = resp.Wire(socket, process.kernel.agenda)
        out = process.fds.get(1)
        self._raw = raw or out is None or not out.is_tty

    def ask(self, words: list[str]) -> Generator[Syscall, Reason, resp.Reply]:
        """Send a command and wait for its reply."""
        yield from self._wire.write(resp.encode(list(words)))
        return (yield from self._wire.reply())

    def tell(self, words: list[str]) -> Step:
        """Ask, and print the reply; 1 when the server said that it failed at `-e`'s sake only: always 0."""
        reply = yield from self.ask(words)
        info = words[0].upper() == "INFO"
        yield from self._process.print(_plain(reply) if self._raw or info else _shown(reply))
        return 0

    def typed(self) -> Step:
        """Lines from standard input, with a prompt where it is a terminal."""
        process = self._process
        stream = process.fds.get(0)
        if stream is None:
            return 0
        lines = Lines(process, stream)
        while True:
            if stream.is_tty:
                yield from process.write(1, f"{self._place}> ".encode())
            raw = yield from lines.next()
            if raw is None:
                return 0
            try:
                words = shlex.split(raw.decode("utf-8", "replace"))
            except ValueError:
                yield from process.print("Invalid argument(s)")
                continue
            if words and words[0].lower() in ("exit", "quit"):
                return 0
            if words:
                yield from self.tell(words)


def _plain(reply: resp.Reply) -> str:
    """As it is, for a pipe."""
    match reply:
        case None:
            return ""
        case list():
            return "\n".join(_plain(each) for each in reply)
        case resp.Failure():
            return f"{reply}\n"
        case _:
            return str(reply)


def _shown(reply: resp.Reply, indent: str = "") -> str:
    """With its kind, for a person."""
    match reply:
        case None:
            return "(nil)"
        case resp.Failure():
            return f"(error) {reply}"
        case int():
            return f"(integer) {reply}"
        case resp.Status():
            return str(reply)
        case str():
            text = reply.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
            return f'"{text}"'
        case []:
            return "(empty array)"
        case _:
            width = len(str(len(reply)))
            lines = [
                f"{at:>{width}}) {_shown(each, indent + ' ' * (width + 2))}"
                for at, each in enumerate(reply, 1)
            ]
            return f"\n{indent}".join(lines)

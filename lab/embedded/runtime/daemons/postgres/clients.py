"""What psql, pg_isready and their like share: options, finding the server, and libpq's words; pg_isready."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

from msgspec import Struct

from lab.embedded.runtime.applets.netclients import connect
from lab.embedded.runtime.applets.options import Options, Usage, duration, parse
from lab.embedded.runtime.daemons.postgres import protocol
from lab.embedded.runtime.daemons.postgres.server import PORT, SOCKETS, UnixSocket
from lab.embedded.runtime.network import Socket, is_address
from lab.embedded.runtime.streams import BrokenPipe, Pipe

if TYPE_CHECKING:
    from lab.embedded.runtime.process import Process
    from lab.embedded.runtime.tasks import Reason, Syscall

Step = Generator["Syscall", "Reason", int]
_PATIENCE = 3.0
NO_CONNECTION = 2


class Refused(Exception):  # noqa: N818 (what happened)
    """The server did not let us in; `str()` is psql's text."""


class Target(Struct, frozen=True):
    """Where a client wants to go."""

    host: str
    port: int
    user: str
    database: str

    @property
    def local(self) -> bool:
        """Whether it is the Unix socket."""
        return not self.host or self.host.startswith("/")

    @property
    def socket(self) -> str:
        """The path of the Unix socket."""
        return f"{self.host or SOCKETS}/.s.PGSQL.{self.port}"


_LONG = {
    "host": "h",
    "port": "p",
    "username": "U",
    "dbname": "d",
    "command": "c",
    "file": "f",
    "timeout": "t",
    "quiet": "q",
    "tuples-only": "t",
    "no-align": "A",
    "no-password": "w",
    "list": "l",
    "set": "v",
    "variable": "v",
    "no-psqlrc": "X",
    "field-separator": "F",
    "expanded": "x",
    "echo-all": "a",
    "password": "W",
    "single-transaction": "1",
    "version": "V",
}


def target(process: Process, options: Options) -> Target:
    """Where options and environment lead."""
    name = {0: "root", 999: "postgres", 70: "postgres"}.get(process.uid, str(process.uid))
    user = options.get("U") or process.env.get("PGUSER") or name
    database = (
        options.get("d")
        or (options.operands[0] if options.operands else "")
        or process.env.get("PGDATABASE", user)
    )
    port = options.get("p") or process.env.get("PGPORT") or str(PORT)
    return Target(
        options.get("h") or process.env.get("PGHOST", ""),
        int(port) if port.isdigit() else PORT,
        user,
        database,
    )


def reach(process: Process, target: Target, timeout: float) -> Generator[Syscall, Reason, Socket | str]:
    """A connection, or libpq's text for why there is none."""
    if target.local:
        node = process.kernel.files.exists(target.socket)
        if not isinstance(node, UnixSocket) or node.listener is None or node.listener.holders == 0:
            problem = "Connection refused" if isinstance(node, UnixSocket) else "No such file or directory"
            return (f'connection to server on socket "{target.socket}" failed: {problem}\n'
                    "\tIs the server running locally and accepting connections on that socket?")  # fmt: skip
        there, back = Pipe(), Pipe()
        node.listener.waiting.append(Socket(there, back, ("unix", target.port), ("unix", 0)))
        node.listener.readable.notify()
        return Socket(back, there, ("unix", 0), ("unix", target.port))
    kernel = process.kernel
    found = [target.host] if is_address(target.host) else kernel.network.resolve(target.host, kernel.host)
    if not found:
        return f'could not translate host name "{target.host}" to address: Name or service not known'
    reached = yield from connect(process, found[0], target.port, timeout)
    if isinstance(reached, Socket):
        return reached
    where = f'"{target.host}"' + ("" if target.host == found[0] else f" ({found[0]})")
    lead = f"connection to server at {where}, port {target.port} failed"
    if "timed out" in reached:
        return f"{lead}: timeout expired"
    return f"{lead}: {reached}\n\tIs the server running on that host and accepting TCP/IP connections?"


# -- pg_isready ---------------------------------------------------------------------------------------------


def pg_isready(process: Process) -> Step:
    """0: accepting, 1: rejecting (starting up), 2: no response, 3: not tried."""
    given = yield from options(process, "h:p:U:d:t:qV", NO_CONNECTION + 1)
    if isinstance(given, int):
        return given
    where = target(process, given)
    patience = duration(given.get("t")) if "t" in given else _PATIENCE
    code = yield from _greeting(process, where, patience)
    words = {0: "accepting connections", 1: "rejecting connections", 2: "no response"}[code]
    if "q" not in given:
        yield from process.print(f"{where.host or SOCKETS}:{where.port} - {words}")
    return code


def _greeting(process: Process, where: Target, patience: float) -> Step:
    until = process.after(patience) if patience else None
    reached = yield from reach(process, where, patience)
    if isinstance(reached, str):
        return NO_CONNECTION
    reached.hold()
    try:
        wire = protocol.Wire(reached, process.kernel.agenda, until)
        yield from wire.send(b"", protocol.startup({"user": where.user, "database": where.database}))
        kind, body = yield from wire.message()
    except (protocol.Closed, BrokenPipe):
        return NO_CONNECTION
    finally:
        reached.release()
    return 1 if kind == b"E" and b"C57P03\0" in body else 0


def options(process: Process, spec: str, failure: int) -> Generator[Syscall, Reason, Options | int]:
    """The command line's options; `failure` when it is a bad one, which was said."""
    name = process.argv[0].rsplit("/", 1)[-1]
    try:
        return parse(process.argv[1:], spec, _LONG)
    except Usage as error:
        yield from process.complain(
            f'{name}: {error}\n{name}: hint: Try "{name} --help" for more information.'
        )
        return failure

"""psql and pg_isready: finding the server, logging in, asking, and their words for what goes wrong."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

from msgspec import Struct

from lab.embedded.runtime.applets.inputs import whole
from lab.embedded.runtime.applets.netclients import connect
from lab.embedded.runtime.applets.options import Options, Usage, duration, parse
from lab.embedded.runtime.daemons.postgres import protocol
from lab.embedded.runtime.daemons.postgres.server import PORT, SOCKETS, UnixSocket
from lab.embedded.runtime.filesystem import FileError
from lab.embedded.runtime.network import Socket, is_address
from lab.embedded.runtime.streams import BrokenPipe, Pipe

if TYPE_CHECKING:
    from lab.embedded.runtime.process import Process
    from lab.embedded.runtime.tasks import Reason, Syscall

Step = Generator["Syscall", "Reason", int]
_PATIENCE = 3.0
_USAGE_ERROR, _NO_CONNECTION = 1, 2


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
    "version": "V",
}


def _target(process: Process, options: Options) -> Target:
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


def _reach(process: Process, target: Target, timeout: float) -> Generator[Syscall, Reason, Socket | str]:
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
    options = yield from _options(process, "h:p:U:d:t:qV", _NO_CONNECTION + 1)
    if isinstance(options, int):
        return options
    target = _target(process, options)
    patience = duration(options.get("t")) if "t" in options else _PATIENCE
    code = yield from _greeting(process, target, patience)
    words = {0: "accepting connections", 1: "rejecting connections", 2: "no response"}[code]
    if "q" not in options:
        yield from process.print(f"{target.host or SOCKETS}:{target.port} - {words}")
    return code


def _greeting(process: Process, target: Target, patience: float) -> Step:
    until = round(process.now() + patience, 6) if patience else None
    reached = yield from _reach(process, target, patience)
    if isinstance(reached, str):
        return _NO_CONNECTION
    reached.hold()
    try:
        wire = protocol.Wire(reached, process.kernel.agenda, until)
        yield from wire.send(b"", protocol.startup({"user": target.user, "database": target.database}))
        kind, body = yield from wire.message()
    except (protocol.Closed, BrokenPipe):
        return _NO_CONNECTION
    finally:
        reached.release()
    return 1 if kind == b"E" and b"C57P03\0" in body else 0


# -- psql ---------------------------------------------------------------------------------------------------


def psql(process: Process) -> Step:
    """Ask with `-c`, from a file or from standard input."""
    options = yield from _options(process, "h:p:U:d:c:f:qtAwWXv:lV1aeF:", _USAGE_ERROR)
    if isinstance(options, int):
        return options
    if "V" in options:
        yield from process.print(
            f"psql (PostgreSQL) {process.env.get('PG_MAJOR', '16')}.{process.env.get('PG_MINOR', '9')}"
        )
        return 0
    texts = options.every.get("c") or []
    if "l" in options:
        texts = ["SELECT datname FROM pg_database"]
    if not texts:
        try:
            texts = [(yield from whole(process, options.get("f", "-"))).decode("utf-8", "replace")]
        except FileError as error:
            yield from process.complain(f"psql: error: {options.get('f')}: {error}")
            return _USAGE_ERROR
    return (yield from _ask(process, _target(process, options), texts, options))


def _ask(process: Process, target: Target, texts: list[str], options: Options) -> Step:
    reached = yield from _reach(process, target, float(process.env.get("PGCONNECT_TIMEOUT") or 127))
    if isinstance(reached, str):
        yield from process.complain(f"psql: error: {reached}")
        return _NO_CONNECTION
    reached.hold()
    wire = protocol.Wire(reached, process.kernel.agenda)
    try:
        refusal = yield from _login(process, wire, target)
        if refusal:
            address = f" ({reached.remote[0]})" if not is_address(target.host) else ""
            where = (
                f'on socket "{target.socket}"'
                if target.local
                else f'at "{target.host}"{address}, port {target.port}'
            )
            yield from process.complain(f"psql: error: connection to server {where} failed: {refusal}")
            return _NO_CONNECTION
        code = 0
        for text in texts:
            if text.lstrip().startswith("\\"):
                yield from process.complain(f"psql: {text.split()[0]} is not available in the simulation")
                return _USAGE_ERROR
            good = yield from _query(process, wire, text, options)
            code = code if good else _USAGE_ERROR
        yield from wire.send(b"X")
    except (protocol.Closed, BrokenPipe):
        yield from process.complain("server closed the connection unexpectedly")
        return _NO_CONNECTION
    else:
        return code if "c" in options else 0
    finally:
        reached.release()


def _login(process: Process, wire: protocol.Wire, target: Target) -> Generator[Syscall, Reason, str]:
    yield from wire.send(b"", protocol.startup({"user": target.user, "database": target.database}))
    while True:
        kind, body = yield from wire.message()
        if kind == b"E":
            return protocol.error_text(body)
        if kind == b"Z":
            return ""
        if kind == b"R" and body == b"\0\0\0\3":
            password = process.env.get("PGPASSWORD")
            if password is None:
                return "fe_sendauth: no password supplied"
            yield from wire.send(b"p", password.encode() + b"\0")


def _query(
    process: Process, wire: protocol.Wire, text: str, options: Options
) -> Generator[Syscall, Reason, bool]:
    yield from wire.send(b"Q", text.encode() + b"\0")
    names: list[str] = []
    rows: list[list[str]] = []
    good = True
    while True:
        kind, body = yield from wire.message()
        if kind == b"T":
            names, rows = protocol.column_names(body), []
        elif kind == b"D":
            rows.append(protocol.row_values(body))
        elif kind == b"E":
            good = False
            yield from process.complain(protocol.error_text(body))
        elif kind == b"C":
            if names:
                yield from process.write(1, _table(names, rows, options).encode())
            elif "q" not in options:
                yield from process.print(body.rstrip(b"\0").decode())
            names = []
        elif kind == b"Z":
            return good


def _table(names: list[str], rows: list[list[str]], options: Options) -> str:
    bare, plain = "t" in options, "A" in options
    count = f"({len(rows)} row{'' if len(rows) == 1 else 's'})\n"
    if plain:
        mark = options.get("F", "|")
        lines = [mark.join(each) for each in ([] if bare else [names]) + rows]
        return "".join(f"{line}\n" for line in lines) + ("" if bare else count)
    widths = [max(len(name), *(len(row[at]) for row in rows), 0) for at, name in enumerate(names)]
    numbers = [
        bool(rows) and all(row[at].lstrip("-").replace(".", "", 1).isdigit() for row in rows)
        for at in range(len(names))
    ]
    shown = [
        " | ".join(f"{value:>{width}}" if number else f"{value:<{width}}"
                   for value, width, number in zip(row, widths, numbers, strict=True)).rstrip()
        for row in rows
    ]  # fmt: skip
    body = "".join(f" {line}\n" for line in shown)
    if bare:
        return body + "\n"
    head = " | ".join(f"{name:^{width}}" for name, width in zip(names, widths, strict=True))
    rule = "+".join("-" * (width + 2) for width in widths)
    return f" {head} \n{rule}\n{body}{count}\n"


def _options(process: Process, spec: str, failure: int) -> Generator[Syscall, Reason, Options | int]:
    name = process.argv[0].rsplit("/", 1)[-1]
    try:
        return parse(process.argv[1:], spec, _LONG)
    except Usage as error:
        yield from process.complain(
            f'{name}: {error}\n{name}: hint: Try "{name} --help" for more information.'
        )
        return failure

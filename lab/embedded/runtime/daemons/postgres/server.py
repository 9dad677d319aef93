"""The server process: start, recovery, sessions, and its three ways to shut down.

SIGTERM waits for the sessions, SIGINT (the image's stop signal) ends them, SIGQUIT leaves all as it is.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

from lab.embedded.runtime import signals
from lab.embedded.runtime.daemons.postgres import protocol
from lab.embedded.runtime.daemons.postgres.session import Session, stamped
from lab.embedded.runtime.daemons.postgres.statements import TEMPLATES, Catalogue
from lab.embedded.runtime.daemons.serving import CannotListen, Server, descriptors, drain, utc
from lab.embedded.runtime.filesystem import File, FileError
from lab.embedded.runtime.http import serve_in_child
from lab.embedded.runtime.network import Listener
from lab.embedded.runtime.streams import BrokenPipe

if TYPE_CHECKING:
    from lab.embedded.runtime.network import Socket
    from lab.embedded.runtime.process import Process
    from lab.embedded.runtime.tasks import Reason, Syscall

Step = Generator["Syscall", "Reason", int]
Work = Generator["Syscall", "Reason", None]
PORT = 5432
SOCKETS = "/var/run/postgresql"
MEMORY = 24 * 1024 * 1024
"""Bytes an idle server uses for itself."""
_RECOVERY_SECONDS = 0.5
_HELPERS = (
    "checkpointer",
    "background writer",
    "walwriter",
    "autovacuum launcher",
    "logical replication launcher",
)


class UnixSocket(File):
    """The node of a listening Unix socket: who finds it can connect."""

    listener: Listener | None = None


def version(process: Process) -> str:
    """The release that a container's image has."""
    return f"{process.env.get('PG_MAJOR', '16')}.{process.env.get('PG_MINOR', '9')}"


class Postgres:
    """One server."""

    def __init__(
        self, process: Process, data: str, catalogue: Catalogue, *, over_tcp: bool, trust: bool
    ) -> None:
        self._process, self._data, self._catalogue = process, data, catalogue
        self._over_tcp, self._trust = over_tcp, trust
        self._server = Server(process)
        self._ready = False
        self._helpers: list[Process] = []
        self._sessions: list[Process] = []

    def run(self) -> Step:
        """Start, serve, and end by a signal."""
        process = self._process
        process.handled |= {signals.TERM, signals.INT, signals.QUIT, signals.HUP}
        process.set_memory(MEMORY)
        version = self._catalogue.version
        package = "" if "musl" in self._catalogue.platform else f" (Debian {version}-1.pgdg120+1)"
        yield from self._log(f"starting PostgreSQL {version}{package} on {self._catalogue.platform}")
        problem = yield from self._listen()
        if problem:
            return 1
        yield from self._recover()
        self._ready = True
        self._start_helpers()
        yield from self._log("database system is ready to accept connections")
        while True:
            yield from self._server.run()
            number = process.pending.pop(0)
            if number != signals.HUP:
                return (yield from self._shut_down(number))
            yield from self._log("received SIGHUP, reloading configuration files")

    def _log(self, text: str, level: str = "LOG", pid: int | None = None) -> Work:
        yield from self._process.complain(stamped(self._process, text, level, pid))

    def _listen(self) -> Generator[Syscall, Reason, bool]:
        process = self._process
        if self._over_tcp:
            try:
                self._server.listen(PORT, self._accept)
            except CannotListen as error:
                yield from self._log(f'could not bind IPv4 address "0.0.0.0": {error.text}')
                hint = f"Is another postmaster already running on port {PORT}?"
                yield from self._log(f"{hint} If not, wait a few seconds and retry.", "HINT")
                yield from self._log("could not create any TCP/IP sockets", "FATAL")
                return True
            yield from self._log(f'listening on IPv4 address "0.0.0.0", port {PORT}')
            yield from self._log(f'listening on IPv6 address "::", port {PORT}')
        path = f"{SOCKETS}/.s.PGSQL.{PORT}"
        node = UnixSocket(mode=0o777)
        node.listener = Listener(process.kernel.host, path, PORT)
        try:
            place = process.kernel.files.lookup(path)
            if place.node is not None:
                process.kernel.files.unlink(path, "/", 0)
            process.kernel.files.insert(process.kernel.files.lookup(path), node, process.uid)
        except FileError as error:
            yield from self._log(f'could not create lock file "{path}.lock": {error}', "FATAL")
            return True
        self._server.add(node.listener, self._accept)
        yield from self._log(f'listening on Unix socket "{path}"')
        return False

    def _recover(self) -> Work:
        process, path = self._process, f"{self._data}/postmaster.pid"
        at = utc(process)
        crashed = process.kernel.files.exists(path) is not None
        pid = process.pid + 1
        if crashed:
            yield from self._log(
                f"database system was interrupted; last known up at {at:%Y-%m-%d %H:%M:%S} UTC", pid=pid
            )
            text = "database system was not properly shut down; automatic recovery in progress"
            yield from self._log(text, pid=pid)
            yield from process.sleep(_RECOVERY_SECONDS)
            yield from self._log("redo is not required", pid=pid)
        else:
            yield from self._log(f"database system was shut down at {at:%Y-%m-%d %H:%M:%S} UTC", pid=pid)
        process.install(5, process.open(path, write=True))
        yield from process.write(5, f"{process.pid}\n{self._data}\n".encode())

    def _start_helpers(self) -> None:
        for name in _HELPERS:
            helper = self._process.kernel.spawn(
                self._process, [f"postgres: {name}"], _idle, fds=descriptors(self._process)
            )
            self._helpers.append(helper)

    def _shut_down(self, number: int) -> Step:
        process = self._process
        words = {signals.TERM: "smart", signals.INT: "fast", signals.QUIT: "immediate"}
        yield from self._log(f"received {words[number]} shutdown request")
        self._ready = False
        if number == signals.QUIT:
            yield from self._log("database system is shut down")
            return 0
        if number == signals.TERM:
            self._server.close()
            for session in self._sessions:
                while session.status is None and signals.INT not in process.pending:
                    yield from process.wait(session.ended)
        yield from self._log("aborting any active transactions")
        for session in [each for each in self._sessions if each.status is None]:
            yield from self._log("terminating connection due to administrator command", "FATAL", session.pid)
            process.kernel.signal(session, signals.KILL)
        last = self._helpers[-1].pid if self._helpers else 0
        yield from self._log(
            f'background worker "logical replication launcher" (PID {last}) exited with exit code 1'
        )
        checkpointer = self._helpers[0].pid if self._helpers else process.pid
        yield from self._log("shutting down", pid=checkpointer)
        yield from self._log("checkpoint starting: shutdown immediate", pid=checkpointer)
        yield from self._log("checkpoint complete: wrote 3 buffers (0.0%)", pid=checkpointer)
        self._server.close()
        for helper in self._helpers:
            process.kernel.signal(helper, signals.KILL)
        yield from drain(process)
        for path in (f"{self._data}/postmaster.pid", f"{SOCKETS}/.s.PGSQL.{PORT}"):
            process.kernel.files.unlink(path, "/", 0)
        yield from self._log("database system is shut down")
        return 0

    # -- sessions -----------------------------------------------------------------------------------------

    def _accept(self, socket: Socket) -> None:
        title = ["postgres: session"]
        child = serve_in_child(self._process, socket, lambda each: self._session(each, socket), title, (2,))
        if child is not None:
            child.memory = 1024 * 1024
            self._sessions = [*(each for each in self._sessions if each.status is None), child]

    def _session(self, child: Process, socket: Socket) -> Step:
        wire = protocol.Wire(socket, child.kernel.agenda)
        try:
            yield from self._talk(child, wire, socket)
        except (protocol.Closed, BrokenPipe):
            return 0
        return 0

    def _talk(self, child: Process, wire: protocol.Wire, socket: Socket) -> Work:
        _, body = yield from wire.message(first=True)
        if len(body) >= 4 and int.from_bytes(body[:4], "big") == protocol.SSL_REQUEST:
            yield from wire.send_raw(b"N")
            _, body = yield from wire.message(first=True)
        if int.from_bytes(body[:4], "big") != protocol.VERSION:
            major, minor = int.from_bytes(body[:2], "big"), int.from_bytes(body[2:4], "big")
            text = f"unsupported frontend protocol {major}.{minor}: server supports 3.0 to 3.0"
            yield from self._fatal(child, wire, "0A000", text)
            return
        told = protocol.parameters(body)
        user = told.get("user", "")
        database = told.get("database") or user
        refusal = yield from self._login(
            wire, user, database, local=socket.remote[0] in ("127.0.0.1", "unix")
        )
        if refusal:
            yield from self._fatal(child, wire, *refusal)
            return
        yield from wire.send(b"R", b"\0\0\0\0")
        yield from wire.send(b"S", f"server_version\0{self._catalogue.version}\0".encode())
        child.argv = [f"postgres: {user} {database} {socket.remote[0]} idle"]
        yield from Session(child, wire, self._catalogue, user, database).serve()

    def _fatal(self, child: Process, wire: protocol.Wire, code: str, text: str) -> Work:
        yield from child.complain(stamped(child, text, "FATAL"))
        yield from wire.send(b"E", protocol.error("FATAL", code, text))

    def _login(
        self, wire: protocol.Wire, user: str, database: str, *, local: bool
    ) -> Generator[Syscall, Reason, tuple[str, str] | None]:
        if not self._ready:
            return "57P03", "the database system is starting up"
        if not local and not self._trust:
            yield from wire.send(b"R", b"\0\0\0\3")
            kind, body = yield from wire.message()
            known = self._catalogue.roles.get(user)
            if kind != b"p" or known is None or body.rstrip(b"\0").decode("utf-8", "replace") != known:
                return "28P01", f'password authentication failed for user "{user}"'
        if user not in self._catalogue.roles:
            return "28000", f'role "{user}" does not exist'
        if database == TEMPLATES[0]:
            return "55000", f'database "{database}" is not currently accepting connections'
        if database not in self._catalogue.databases:
            return "3D000", f'database "{database}" does not exist'
        return None


def _idle(process: Process) -> Step:
    while True:
        yield from process.wait()

"""psql: logging in, statements by `-c`, from a file, from standard input or typed at its prompt."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

from lab.embedded.runtime.applets.inputs import Lines, whole
from lab.embedded.runtime.daemons.postgres import commands, protocol
from lab.embedded.runtime.daemons.postgres.clients import (
    NO_CONNECTION,
    Refused,
    Target,
    options,
    reach,
    target,
)
from lab.embedded.runtime.daemons.postgres.errors import SqlError
from lab.embedded.runtime.daemons.postgres.lexing import tokens
from lab.embedded.runtime.daemons.postgres.printing import Style, table
from lab.embedded.runtime.daemons.postgres.server import version
from lab.embedded.runtime.filesystem import FileError
from lab.embedded.runtime.network import is_address
from lab.embedded.runtime.streams import BrokenPipe

if TYPE_CHECKING:
    from lab.embedded.runtime.applets.options import Options
    from lab.embedded.runtime.network import Socket
    from lab.embedded.runtime.process import Process
    from lab.embedded.runtime.tasks import Reason, Syscall

Step = Generator["Syscall", "Reason", int]
Said = Generator["Syscall", "Reason", bool]
_FAILED, _STOPPED = 1, 3


def psql(process: Process) -> Step:
    """Ask with `-c`, from a file, or from standard input."""
    given = yield from options(process, "h:p:U:d:c:f:qtAwWXxv:lV1aeF:", _FAILED)
    if isinstance(given, int):
        return given
    if "V" in given:
        yield from process.print(f"psql (PostgreSQL) {version(process)}")
        return 0
    client = _Psql(process, given)
    try:
        yield from client.connect(client.where)
        return (yield from client.work(given))
    except Refused as refused:
        yield from process.complain(f"psql: error: {refused}")
        return NO_CONNECTION
    except FileError as error:
        yield from process.complain(f"psql: error: {given.get('f')}: {error}")
        return _FAILED
    except (protocol.Closed, BrokenPipe):
        yield from process.complain(
            "server closed the connection unexpectedly\n"
            "\tThis probably means the server terminated abnormally\n"
            "\tbefore or while processing the request.\n"
            "connection to server was lost"
        )
        return NO_CONNECTION
    finally:
        client.leave()


def _banner(process: Process) -> str:
    number, package = version(process), process.env.get("PG_VERSION", "")
    return f"{number} (Debian {package})" if "pgdg" in package else number


class _Psql:
    """One call of psql."""

    def __init__(self, process: Process, given: Options) -> None:
        self.process, self.given = process, given
        self.style = Style("t" in given, "A" in given, given.get("F", "|"), expanded="x" in given)
        self.where = target(process, given)
        self.state = b"I"
        """Of the transaction: `I` none, `T` open, `E` failed."""
        self._socket: Socket | None = None
        self._stops = any("ON_ERROR_STOP" in each for each in given.every.get("v") or [])

    # -- the connection -----------------------------------------------------------------------------------

    def connect(self, where: Target) -> Generator[Syscall, Reason, None]:
        """Log in.

        Raises:
            Refused: the server cannot be reached, or says no.
        """
        process = self.process
        reached = yield from reach(process, where, float(process.env.get("PGCONNECT_TIMEOUT") or 127))
        if isinstance(reached, str):
            raise Refused(reached)
        self.leave()
        reached.hold()
        self._socket = reached
        self.wire = protocol.Wire(reached, process.kernel.agenda)
        self.where = where
        refusal = yield from self._login(where)
        if refusal:
            address = f" ({reached.remote[0]})" if not is_address(where.host) else ""
            place = f'at "{where.host}"{address}, port {where.port}'
            place = f'on socket "{where.socket}"' if where.local else place
            raise Refused(f"connection to server {place} failed: {refusal}")

    def leave(self) -> None:
        """Let the connection go."""
        if self._socket is not None:
            self._socket.release()
            self._socket = None

    def _login(self, where: Target) -> Generator[Syscall, Reason, str]:
        wire, process = self.wire, self.process
        yield from wire.send(b"", protocol.startup({"user": where.user, "database": where.database}))
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

    # -- work ---------------------------------------------------------------------------------------------

    def work(self, given: Options) -> Step:
        """All that was asked for; the exit code."""
        if "l" in given:
            return 0 if (yield from commands.carry_out(self, "\\l")) else _FAILED
        texts = given.every.get("c") or []
        if texts:
            good = True
            for text in texts:
                good = yield from self._line(text)
                if not good and self._stops:
                    break
            return 0 if good else _FAILED
        if "f" in given and given.get("f") != "-":
            text = (yield from whole(self.process, given.get("f"))).decode("utf-8", "replace")
            return (yield from self._script(text.splitlines(keepends=True)))
        return (yield from self._typed())

    def _line(self, text: str) -> Said:
        if text.lstrip().startswith("\\"):
            return (yield from commands.carry_out(self, text.strip()))
        return (yield from self.query(text))

    def _script(self, lines: list[str]) -> Step:
        pending = ""
        for line in [*lines, ";"]:
            if line.startswith("\\") and not pending.strip():
                if line.strip() in ("\\q", "\\quit"):
                    return 0
                good = yield from commands.carry_out(self, line.strip())
            else:
                complete, pending = _complete(pending + line)
                good = True
                for text in complete:
                    good = yield from self.query(text)
                    if not good and self._stops:
                        return _STOPPED
            if not good and self._stops:
                return _STOPPED
        return 0

    def _typed(self) -> Step:
        process = self.process
        stream = process.fds.get(0)
        if stream is None:
            return 0
        terminal = stream.is_tty
        if terminal and not self.style.quiet:
            yield from process.print(f'psql ({_banner(process)})\nType "help" for help.\n')
        lines, pending = Lines(process, stream), ""
        while True:
            if terminal:
                mark = "-" if pending.strip() else "="
                failed = {b"T": "*", b"E": "!"}.get(self.state, "")
                yield from process.write(1, f"{self.where.database}{mark}{failed}# ".encode())
            raw = yield from lines.next()
            if raw is None:
                if terminal:
                    yield from process.print("\\q")
                elif pending.strip() and not (yield from self.query(pending)) and self._stops:
                    return _STOPPED
                return 0
            line = raw.decode("utf-8", "replace")
            if not pending.strip() and line.strip() in ("\\q", "quit", "exit", "\\quit"):
                return 0
            good = True
            if line.lstrip().startswith("\\") and not pending.strip():
                good = yield from commands.carry_out(self, line.strip())
            else:
                complete, pending = _complete(pending + line)
                for text in complete:
                    good = (yield from self.query(text)) and good
            if not good and self._stops and not terminal:
                return _STOPPED

    # -- asking -------------------------------------------------------------------------------------------

    def query(self, text: str) -> Said:
        """Send a statement, and show what comes."""
        process = self.process
        yield from self.wire.send(b"Q", text.encode() + b"\0")
        columns: list[tuple[str, int]] | None = None
        rows: list[list[str | None]] = []
        good = True
        while True:
            kind, body = yield from self.wire.message()
            if kind == b"T":
                columns, rows = protocol.columns(body), []
            elif kind == b"D":
                rows.append(protocol.row_values(body))
            elif kind in (b"E", b"N"):
                good = good and kind == b"N"
                yield from process.complain(protocol.error_text(body, text))
            elif kind == b"C":
                if columns is not None:
                    yield from process.write(1, table(columns, rows, self.style).encode())
                elif "q" not in self.given:
                    yield from process.print(body.rstrip(b"\0").decode())
                columns = None
            elif kind == b"Z":
                self.state = body
                return good

    def ask(self, text: str) -> Generator[Syscall, Reason, list[list[str | None]]]:
        """The rows of a statement of psql's own."""
        yield from self.wire.send(b"Q", text.encode() + b"\0")
        rows: list[list[str | None]] = []
        while True:
            kind, body = yield from self.wire.message()
            if kind == b"D":
                rows.append(protocol.row_values(body))
            elif kind == b"Z":
                return rows


def _complete(text: str) -> tuple[list[str], str]:
    """The statements that are complete, and what is left."""
    try:
        ends = [each.at for each in tokens(text) if each.text == ";" and each.kind == "sign"]
    except SqlError:
        return [], text  # a quote is open still
    found, begin = [], 0
    for at in ends:
        found.append(text[begin : at + 1].strip())
        begin = at + 1
    rest = text[begin:]
    return [each for each in found if each != ";"], rest if rest.strip() else ""

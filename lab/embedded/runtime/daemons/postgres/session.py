"""One client's session: its statements one after another, its transaction, and what it is told.

One transaction is open in a database at a time: a statement of another session waits until it is over.
PostgreSQL would let most of them go on beside each other; what they would see is the same.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

from lab.embedded.runtime.daemons.postgres import protocol
from lab.embedded.runtime.daemons.postgres.engine import Asking
from lab.embedded.runtime.daemons.postgres.errors import SqlError
from lab.embedded.runtime.daemons.postgres.lexing import statements
from lab.embedded.runtime.daemons.postgres.statements import Result, execute, sleeping, transaction
from lab.embedded.runtime.daemons.serving import utc

if TYPE_CHECKING:
    from lab.embedded.runtime.daemons.postgres.engine import Database
    from lab.embedded.runtime.daemons.postgres.lexing import Statement
    from lab.embedded.runtime.daemons.postgres.statements import Catalogue
    from lab.embedded.runtime.process import Process
    from lab.embedded.runtime.tasks import Reason, Syscall

Work = Generator["Syscall", "Reason", None]
_STEPS_A_SECOND = 5_000_000
"""Steps of the engine that count for a second of cluster time."""
_ABORTED = "current transaction is aborted, commands ignored until end of transaction block"


def stamped(process: Process, text: str, level: str = "LOG", pid: int | None = None) -> str:
    """A line of the server's log."""
    at = utc(process)
    shown = f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03d} UTC"
    return f"{shown} [{pid if pid is not None else process.pid}] {level}:  {text}"


class Script:
    """Statements of one user on one database, in or outside of a transaction."""

    def __init__(self, process: Process, catalogue: Catalogue, user: str, database: str) -> None:
        self._process, self._catalogue = process, catalogue
        self._user, self._name = user, database
        self.failed = False
        """Whether the open transaction can only be rolled back."""

    @property
    def open(self) -> bool:
        """Whether a transaction of this session is open."""
        found = self._catalogue.databases.get(self._name)
        return found is not None and found.holder is self._process

    def close(self) -> None:
        """End the transaction without its effects, if one is open."""
        found = self._catalogue.databases.get(self._name)
        if found is not None:
            found.let_go(self._process)
        self.failed = False

    def run(self, statement: Statement, *, together: bool = False) -> Generator[Syscall, Reason, Result]:
        """Carry out one statement, after whoever has a transaction open; `together`: in one of its own.

        Raises:
            SqlError: it fails.
        """
        database = yield from self._reach()
        verb = transaction(statement)
        if self.failed and verb not in ("COMMIT", "ROLLBACK"):
            raise SqlError("25P02", _ABORTED)
        if verb:
            return self._turn(database, verb)
        if together and not self.open:
            self._begin(database)
        yield from self._process.compute(5, changed=True)
        yield from self._process.sleep(sleeping(statement))
        try:
            result = execute(self._catalogue, database, self._asking(), statement)
        except SqlError:
            self.failed = self.open
            raise
        if result.steps:
            yield from self._process.sleep(result.steps / _STEPS_A_SECOND)
        return result

    def commit(self) -> None:
        """End the transaction with its effects."""
        self._turn(self._catalogue.databases[self._name], "COMMIT")

    def _reach(self) -> Generator[Syscall, Reason, Database]:
        """The database, once nobody else has a transaction open there."""
        while True:
            database = self._catalogue.databases.get(self._name)
            if database is None:
                raise SqlError("57P01", "terminating connection due to administrator command")
            holder = database.holder
            if holder is not None and holder.status is not None:
                database.let_go(holder)  # it was killed in its transaction
            if database.holder in (None, self._process):
                return database
            yield from self._process.wait(database.free)

    def _begin(self, database: Database) -> None:
        database.run("BEGIN")
        database.holder = self._process

    def _turn(self, database: Database, verb: str) -> Result:
        if verb == "BEGIN":
            if self.open:
                return Result("BEGIN", notices=("there is already a transaction in progress",))
            self._begin(database)
            return Result("BEGIN")
        if not self.open:
            return Result(verb, notices=("there is no transaction in progress",))
        tag = "ROLLBACK" if self.failed else verb
        if database.in_transaction:
            database.run(tag)
        self.close()
        return Result(tag)

    def _asking(self) -> Asking:
        at = utc(self._process)
        catalogue = self._catalogue
        return Asking(
            self._user, self._name, f"{at:%Y-%m-%d %H:%M:%S.%f}+00", catalogue.owner,
            f"PostgreSQL {catalogue.version} on {catalogue.platform}", self._process.kernel.random_bytes,
        )  # fmt: skip


class Session:
    """What a connected client says, and what it is answered."""

    def __init__(
        self, child: Process, wire: protocol.Wire, catalogue: Catalogue, user: str, database: str
    ) -> None:
        self._child, self._wire = child, wire
        self._script = Script(child, catalogue, user, database)

    def serve(self) -> Work:
        """Until the client leaves."""
        try:
            while True:
                state = b"E" if self._script.failed else b"T" if self._script.open else b"I"
                yield from self._wire.send(b"Z", state)
                kind, body = yield from self._wire.message()
                if kind == b"X":
                    return
                if kind == b"Q":
                    yield from self._query(body.rstrip(b"\0").decode("utf-8", "replace"))
                else:
                    text = "only simple queries are available in the simulation"
                    yield from self._wire.send(b"E", protocol.error("ERROR", "0A000", text))
        finally:
            self._script.close()

    def _query(self, text: str) -> Work:
        """Statements sent together are one transaction, unless they say otherwise."""
        script, current, together = self._script, text, False
        try:
            found = statements(text)
            if not found:
                yield from self._wire.send(b"I")
            together = len(found) > 1 and not script.open and not any(transaction(each) for each in found)
            for statement in found:
                current = statement.text
                yield from self._tell((yield from script.run(statement, together=together)))
            if together:
                script.commit()
        except SqlError as error:
            if together:
                script.close()
            yield from self._child.complain(stamped(self._child, str(error), "ERROR"))
            yield from self._child.complain(stamped(self._child, current, "STATEMENT"))
            body = protocol.error(
                "ERROR", error.code, str(error), at=error.at, detail=error.detail, hint=error.hint
            )
            yield from self._wire.send(b"E", body)

    def _tell(self, result: Result) -> Work:
        for notice in result.notices:
            yield from self._wire.send(b"N", protocol.error("NOTICE", "00000", notice))
        if result.columns is not None:
            yield from self._wire.send(b"T", protocol.row_description(result.columns, result.types))
            for row in result.rows:
                yield from self._wire.send(b"D", protocol.row(row))
        yield from self._wire.send(b"C", f"{result.tag}\0".encode())

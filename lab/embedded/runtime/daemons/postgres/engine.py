"""One database: tables in an SQLite that lives in memory alone, bounded in size, steps and functions.

Nothing of the host can be reached: no file can be attached or loaded, only listed functions are called,
every statement is stopped after `MOST_STEPS`, and a database has `MOST_PAGES`. Statements come translated;
what goes wrong is told in PostgreSQL's words.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
from functools import partial
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from lab.embedded.runtime.daemons.postgres import sqltypes
from lab.embedded.runtime.daemons.postgres.errors import SqlError
from lab.embedded.runtime.daemons.postgres.system_views import VIEWS
from lab.embedded.runtime.daemons.postgres.translation import literal
from lab.embedded.runtime.daemons.postgres.wording import HINT, worded
from lab.embedded.runtime.tasks import WaitQueue

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lab.embedded.runtime.process import Process

MOST_STEPS, STRIDE = 1_000_000, 1_000
"""Steps of the engine's machine a statement may take, and how often they are counted."""
MOST_PAGES = 4096
"""Pages of 4 KiB a database may have."""
LONGEST = 65_536
"""Bytes a value or a row may have."""
MOST_ROWS = 20_000
"""Rows an answer may have."""
_LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: LONGEST, sqlite3.SQLITE_LIMIT_SQL_LENGTH: 262_144,
    sqlite3.SQLITE_LIMIT_COLUMN: 200, sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 100,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 50, sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 100, sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 1,
    sqlite3.SQLITE_LIMIT_FUNCTION_ARG: 20, sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
}  # fmt: skip
_NAMES = """
abs avg coalesce count group_concat ifnull instr json_array_length length like lower ltrim max min nullif
replace round rtrim row_number rank dense_rank lag lead first_value last_value ntile sign sqrt substr
substring sum total trim upper ceil ceiling floor power mod ln exp -> ->> json json_extract printf glob
quote typeof sqlite_rename_column sqlite_rename_table sqlite_rename_test sqlite_drop_column
sqlite_rename_quotefix pragma_table_info pragma_foreign_key_list
"""
_NATIVE = frozenset(_NAMES.split())
"""The engine's own functions that are called, by statements or by itself."""
_PRAGMAS = ("table_info", "foreign_key_list", "quick_check")
for _name, _show in (("PG_BOOLEAN", sqltypes.boolean), ("PG_DATE", partial(sqltypes.moment, "PG_DATE")),
                     ("PG_TIMESTAMP", partial(sqltypes.moment, "PG_TIMESTAMP")),
                     ("PG_TIMESTAMPTZ", partial(sqltypes.moment, "PG_TIMESTAMPTZ"))):  # fmt: skip
    sqlite3.register_converter(_name, _show)
for _decimals in range(sqltypes.MOST_DECIMALS + 1):
    sqlite3.register_converter(f"PG_NUMERIC_{_decimals}", partial(sqltypes.decimal, _decimals))


class Asking(Struct):
    """Who asks, and when: what functions like `now()` and `current_user` answer by."""

    user: str = "postgres"
    database: str = "postgres"
    now: str = ""
    owner: str = "postgres"
    version: str = ""
    random: Callable[[int], bytes] = bytes


class Rows(Struct):
    """What the engine gave."""

    names: list[str] = field(default_factory=list)
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    changed: int = 0
    steps: int = 0


class Database:
    """One database of a server."""

    def __init__(self) -> None:
        self.asking = Asking()
        self.holder: Process | None = None
        """Whose transaction is open; others wait until it is over."""
        self.free = WaitQueue()
        self._steps = 0
        self._failure: SqlError | None = None
        self._engine = sqlite3.connect(
            ":memory:", isolation_level=None, detect_types=sqlite3.PARSE_DECLTYPES, check_same_thread=False
        )
        for limit, value in _LIMITS.items():
            self._engine.setlimit(limit, value)
        for line in (f"max_page_count={MOST_PAGES}", "temp_store=MEMORY", "foreign_keys=ON",
                     "case_sensitive_like=ON"):  # fmt: skip
            self._engine.execute(f"PRAGMA {line}")
        self._functions()
        self._engine.executescript(VIEWS)
        self._engine.set_authorizer(self._allowed)
        self._engine.set_progress_handler(self._step, STRIDE)

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return self._engine.in_transaction

    def close(self) -> None:
        """Drop it."""
        self._engine.close()

    def let_go(self, process: Process) -> None:
        """Roll back what a process has open, and let the others go on."""
        if self.holder is process:
            if self.in_transaction:
                self._engine.execute("ROLLBACK")
            self.holder = None
            self.free.notify()

    def list_shared(self, databases: Sequence[str], roles: Mapping[str, str], owner: str) -> None:
        """Fill the tables that all databases share."""
        self._engine.execute("DELETE FROM pg_database")
        self._engine.execute("DELETE FROM pg_roles")
        self._engine.executemany("INSERT INTO pg_database VALUES (?)", [(each,) for each in databases])
        rows = [(each, int(each == owner), 1) for each in roles]
        self._engine.executemany("INSERT INTO pg_roles VALUES (?, ?, ?)", rows)

    def run(self, statement: str) -> Rows:
        """Carry out one translated statement.

        Raises:
            SqlError: it fails.
        """
        self._steps, self._failure = 0, None
        try:
            cursor = self._engine.execute(statement)
            rows = cursor.fetchmany(MOST_ROWS + 1) if cursor.description else []
        except (sqlite3.Error, OverflowError, ValueError) as error:
            raise self._failure or self._worded(error) from None
        if len(rows) > MOST_ROWS:
            cursor.close()
            raise SqlError(
                "54000", f"an answer of more than {MOST_ROWS} rows is not available in the simulation"
            )
        names = [each[0] for each in cursor.description or ()]
        return Rows(names, rows, max(0, cursor.rowcount), self._steps)

    # -- bounds -------------------------------------------------------------------------------------------

    def _step(self) -> int:
        self._steps += STRIDE
        if self._steps < MOST_STEPS:
            return 0
        self._failure = SqlError("57014", "canceling statement: it takes more than the simulation allows")
        return 1

    def _allowed(self, action: int, first: str | None, second: str | None, *_: object) -> int:
        if action in (sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH, sqlite3.SQLITE_CREATE_TRIGGER):
            return sqlite3.SQLITE_DENY
        if action == sqlite3.SQLITE_CREATE_VTABLE or (
            action == sqlite3.SQLITE_PRAGMA and first not in _PRAGMAS
        ):
            return sqlite3.SQLITE_DENY
        if action == sqlite3.SQLITE_FUNCTION and second not in self._known:
            self._failure = SqlError("42883", f"function {second}() does not exist", hint=HINT)
            return sqlite3.SQLITE_DENY
        return sqlite3.SQLITE_OK

    # -- functions ----------------------------------------------------------------------------------------

    def _functions(self) -> None:
        own: dict[str, tuple[int, Callable[..., Any]]] = {
            "pg_check": (2, self._check), "pg_cast": (3, self._cast), "regexp": (2, _ilike),
            "pg_now": (0, lambda: self.asking.now), "pg_today": (0, lambda: self.asking.now[:10]),
            "pg_user_now": (0, lambda: self.asking.user), "pg_owner": (0, lambda: self.asking.owner),
            "current_database": (0, lambda: self.asking.database), "current_schema": (0, lambda: "public"),
            "version": (0, lambda: self.asking.version), "pg_is_in_recovery": (0, lambda: 0),
            "pg_backend_pid": (0, lambda: self.holder.pid if self.holder else 0),
            "pg_sleep": (1, lambda _seconds: ""), "gen_random_uuid": (0, self._uuid),
            "pg_random": (0, lambda: int.from_bytes(self.asking.random(6)) / 2**48),
            "pg_type_name": (2, _type_name),
            "md5": (1, lambda text: hashlib.md5(str(text).encode(), usedforsecurity=False).hexdigest()),
            "concat": (-1, lambda *each: "".join(str(one) for one in each if one is not None)[:65_536]),
            "repeat": (2, _repeat),
            "left": (2, lambda text, count: str(text)[: int(count)]),
            "initcap": (1, lambda text: str(text).title()),
        }  # fmt: skip
        self._known = _NATIVE | own.keys()
        for name, (count, function) in own.items():
            self._engine.create_function(name, count, function, deterministic=name in ("pg_check", "pg_cast"))

    def _check(self, declared: str, value: object) -> int:
        try:
            sqltypes.check(declared, value)
        except SqlError as error:
            self._failure = error
            raise
        return 1

    def _cast(self, declared: str, made: object, given: object) -> object:
        try:
            name = declared.partition("(")[0]
            if isinstance(given, str) and not isinstance(made, str):
                word = given.strip().lower()
                if name == "boolean" and word in _TRUTH:
                    return _TRUTH[word]
                sqltypes.check(name, _number(word) if name != "boolean" else given)
            if isinstance(given, float) and isinstance(made, int):
                return round(given)
            if isinstance(made, str):
                sqltypes.check(name, made)
                return sqltypes.cast(declared, made)
        except SqlError as error:
            self._failure = error
            raise
        return made

    def _uuid(self) -> str:
        digits = self.asking.random(16).hex()
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"

    # -- words --------------------------------------------------------------------------------------------

    def _worded(self, error: Exception) -> SqlError:
        match = re.search(r"UNIQUE constraint failed: (.+)", str(error))
        return self._duplicate(match[1]) if match else worded(str(error))

    def violated(self, error: SqlError, table: str) -> SqlError:
        """A violated check or foreign key, told with the table and the constraint's name."""
        if error.code == "23514":
            columns = {
                each[0]
                for each in self._inside(f"SELECT name FROM pragma_table_info({literal(table)})")  # noqa: S608 (quoted)
            }
            said = str(error).partition("(")[2].rstrip(")")
            word = re.search(r"[A-Za-z_]\w*", said)
            named = said.isidentifier() and said not in columns
            name = said if named else f"{table}_{word[0] if word else ''}_check"
            return SqlError("23514", f'new row for relation "{table}" violates check constraint "{name}"')
        keys = self._inside(f'SELECT "from" FROM pragma_foreign_key_list({literal(table)})')  # noqa: S608 (quoted)
        if len(keys) != 1:
            return error
        name = f"{table}_{keys[0][0]}_fkey"
        text = f'insert or update on table "{table}" violates foreign key constraint "{name}"'
        return SqlError("23503", text)

    def _inside(self, query: str) -> list[tuple[Any, ...]]:
        return self._engine.execute(query).fetchall()

    def _duplicate(self, places: str) -> SqlError:
        names = [each.split(".") for each in places.split(", ")]
        table, columns = names[0][0], [each[-1] for each in names]
        info = self._inside(f"SELECT name FROM pragma_table_info({literal(table)}) WHERE pk > 0")  # noqa: S608 (quoted)
        primary = {each[0] for each in info} == set(columns)
        name = f"{table}_pkey" if primary else f"{table}_{'_'.join(columns)}_key"
        return SqlError("23505", f'duplicate key value violates unique constraint "{name}"')


_TRUTH = {"t": 1, "true": 1, "yes": 1, "on": 1, "1": 1, "f": 0, "false": 0, "no": 0, "off": 0, "0": 0}


def _repeat(text: object, count: int) -> str:
    """`text` many times; more than a value may have is more than the engine takes, and fails there."""
    return str(text) * max(0, min(count, LONGEST // max(1, len(str(text))) + 1))


def _type_name(declared: str, whole: int) -> str:
    name = declared.partition(" ")[2] or "integer"
    return name if whole else name.partition("(")[0]


def _number(word: str) -> object:
    try:
        return int(word)
    except ValueError:
        try:
            return float(word)
        except ValueError:
            return word


def _ilike(pattern: object, text: object) -> int | None:
    """`text ILIKE pattern`, in steps that grow with the product of the lengths at most."""
    if pattern is None or text is None:
        return None
    want, have = str(pattern).lower()[:100], str(text).lower()
    at, here, star, mark = 0, 0, -1, 0
    while here < len(have):
        if at < len(want) and want[at] == "%":
            star, mark, at = at, here, at + 1
        elif at < len(want) and want[at] in ("_", have[here]):
            at, here = at + 1, here + 1
        elif star >= 0:
            mark += 1
            at, here = star + 1, mark
        else:
            return 0
    return int(not want[at:].strip("%"))

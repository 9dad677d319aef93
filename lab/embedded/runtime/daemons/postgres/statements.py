"""What the server does with a statement: its own ones on roles and databases, all others on the tables.

A statement that PostgreSQL has and the simulation does not is an error that says so; none is taken without
effect but GRANT, REVOKE, SET and their like, which change nothing here because nobody is held to them.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from msgspec import Struct, field

from lab.embedded.runtime.daemons.postgres import sqltypes, tables
from lab.embedded.runtime.daemons.postgres.engine import Database
from lab.embedded.runtime.daemons.postgres.errors import SqlError, unavailable
from lab.embedded.runtime.daemons.postgres.lexing import Statement, split
from lab.embedded.runtime.daemons.postgres.translation import Item, items, literal, quoted, translate

if TYPE_CHECKING:
    from lab.embedded.runtime.daemons.postgres.engine import Asking, Rows
    from lab.embedded.runtime.daemons.postgres.lexing import Token

MOST_DATABASES = 24
TEMPLATES = ("template0", "template1")


class Catalogue(Struct):
    """What a server keeps: its roles with their passwords, and its databases."""

    roles: dict[str, str] = field(default_factory=dict)
    databases: dict[str, Database] = field(default_factory=dict)
    version: str = ""
    owner: str = "postgres"
    """The superuser that the entry point made."""
    platform: str = "x86_64-pc-linux-gnu, 64-bit"

    def add_database(self, name: str) -> None:
        """Make a database, if there is none of the name."""
        if name not in self.databases:
            self.databases[name] = Database()


class Result(Struct, frozen=True):
    """What a statement gave: its tag, its rows if it has any, and notices."""

    tag: str
    columns: tuple[str, ...] | None = None
    rows: tuple[tuple[str | None, ...], ...] = ()
    types: tuple[int, ...] = ()
    notices: tuple[str, ...] = ()
    steps: int = 0


_TRANSACTION = {"BEGIN": "BEGIN", "START": "BEGIN", "COMMIT": "COMMIT", "END": "COMMIT",
                "ROLLBACK": "ROLLBACK", "ABORT": "ROLLBACK"}  # fmt: skip
_EMPTY = {"SET", "RESET", "GRANT", "REVOKE", "ANALYZE", "VACUUM", "DISCARD", "COMMENT"}
_ROWS = {"SELECT", "WITH", "VALUES", "TABLE", "INSERT", "UPDATE", "DELETE"}
_UNPLAYED = {"CALL", "COPY", "DO", "EXPLAIN", "LOCK", "PREPARE", "EXECUTE", "DECLARE", "FETCH", "LISTEN",
             "NOTIFY", "SAVEPOINT", "RELEASE", "REINDEX", "CLUSTER", "MERGE", "REFRESH", "REASSIGN",
             "SECURITY"}  # fmt: skip
_SHOWN = {"port": "5432", "max_connections": "100", "server_encoding": "UTF8", "client_encoding": "UTF8",
          "timezone": "Etc/UTC", "data_directory": "/var/lib/postgresql/data", "shared_buffers": "128MB",
          "transaction_isolation": "read committed", "search_path": '"$user", public'}  # fmt: skip


def transaction(statement: Statement) -> str:
    """What a statement does to the transaction: BEGIN, COMMIT, ROLLBACK, or nothing."""
    first, second = (*statement.words(2), "", "")[:2]
    if first == "ROLLBACK" and second == "TO":
        return ""
    return _TRANSACTION.get(first, "")


def execute(catalogue: Catalogue, database: Database, asking: Asking, statement: Statement) -> Result:
    """Carry out one statement that is none of the transaction's.

    Raises:
        SqlError: it fails, or is none of those there are.
    """
    found = statement.tokens
    first, second = (*statement.words(2), "", "")[:2]
    database.asking = asking
    if first == "SHOW":
        return _show(catalogue, found)
    if first in _EMPTY:
        return Result(first)
    if second in ("USER", "ROLE", "DATABASE") and first in ("CREATE", "ALTER", "DROP"):
        return _shared(catalogue, asking, first, second, statement)
    if first in _UNPLAYED:
        raise unavailable(f"{first} is")
    if first in _ROWS:
        return _asked(catalogue, database, found)
    if first == "TRUNCATE":
        return _truncate(database, found)
    if first in ("CREATE", "DROP", "ALTER"):
        return _define(database, first, found)
    raise tables.syntax(found)


def _show(catalogue: Catalogue, found: tuple[Token, ...]) -> Result:
    name = found[1].name if len(found) > 1 else ""
    values = {**_SHOWN, "server_version": catalogue.version}
    if name not in values:
        raise SqlError("42704", f'unrecognized configuration parameter "{name}"')
    return Result("SHOW", (name,), ((values[name],),), (25,))


# -- rows ---------------------------------------------------------------------------------------------------


def _asked(catalogue: Catalogue, database: Database, found: tuple[Token, ...]) -> Result:
    first = found[0].word
    names = {each.name for each in found if each.kind in ("word", "quoted")}
    if {"pg_database", "pg_roles", "pg_user"} & names:
        database.list_shared(sorted(catalogue.databases), catalogue.roles, catalogue.owner)
    text = translate(found)
    if first == "TABLE":
        text = f"SELECT * FROM {text[6:]}"  # noqa: S608 (translated)
    try:
        rows = database.run(text)
    except SqlError as error:
        raise _placed(_told(error, database, found), found) from None
    lead = "INSERT 0" if first == "INSERT" else first
    if not rows.names:
        return Result(f"{lead} {rows.changed}", steps=rows.steps)
    tag = f"{lead if first in ('INSERT', 'UPDATE', 'DELETE') else 'SELECT'} {len(rows.rows)}"
    if first == "VALUES":
        columns = [Item(f"column{at + 1}") for at in range(len(rows.names))]
    else:
        columns = _columns(items(found), rows)
    values = [[sqltypes.Bool(value) if column.judges and isinstance(value, int) else value
               for value, column in zip(row, columns, strict=True)] for row in rows.rows]  # fmt: skip
    types = tuple(
        next((sqltypes.identifier(row[at]) for row in values if row[at] is not None), 25)
        for at in range(len(columns))
    )
    shown = tuple(tuple(sqltypes.shown(value) for value in row) for row in values)
    return Result(tag, tuple(each.name for each in columns), shown, types, steps=rows.steps)


def _columns(listed: list[Item], rows: Rows) -> list[Item]:
    """The result's columns: a star's are called as the engine calls them."""
    plain = [Item(name.rpartition(".")[2]) for name in rows.names]
    stars = [at for at, each in enumerate(listed) if each.star]
    if not stars:
        return listed if len(listed) == len(plain) else plain
    if len(stars) > 1:
        return plain
    behind = len(listed) - stars[0] - 1
    end = len(plain) - behind
    return [*listed[: stars[0]], *plain[stars[0] : end], *listed[stars[0] + 1 :]]


def _told(error: SqlError, database: Database, found: tuple[Token, ...]) -> SqlError:
    """The error in more words, where the statement tells what was meant."""
    match = re.match(r'relation "(pg_\w+|information_schema\.\w+)" does not exist', str(error))
    if match:
        return unavailable(f'the relation "{match[1]}" is')
    if error.code in ("23514", "23503") and found[0].word in ("INSERT", "UPDATE"):
        table, _ = tables.table_name(list(found[2 if found[0].word == "INSERT" else 1 :]))
        return database.violated(error, table)
    return error


def _placed(error: SqlError, found: tuple[Token, ...]) -> SqlError:
    """The error with the place of what it names."""
    match = re.match(r'(?:relation|column|function|syntax error at or near) "?([\w.]+)"?', str(error))
    if error.at is None and match:
        name = match[1].rpartition(".")[2].lower()
        error.at = next((each.at for each in found if each.name == name), None)
    return error


def _truncate(database: Database, found: tuple[Token, ...]) -> Result:
    rest = list(found[2:] if found[1].word == "TABLE" else found[1:])
    rest = [each for each in rest if each.word not in ("CASCADE", "RESTART", "IDENTITY", "RESTRICT")]
    for part in split(rest):
        name, _ = tables.table_name(part)
        database.run(f"DELETE FROM {quoted(name)}")  # noqa: S608 (a quoted name)
    return Result("TRUNCATE TABLE")


# -- tables -------------------------------------------------------------------------------------------------


def _define(database: Database, first: str, found: tuple[Token, ...]) -> Result:
    words = [each.word for each in found]
    kind = next((each for each in words[1:4] if each in ("TABLE", "INDEX", "VIEW")), "")
    if not kind or "MATERIALIZED" in words[:4]:
        raise unavailable(f"{' '.join(words[:2]).strip()} is")
    if first == "DROP":
        return _drop(database, kind, list(found[2:]))
    if kind == "TABLE":
        return (
            _create_table(database, found) if first == "CREATE" else _alter_table(database, list(found[2:]))
        )
    if first == "ALTER":
        raise unavailable(f"ALTER {kind} is")
    rest = [each for each in found if each.word != "CONCURRENTLY"]
    if "USING" in words and kind == "INDEX":
        at = words.index("USING")
        rest = [each for each in rest if each not in found[at : at + 2]]
    if words[1:3] == ["OR", "REPLACE"]:
        raise unavailable("CREATE OR REPLACE is")
    rows = database.run(translate(_named_index(rest) if kind == "INDEX" else rest))
    return Result(f"CREATE {kind}", steps=rows.steps)


def _named_index(rest: list[Token]) -> list[Token]:
    words = [each.word for each in rest]
    if words[words.index("INDEX") + 1] == "ON":
        raise unavailable("an index without a name is")
    return rest


def _create_table(database: Database, found: tuple[Token, ...]) -> Result:
    text, name, lenient = tables.create_table(found)
    there = f"SELECT 1 FROM pragma_table_info({literal(name)})"  # noqa: S608 (quoted)
    if lenient and database.run(there).rows:
        return Result("CREATE TABLE", notices=(f'relation "{name}" already exists, skipping',))
    database.run(text)
    if text.startswith(f"CREATE TABLE {quoted(name)} AS "):
        counted = database.run(f"SELECT count(*) FROM {quoted(name)}")  # noqa: S608 (quoted)
        return Result(f"SELECT {counted.rows[0][0]}")
    return Result("CREATE TABLE")


def _drop(database: Database, kind: str, rest: list[Token]) -> Result:
    lenient = [each.word for each in rest[:2]] == ["IF", "EXISTS"]
    rest = [each for each in (rest[2:] if lenient else rest) if each.word not in ("CASCADE", "RESTRICT")]
    notices = []
    for part in split(rest):
        name, _ = tables.table_name(part)
        wanted = f"type = '{kind.lower()}' AND name = {literal(name)}"
        if database.run(f"SELECT 1 FROM main.sqlite_master WHERE {wanted}").rows:  # noqa: S608 (quoted)
            database.run(f"DROP {kind} {quoted(name)}")
        elif lenient:
            notices.append(f'{kind.lower()} "{name}" does not exist, skipping')
        else:
            raise SqlError("42P01", f'{kind.lower()} "{name}" does not exist')
    return Result(f"DROP {kind}", notices=tuple(notices))


def _alter_table(database: Database, rest: list[Token]) -> Result:
    if [each.word for each in rest[:2]] == ["IF", "EXISTS"]:
        rest = rest[2:]
    name, rest = tables.table_name(rest)
    for part in split(rest):
        words = [each.word for each in part]
        after = part[2:] if words[1:2] == ["COLUMN"] else part[1:]
        if words[0] == "ADD" and words[1] not in ("CONSTRAINT", "PRIMARY", "FOREIGN", "UNIQUE", "CHECK"):
            after = after[3:] if [each.word for each in after[:3]] == ["IF", "NOT", "EXISTS"] else after
            database.run(tables.add_column(name, after))
        elif words[0] == "RENAME" or (words[0] == "DROP" and words[1] != "CONSTRAINT"):
            database.run(f"ALTER TABLE {quoted(name)} {translate(part)}")
        elif words[:2] == ["OWNER", "TO"]:
            continue
        else:
            raise unavailable(f"ALTER TABLE … {' '.join(words[:2])} is")
    return Result("ALTER TABLE")


# -- roles and databases ------------------------------------------------------------------------------------


def _shared(catalogue: Catalogue, asking: Asking, first: str, kind: str, statement: Statement) -> Result:
    rest = list(statement.tokens[2:])
    words = [each.word for each in rest[:3]]
    lenient = words[:2] == ["IF", "EXISTS"]
    rest = rest[2:] if lenient else rest
    if not rest:
        raise tables.syntax(rest)
    name = rest[0].name
    if kind == "DATABASE":
        return _database(catalogue, asking, first, name, lenient=lenient)
    password = next((b.value for a, b in pairwise(rest)
                     if a.word == "PASSWORD" and b.kind == "string"), None)  # fmt: skip
    known = name in catalogue.roles
    if first == "CREATE" and known:
        raise SqlError("42710", f'role "{name}" already exists')
    if first != "CREATE" and not known:
        if lenient:
            return Result("DROP ROLE", notices=(f'role "{name}" does not exist, skipping',))
        raise SqlError("42704", f'role "{name}" does not exist')
    if first == "DROP":
        del catalogue.roles[name]
    elif first == "CREATE" or password is not None:
        catalogue.roles[name] = password or ""
    return Result(f"{first} ROLE")


def _database(catalogue: Catalogue, asking: Asking, first: str, name: str, *, lenient: bool) -> Result:
    known = name in catalogue.databases
    if first == "CREATE":
        if known:
            raise SqlError("42P04", f'database "{name}" already exists')
        if len(catalogue.databases) >= MOST_DATABASES:
            raise SqlError(
                "54000", f"more than {MOST_DATABASES} databases are not available in the simulation"
            )
        catalogue.add_database(name)
    elif not known and not lenient:
        raise SqlError("3D000", f'database "{name}" does not exist')
    elif first == "DROP" and known:
        if name == asking.database:
            raise SqlError("55006", "cannot drop the currently open database")
        catalogue.databases.pop(name).close()
    return Result(f"{first} DATABASE")


def sleeping(statement: Statement) -> float:
    """Seconds a statement asks the server to sleep (`SELECT pg_sleep(3)`)."""
    match = re.search(r"\bpg_sleep\(\s*(\d+(?:\.\d+)?)\s*\)", statement.text, re.IGNORECASE)
    return min(float(match[1]), 86400.0) if match else 0.0

"""psql's own commands, those that begin with a backslash; one that is not here says so."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING

from msgspec.structs import replace

from lab.embedded.runtime.daemons.postgres.clients import Refused
from lab.embedded.runtime.daemons.postgres.printing import table
from lab.embedded.runtime.daemons.postgres.translation import literal

if TYPE_CHECKING:
    from lab.embedded.runtime.daemons.postgres.psql import _Psql
    from lab.embedded.runtime.tasks import Reason, Syscall

Said = Generator["Syscall", "Reason", bool]
_TEXT = 25


def carry_out(client: _Psql, line: str) -> Said:
    """One command; False: it failed."""
    name, *words = line.rstrip(";").split()
    command = COMMANDS.get(name.rstrip("+") if len(name) > 2 else name)
    if command is None:
        yield from client.process.complain(f"psql: {name} is not available in the simulation")
        return False
    return (yield from command(client, words))


def _show(
    client: _Psql, names: list[str], rows: list[list[str | None]], title: str, *, counted: bool = True
) -> Said:
    text = table(
        [(name, _TEXT) for name in names], rows, replace(client.style, expanded=False), title, counted=counted
    )
    yield from client.process.write(1, text.encode())
    return True


def _databases(client: _Psql, _words: list[str]) -> Said:
    found = yield from client.ask("SELECT datname FROM pg_database ORDER BY datname")
    owner = yield from client.ask("SELECT rolname FROM pg_roles WHERE rolsuper")
    name = owner[0][0] if owner else "postgres"
    rows = [[each[0], name, "UTF8", "libc", "en_US.utf8", "en_US.utf8", "", "", ""] for each in found]
    heads = ["Name", "Owner", "Encoding", "Locale Provider", "Collate", "Ctype", "ICU Locale", "ICU Rules",
             "Access privileges"]  # fmt: skip
    return (yield from _show(client, heads, rows, "List of databases"))


def _tables(client: _Psql, words: list[str]) -> Said:
    wanted = f" AND tablename = {literal(words[0])}" if words else ""
    query = "SELECT schemaname, tablename, tableowner FROM pg_tables WHERE schemaname = 'public'"
    found = yield from client.ask(f"{query}{wanted} ORDER BY tablename")
    if not found:
        missing = f'Did not find any relation named "{words[0]}".' if words else "Did not find any relations."
        yield from client.process.complain(missing)
        return not words
    rows = [[each[0], each[1], "table", each[2]] for each in found]
    return (yield from _show(client, ["Schema", "Name", "Type", "Owner"], rows, "List of relations"))


def _describe(client: _Psql, words: list[str]) -> Said:
    if not words:
        return (yield from _tables(client, words))
    name = words[0].removeprefix("public.")
    found = yield from client.ask(
        "SELECT column_name, format_type, is_nullable, column_default, key_position "  # noqa: S608
        f"FROM information_schema.columns WHERE table_name = {literal(name)} ORDER BY ordinal_position"
    )
    if not found:
        yield from client.process.complain(f'Did not find any relation named "{words[0]}".')
        return False
    rows: list[list[str | None]] = [
        [each[0], each[1], "", "not null" if each[2] == "NO" else "", each[3]] for each in found
    ]
    heads = ["Column", "Type", "Collation", "Nullable", "Default"]
    yield from _show(client, heads, rows, f'Table "public.{name}"', counted=False)
    keys = [str(each[0]) for each in found if each[4] != "0"]
    foot = f'Indexes:\n    "{name}_pkey" PRIMARY KEY, btree ({", ".join(keys)})\n' if keys else ""
    yield from client.process.print(foot)
    return True


def _roles(client: _Psql, _words: list[str]) -> Said:
    found = yield from client.ask("SELECT rolname, rolsuper FROM pg_roles ORDER BY rolname")
    all_ = "Superuser, Create role, Create DB, Replication, Bypass RLS"
    rows: list[list[str | None]] = [[each[0], all_ if each[1] == "t" else ""] for each in found]
    return (yield from _show(client, ["Role name", "Attributes"], rows, "List of roles", counted=False))


def _connect(client: _Psql, words: list[str]) -> Said:
    database = words[0] if words and words[0] != "-" else client.where.database
    user = words[1] if len(words) > 1 and words[1] != "-" else client.where.user
    try:
        yield from client.connect(replace(client.where, database=database, user=user))
    except Refused as refused:
        yield from client.process.complain(f"{refused}")
        return False
    yield from client.process.print(f'You are now connected to database "{database}" as user "{user}".')
    return True


def _connected(client: _Psql, _words: list[str]) -> Said:
    where = client.where
    place = f'via socket in "{where.socket.rpartition("/")[0]}"' if where.local else f'on host "{where.host}"'
    lead = f'You are connected to database "{where.database}" as user "{where.user}"'
    yield from client.process.print(f'{lead} {place} at port "{where.port}".')
    return True


def _expand(client: _Psql, _words: list[str]) -> Said:
    client.style.expanded = not client.style.expanded
    yield from client.process.print(f"Expanded display is {'on' if client.style.expanded else 'off'}.")
    return True


def _echo(client: _Psql, words: list[str]) -> Said:
    yield from client.process.print(" ".join(words))
    return True


COMMANDS: dict[str, Callable[[_Psql, list[str]], Said]] = {
    "\\l": _databases, "\\list": _databases, "\\dt": _tables, "\\d": _describe,
    "\\du": _roles,
    "\\c": _connect, "\\connect": _connect, "\\conninfo": _connected, "\\x": _expand, "\\echo": _echo,
}  # fmt: skip

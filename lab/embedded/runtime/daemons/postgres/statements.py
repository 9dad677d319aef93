"""The few SQL statements the simulated server answers; all others get an error that says so.

There are no tables: what is here is what readiness checks and first steps ask (`SELECT 1`, `SELECT
version()`), and the roles and databases that start-up scripts make.
"""

from __future__ import annotations

import re

from msgspec import Struct, field


class Catalogue(Struct):
    """What the server knows: its roles with their passwords, and its databases."""

    roles: dict[str, str] = field(default_factory=dict)
    databases: set[str] = field(default_factory=set)
    version: str = ""


class Result(Struct, frozen=True):
    """What a statement gave: its tag, and rows if it has any."""

    tag: str
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


class SqlError(Exception):
    """A statement failed; `code` is the SQLSTATE, `str()` the server's text."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


_UNPLAYED = (
    "ALTER", "ANALYZE", "CALL", "COMMENT", "COPY", "CREATE", "DELETE", "DO", "DROP", "EXPLAIN", "INSERT",
    "LOCK", "TABLE", "TRUNCATE", "UPDATE", "VACUUM", "VALUES", "WITH",
)  # fmt: skip
_STRING = r"'((?:[^']|'')*)'"
_NAME = r'"?([A-Za-z_][\w$]*)"?'


def statements(text: str) -> list[str]:
    """A script cut at its semicolons; comments are left out."""
    plain = re.sub(r"--[^\n]*", "", text)
    found, current, quoted = [], "", False
    for letter in plain:
        quoted ^= letter == "'"
        if letter == ";" and not quoted:
            found.append(current.strip())
            current = ""
        else:
            current += letter
    return [each for each in [*found, current.strip()] if each]


def execute(catalogue: Catalogue, statement: str, user: str, database: str, now: str) -> Result:
    """Carry out one statement.

    Raises:
        SqlError: it fails, or is none of the few.
    """
    word = statement.split(None, 1)[0].upper() if statement.split() else ""
    if word == "SELECT":
        return _select(catalogue, statement, user, database, now)
    if word == "SHOW":
        name = statement.split(None, 1)[-1].strip().lower()
        values = {"server_version": catalogue.version, "port": "5432", "max_connections": "100"}
        if name not in values:
            raise SqlError("42704", f'unrecognized configuration parameter "{name}"')
        return Result("SHOW", (name,), ((values[name],),))
    if word in ("SET", "BEGIN", "COMMIT", "ROLLBACK", "GRANT", "REVOKE"):
        return Result(word)
    made = re.fullmatch(rf"CREATE\s+(USER|ROLE|DATABASE)\s+{_NAME}(.*)", statement, re.IGNORECASE | re.DOTALL)
    if made:
        return _create(catalogue, made[1].upper(), made[2], made[3])
    changed = re.fullmatch(rf"ALTER\s+(?:USER|ROLE)\s+{_NAME}(.*)", statement, re.IGNORECASE | re.DOTALL)
    if changed:
        if changed[1] not in catalogue.roles:
            raise SqlError("42704", f'role "{changed[1]}" does not exist')
        password = re.search(rf"PASSWORD\s+{_STRING}", changed[2], re.IGNORECASE)
        if password:
            catalogue.roles[changed[1]] = password[1].replace("''", "'")
        return Result("ALTER ROLE")
    if word in _UNPLAYED:
        raise SqlError("0A000", f"{word} is not available in the simulation")
    raise SqlError("42601", f'syntax error at or near "{(statement.split(None, 1) or [";"])[0]}"')


def _create(catalogue: Catalogue, kind: str, name: str, rest: str) -> Result:
    if kind == "DATABASE":
        if name in catalogue.databases:
            raise SqlError("42P04", f'database "{name}" already exists')
        catalogue.databases.add(name)
        return Result("CREATE DATABASE")
    if name in catalogue.roles:
        raise SqlError("42710", f'role "{name}" already exists')
    password = re.search(rf"PASSWORD\s+{_STRING}", rest, re.IGNORECASE)
    catalogue.roles[name] = password[1].replace("''", "'") if password else ""
    return Result("CREATE ROLE")


def _select(catalogue: Catalogue, statement: str, user: str, database: str, now: str) -> Result:
    listed = statement.split(None, 1)[1] if len(statement.split(None, 1)) > 1 else ""
    from_ = re.search(r"\bFROM\s+([\w.\"]+)", listed, re.IGNORECASE)
    if from_:
        if from_[1].lower() in ("pg_database", "pg_catalog.pg_database"):
            return _rows("datname", sorted(catalogue.databases))
        if from_[1].lower() in ("pg_roles", "pg_user"):
            return _rows("rolname" if "roles" in from_[1] else "usename", sorted(catalogue.roles))
        raise SqlError("42P01", f'relation "{from_[1].strip(chr(34))}" does not exist')
    names, values = [], []
    for part in re.split(r",(?![^(]*\))(?=(?:[^']*'[^']*')*[^']*$)", listed):
        expression, _, alias = re.sub(r"\s+AS\s+", "\x00", part.strip(), flags=re.IGNORECASE).partition(
            "\x00"
        )
        name, value = _value(catalogue, expression.strip(), user, database, now)
        names.append(alias.strip().strip('"') or name)
        values.append(value)
    return Result("SELECT 1", tuple(names), (tuple(values),))


def _rows(name: str, values: list[str]) -> Result:
    return Result(f"SELECT {len(values)}", (name,), tuple((value,) for value in values))


def _value(catalogue: Catalogue, text: str, user: str, database: str, now: str) -> tuple[str, str]:
    plain = text.lower()
    functions = {
        "version()": ("version", f"PostgreSQL {catalogue.version} on x86_64-pc-linux-gnu, 64-bit"),
        "now()": ("now", now), "current_timestamp": ("current_timestamp", now),
        "current_user": ("current_user", user), "user": ("user", user),
        "current_database()": ("current_database", database), "true": ("bool", "t"), "false": ("bool", "f"),
        "null": ("?column?", ""), "pg_is_in_recovery()": ("pg_is_in_recovery", "f"),
    }  # fmt: skip
    if plain in functions:
        return functions[plain]
    if re.fullmatch(r"-?\d+(\.\d+)?", text):
        return "?column?", text
    string = re.fullmatch(_STRING, text)
    if string:
        return "?column?", string[1].replace("''", "'")
    sum_ = re.fullmatch(r"(-?\d{1,15})\s*([-+*])\s*(-?\d{1,15})", text)
    if sum_:
        left, right = int(sum_[1]), int(sum_[3])
        return "?column?", str({"+": left + right, "-": left - right, "*": left * right}[sum_[2]])
    sleeping = re.fullmatch(r"pg_sleep\(\s*\d+(?:\.\d+)?\s*\)", plain)
    if sleeping:
        return "pg_sleep", ""
    if re.fullmatch(r"[a-z_][\w]*", plain):
        raise SqlError("42703", f'column "{plain}" does not exist')
    raise SqlError("0A000", f"the expression {text!r} is not available in the simulation")


def sleeping(statement: str) -> float:
    """Seconds a statement asks the server to sleep (`SELECT pg_sleep(3)`)."""
    match = re.search(r"\bpg_sleep\(\s*(\d+(?:\.\d+)?)\s*\)", statement, re.IGNORECASE)
    return min(float(match[1]), 86400.0) if match else 0.0

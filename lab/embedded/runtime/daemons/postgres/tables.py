"""CREATE TABLE: PostgreSQL's columns and constraints, as the engine's, with the checks of their types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.embedded.runtime.daemons.postgres import sqltypes
from lab.embedded.runtime.daemons.postgres.errors import SqlError, unavailable
from lab.embedded.runtime.daemons.postgres.lexing import Token, split
from lab.embedded.runtime.daemons.postgres.translation import literal, quoted, translate

if TYPE_CHECKING:
    from collections.abc import Sequence

_CONSTRAINTS = ("CONSTRAINT", "PRIMARY", "UNIQUE", "FOREIGN", "CHECK", "EXCLUDE", "LIKE")
_AFTER_DEFAULT = (
    "NOT",
    "NULL",
    "PRIMARY",
    "UNIQUE",
    "CHECK",
    "REFERENCES",
    "CONSTRAINT",
    "GENERATED",
    "COLLATE",
)


def create_table(found: Sequence[Token]) -> tuple[str, str, bool]:
    """The engine's statement for a CREATE TABLE, the table's name, and whether it may be there already.

    Raises:
        SqlError: a bad definition, or one the simulation does not have.
    """
    rest = list(found[1:])
    while rest and rest[0].word in ("TEMP", "TEMPORARY", "UNLOGGED", "GLOBAL", "LOCAL"):
        rest.pop(0)
    rest.pop(0)  # TABLE
    lenient = [each.word for each in rest[:3]] == ["IF", "NOT", "EXISTS"]
    rest = rest[3:] if lenient else rest
    name, rest = table_name(rest)
    if rest and rest[0].word == "AS":
        return f"CREATE TABLE {quoted(name)} AS {translate(rest[1:])}", name, lenient
    if not rest or rest[0].text != "(":
        raise syntax(rest)
    end = _closing(rest)
    if any(each.word in ("PARTITION", "INHERITS") for each in rest[end:]):
        raise unavailable("a partitioned table is")
    parts = [part for part in split(rest[1:end]) if part]
    keys = {token.name for part in parts if part[0].word in ("PRIMARY", "CONSTRAINT") for token in _key(part)}
    single = next(iter(keys)) if len(keys) == 1 else ""
    lines = [_item(part, single) for part in parts]
    lines = [each for each in lines if each]
    return f"CREATE TABLE {quoted(name)} ({', '.join(lines)})", name, lenient


def table_name(rest: list[Token]) -> tuple[str, list[Token]]:
    """A table's name, with or without its schema, and what follows."""
    if len(rest) > 2 and rest[1].text == ".":
        if rest[0].name != "public":
            raise SqlError("3F000", f'schema "{rest[0].name}" does not exist', at=rest[0].at)
        rest = rest[2:]
    if not rest or rest[0].kind not in ("word", "quoted"):
        raise syntax(rest)
    return rest[0].name, rest[1:]


def syntax(rest: Sequence[Token]) -> SqlError:
    """A syntax error at a token."""
    if not rest:
        return SqlError("42601", "syntax error at end of input")
    return SqlError("42601", f'syntax error at or near "{rest[0].text}"', at=rest[0].at)


def add_column(name: str, part: list[Token]) -> str:
    """The engine's statement for ALTER TABLE … ADD COLUMN."""
    return f"ALTER TABLE {quoted(name)} ADD COLUMN {_item(part, '')}"


def _closing(rest: Sequence[Token]) -> int:
    depth = 0
    for at, token in enumerate(rest):
        depth += token.nesting
        if depth == 0:
            return at
    raise SqlError("42601", "syntax error at end of input")


def _key(part: list[Token]) -> list[Token]:
    words = [each.word for each in part]
    if "PRIMARY" not in words:
        return []
    begin = next((at for at, each in enumerate(part) if each.text == "("), len(part))
    return [each for each in part[begin:] if each.kind in ("word", "quoted")]


def _item(part: list[Token], key: str) -> str:
    if part[0].word in _CONSTRAINTS:
        if part[0].word in ("EXCLUDE", "LIKE"):
            raise unavailable(f"{part[0].word} in a table is")
        names = [each.name for each in _key(part)]
        if len(names) == 1 and names[0] == key:
            return ""  # stands with its column
        return translate(part)
    return _column(part, key)


def _column(part: list[Token], key: str) -> str:
    name, rest = part[0].name, part[1:]
    kind = sqltypes.read(rest)
    words, out, serial = [each.word for each in rest], [], kind.serial
    primary = name == key or "PRIMARY" in words
    while rest:
        token = rest.pop(0)
        if token.word == "DEFAULT":
            taken = [rest.pop(0)] if rest else []
            depth = 1 if taken and taken[0].text == "(" else 0
            while rest and (depth or rest[0].word not in _AFTER_DEFAULT):
                depth += rest[0].nesting
                taken.append(rest.pop(0))
            out.append(f"DEFAULT ({translate(taken)})")
        elif token.word == "GENERATED":
            if "IDENTITY" not in [each.word for each in rest]:
                raise unavailable("a generated column is")
            while rest and rest.pop(0).word != "IDENTITY":
                pass
            rest = rest[_closing(rest) + 1 :] if rest and rest[0].text == "(" else rest
            serial = True
        elif token.word == "PRIMARY":
            rest = rest[1:]
        else:
            taken = [token]
            while rest and rest[0].word not in ("DEFAULT", "GENERATED", "PRIMARY"):
                taken.append(rest.pop(0))
            out.append(translate(taken))
    if serial and not primary:
        raise unavailable("a serial column that is not the primary key is")
    checked = literal(kind.shown)
    out.append(f"CHECK (pg_check({checked}, {quoted(name)}))")
    if serial:
        return f"{quoted(name)} INTEGER PRIMARY KEY AUTOINCREMENT {' '.join(out)}"
    lead = "NOT NULL PRIMARY KEY " if primary else ""
    return f"{quoted(name)} {kind.declared} {lead}{' '.join(out)}"

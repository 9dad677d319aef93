"""PostgreSQL's types: which there are, how a value is checked when it is stored, and how it is shown.

A column's type in the engine is a first word, by which values are shown, and PostgreSQL's own name after
it: `PG_NUMERIC_2 numeric(10,2)`. So what the engine keeps of a table tells everything about its columns.
"""

from __future__ import annotations

import json
import re
from datetime import date, datetime
from typing import TYPE_CHECKING

from msgspec import Struct

from lab.embedded.runtime.daemons.postgres.errors import SqlError, unavailable

if TYPE_CHECKING:
    from lab.embedded.runtime.daemons.postgres.lexing import Token

SERIAL = {"serial": "integer", "bigserial": "bigint", "smallserial": "smallint", "serial4": "integer",
          "serial8": "bigint"}  # fmt: skip
_NAMES = {
    "int": "integer", "int4": "integer", "integer": "integer", "int2": "smallint", "smallint": "smallint",
    "int8": "bigint", "bigint": "bigint", "bool": "boolean", "boolean": "boolean", "text": "text",
    "varchar": "character varying", "character varying": "character varying", "character": "character",
    "char": "character", "bpchar": "character", "numeric": "numeric", "decimal": "numeric",
    "real": "real", "float4": "real", "float8": "double precision", "float": "double precision",
    "double precision": "double precision", "date": "date", "time": "time without time zone",
    "timestamp": "timestamp without time zone", "timestamp without time zone": "timestamp without time zone",
    "timestamptz": "timestamp with time zone", "timestamp with time zone": "timestamp with time zone",
    "uuid": "uuid", "json": "json", "jsonb": "jsonb", "inet": "inet", "name": "name", "regclass": "regclass",
}  # fmt: skip
_RANGES = {"smallint": 2**15, "integer": 2**31, "bigint": 2**63}
_DECLARED = {
    "smallint": "INT", "integer": "INT", "bigint": "INT", "boolean": "PG_BOOLEAN", "real": "REAL",
    "double precision": "REAL", "date": "PG_DATE", "timestamp without time zone": "PG_TIMESTAMP",
    "timestamp with time zone": "PG_TIMESTAMPTZ",
}  # fmt: skip
MOST_DECIMALS = 12


class Type(Struct, frozen=True):
    """A type as somebody wrote it."""

    name: str
    """PostgreSQL's own name: `character varying`."""
    sizes: tuple[int, ...] = ()
    serial: bool = False

    @property
    def shown(self) -> str:
        """As psql shows it."""
        return self.name + (f"({','.join(map(str, self.sizes))})" if self.sizes else "")

    @property
    def declared(self) -> str:
        """As the engine's column is declared."""
        if self.serial:
            return "INTEGER"
        if self.name == "numeric":
            decimals = self.sizes[1] if len(self.sizes) > 1 else 0
            first = f"PG_NUMERIC_{min(decimals, MOST_DECIMALS)}" if self.sizes else "NUMERIC"
        else:
            first = _DECLARED.get(self.name, "TEXT")
        return f"{first} {self.shown}"

    @property
    def cast(self) -> str:
        """What the engine casts to."""
        if self.name in _RANGES or self.name == "boolean":
            return "INTEGER"
        return "REAL" if self.name in ("real", "double precision", "numeric") else "TEXT"


def read(found: list[Token]) -> Type:
    """Take a type off the front of `found`.

    Raises:
        SqlError: there is no such type, or the simulation does not have it.
    """
    if not found:
        raise SqlError("42601", "syntax error at end of input")
    first = found.pop(0)
    name, sizes = first.name, list[int]()
    if name in ("double", "character") and found and found[0].word in ("PRECISION", "VARYING"):
        name += f" {found.pop(0).name}"
    if found and found[0].text == "(":
        while found and (token := found.pop(0)).text != ")":
            if token.kind == "number":
                sizes.append(int(float(token.text)))
    if name in ("timestamp", "time") and [each.word for each in found[1:3]] == ["TIME", "ZONE"]:
        name += f" {found[0].name} time zone"
        del found[:3]
    if (found and found[0].text == "[") or name == "interval":
        raise unavailable("arrays are" if name != "interval" else "the type interval is")
    if name in SERIAL:
        return Type(SERIAL[name], serial=True)
    if name not in _NAMES:
        raise SqlError("42704", f'type "{name}" does not exist', at=first.at)
    return Type(_NAMES[name], tuple(sizes) if "time" not in name else ())


def check(declared: str, value: object) -> None:
    """Hold a value against a type, as PostgreSQL does on the way in.

    Raises:
        SqlError: it is none of the type.
    """
    if value is None:
        return
    name, _, rest = declared.partition("(")
    text = str(value)
    wrong = SqlError("22P02", f'invalid input syntax for type {name}: "{text}"')
    if name in _RANGES:
        if not isinstance(value, int):
            raise wrong
        if not -_RANGES[name] <= value < _RANGES[name]:
            raise SqlError("22003", f'value "{text}" is out of range for type {name}'
                           if name == "bigint" else f"{name} out of range")  # fmt: skip
    elif name in ("numeric", "real", "double precision"):
        if not isinstance(value, int | float):
            raise wrong
    elif name == "boolean":
        if value not in (0, 1):
            raise wrong if not isinstance(value, str) else unavailable(f"the text '{text}' for a boolean is")
    elif name in ("character varying", "character") and rest:
        if len(text) > int(rest.rstrip(")")):
            raise SqlError("22001", f"value too long for type {declared}")
    elif not _good(name, text):
        raise wrong if "time" not in name and name != "date" else SqlError("22007", str(wrong))


def _good(name: str, text: str) -> bool:
    try:
        if name == "date":
            date.fromisoformat(text[:10])
        elif name.startswith("timestamp"):
            datetime.fromisoformat(text)
        elif name in ("json", "jsonb"):
            json.loads(text)
        elif name == "uuid":
            return re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", text) is not None
    except ValueError:
        return False
    return True


def cast(declared: str, text: str) -> str:
    """A text cast to a date, a time or a shorter text."""
    name, _, size = declared.partition("(")
    if name == "date" or name.startswith("timestamp"):
        kind = {"date": "PG_DATE", "timestamp with time zone": "PG_TIMESTAMPTZ"}.get(name, "PG_TIMESTAMP")
        return str(moment(kind, text.encode()))
    return text[: int(size.rstrip(")"))] if size and name.startswith("character") else text


class Bool(int):
    """A truth value, shown as `t` or `f`."""


class Decimal(float):
    """A number with a fixed number of decimals."""

    decimals = 0


def shown(value: object) -> str | None:
    """A value as the server sends it; None is NULL."""
    match value:
        case None:
            return None
        case Bool():
            return "t" if value else "f"
        case Decimal():
            return f"{float(value):.{value.decimals}f}"
        case float():
            return f"{value:.15g}"
        case bytes():
            return "\\x" + value.hex()
        case _:
            return str(value)


def identifier(value: object) -> int:
    """The OID of a value's type."""
    match value:
        case Bool():
            return 16
        case int():
            return 23
        case float():
            return 1700
        case _:
            return 25


def boolean(data: bytes) -> object:
    """Show a column of truth values."""
    return Bool(data not in (b"0", b""))


def decimal(decimals: int, data: bytes) -> object:
    """Show a column of numbers with decimals."""
    made = Decimal(float(data))
    made.decimals = decimals
    return made


def moment(kind: str, data: bytes) -> object:
    """Show a column of dates or times."""
    text = data.decode("utf-8", "replace").replace("T", " ")
    if kind == "PG_DATE":
        return text[:10]
    plain = re.sub(r"(Z|[+-]\d\d(:?\d\d)?)$", "", text) if len(text) > 10 else f"{text} 00:00:00"
    plain = re.sub(r"(\.\d*?)0+$", r"\1", plain).rstrip(".") if "." in plain else plain
    return plain + ("+00" if kind == "PG_TIMESTAMPTZ" else "")

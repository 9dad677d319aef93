"""From PostgreSQL's language to the engine's: names, casts, operators, and what result columns are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from lab.embedded.runtime.daemons.postgres import sqltypes
from lab.embedded.runtime.daemons.postgres.errors import SqlError, unavailable
from lab.embedded.runtime.daemons.postgres.lexing import Token, split

if TYPE_CHECKING:
    from collections.abc import Sequence

_WORDS = {
    "CURRENT_USER": "pg_user_now()", "SESSION_USER": "pg_user_now()", "USER": "pg_user_now()",
    "CURRENT_TIMESTAMP": "pg_now()", "LOCALTIMESTAMP": "pg_now()", "CURRENT_DATE": "pg_today()",
    "CURRENT_CATALOG": "current_database()", "ILIKE": "REGEXP",
}  # fmt: skip
_FUNCTIONS = {"now": "pg_now", "random": "pg_random", "string_agg": "group_concat", "char_length": "length",
              "statement_timestamp": "pg_now", "clock_timestamp": "pg_now", "transaction_timestamp": "pg_now",
              "greatest": "max", "least": "min", "strpos": "instr"}  # fmt: skip
_UNPLAYED = {"INTERVAL": "intervals are", "ARRAY": "arrays are", "ANY": "arrays are", "LATERAL": "LATERAL is",
             "EXTRACT": "EXTRACT is", "GENERATE_SERIES": "generate_series is", "SIMILAR": "SIMILAR TO is",
             "OVERLAY": "OVERLAY is", "POSITION": "POSITION is"}  # fmt: skip
_FOREIGN = frozenset(("printf", "ifnull", "total", "instr", "group_concat", "glob", "typeof", "quote"))
"""The engine's functions that PostgreSQL does not have."""
SCHEMAS = {"public": "", "pg_catalog": "", "information_schema": "information_schema."}
_COMPARING = {"=", "<", ">", "<=", ">=", "<>", "!="}
_JUDGING = {"AND", "OR", "NOT", "IS", "LIKE", "ILIKE", "IN", "BETWEEN", "EXISTS", "TRUE", "FALSE"}


def quoted(name: str) -> str:
    """A name as the engine takes it."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A string as the engine takes it."""
    return "'" + text.replace("'", "''") + "'"


def translate(found: Sequence[Token]) -> str:
    """A statement, or a part of one, in the engine's language.

    Raises:
        SqlError: it uses what the simulation does not have.
    """
    out: list[str] = []
    rest = list(found)
    while rest:
        token = rest.pop(0)
        following = rest[0].text if rest else ""
        if token.text == "::":
            kind = sqltypes.read(rest)
            _cast(out, kind)
        elif token.kind == "sign":
            if token.text in ("[", "]", "$", "~"):
                raise unavailable({"$": "parameters are", "~": "regular expressions are"}
                                  .get(token.text, "arrays are"))  # fmt: skip
            out.append(token.text)
        elif token.kind == "string":
            out.append(literal(token.value))
        elif token.kind == "number":
            out.append(token.text)
        else:
            out.append(_name(token, following, rest, out))
    return " ".join(out)


def _name(token: Token, following: str, rest: list[Token], out: list[str]) -> str:
    word = token.word
    if following == "." and token.name in SCHEMAS and len(rest) > 1:
        rest.pop(0)
        inner = rest.pop(0)
        return quoted(SCHEMAS[token.name] + inner.name)
    if word in _UNPLAYED and (following in ("(", "[") or word in ("INTERVAL", "LATERAL", "SIMILAR")):
        raise unavailable(_UNPLAYED[word])
    if word == "FOR" and following.upper() in ("UPDATE", "SHARE"):
        rest.clear()
        return ""
    if word in ("DATE", "TIMESTAMP", "TIMESTAMPTZ") and rest and rest[0].kind == "string":
        return literal(rest.pop(0).value)
    if word in _WORDS and following != "(" and (not out or out[-1] != "."):
        return _WORDS[word]
    if following == "(" and token.name in _FOREIGN:
        raise SqlError("42883", f"function {token.name}() does not exist", at=token.at)
    if following == "(" and token.kind == "word":
        return _FUNCTIONS.get(token.name, token.name)
    if token.name.startswith("sqlite_"):
        raise SqlError("42P01", f'relation "{token.name}" does not exist', at=token.at)
    return quoted(token.name) if token.kind == "quoted" else token.text.lower()


def _cast(out: list[str], kind: sqltypes.Type) -> None:
    """Put the primary at the end of `out` into a cast."""
    begin = len(out) - 1
    if out and out[-1] == ")":
        depth = 0
        while begin >= 0:
            depth += {")": 1, "(": -1}.get(out[begin], 0)
            if depth == 0:
                break
            begin -= 1
        if begin > 0 and out[begin - 1].replace("_", "a").isalnum() and out[begin - 1].upper() not in (
            "SELECT", "IN", "VALUES", "AND", "OR", "NOT", "WHERE"):  # fmt: skip
            begin -= 1
    while begin >= 2 and out[begin - 1] == ".":
        begin -= 2
    inner = " ".join(out[begin:])
    out[begin:] = [f"pg_cast({literal(kind.shown)}, CAST({inner} AS {kind.cast}), {inner})"]


class Item(Struct, frozen=True):
    """One item of a SELECT's list (or of RETURNING)."""

    name: str
    judges: bool = False
    """Whether it is a truth value."""
    star: bool = False


def items(found: Sequence[Token]) -> list[Item]:
    """What the result columns of a statement are called, as PostgreSQL calls them."""
    words = [each.word for each in found]
    if "RETURNING" in words:
        listed: Sequence[Token] = found[words.index("RETURNING") + 1 :]
    else:
        listed = _listed(found)
    return [_item(part) for part in split(listed) if part]


def _listed(found: Sequence[Token]) -> list[Token]:
    """The tokens of the outermost SELECT's list."""
    depth, listed, inside = 0, list[Token](), False
    for token in found:
        depth += token.nesting
        if depth == 0 and token.word == "SELECT" and not inside:
            inside = True
            continue
        if (
            inside
            and depth == 0
            and token.word in ("FROM", "WHERE", "ORDER", "LIMIT", "UNION", "GROUP", "INTO")
        ):
            break
        if inside and not (not listed and token.word in ("DISTINCT", "ALL")):
            listed.append(token)
    return listed


def _item(part: list[Token]) -> Item:
    words = [each.word for each in part]
    if part[-1].text == "*" and (len(part) == 1 or part[-2].text == "."):
        return Item("*", star=True)
    judges = _judges(part)
    if "AS" in words[:-1] and words[-2] == "AS":
        return Item(part[-1].name, judges)
    named = len(part) > 1 and part[-1].kind in ("word", "quoted") and part[-2].text not in (".", "::")
    behind = named and (part[-2].kind != "sign" or part[-2].text == ")")
    if behind and words[-1] not in ("END", "TRUE", "FALSE", "NULL") and words[-2] not in _JUDGING:
        return Item(part[-1].name, judges)
    return Item(_called(part, words), judges)


_CALLED = {"CASE": "case", "EXISTS": "exists", "TRUE": "bool", "FALSE": "bool"}


def _called(part: list[Token], words: list[str]) -> str:
    first, texts = part[0], [each.text for each in part]
    if "::" in texts and first.kind in ("string", "number"):
        return {"integer": "int4", "boolean": "bool"}.get(part[-1].name, part[-1].name)
    if words[0] in _CALLED:
        return _CALLED[words[0]]
    if first.kind not in ("word", "quoted") or words[0] == "NULL":
        return "?column?"
    call = len(part) > 1 and texts[1] == "(" and _closes(part) in (len(part) - 1, len(part) - 3)
    if len(part) == 1 or call or texts[1] == "::":
        return first.name
    return part[2].name if len(part) == 3 and texts[1] == "." else "?column?"


def _closes(part: list[Token]) -> int:
    """Where the first parenthesis is closed."""
    depth = 0
    for at, token in enumerate(part):
        depth += token.nesting
        if depth == 0 and token.text == ")":
            return at
    return -1


def _judges(part: list[Token]) -> bool:
    depth = 0
    if part[0].word == "CASE":
        return False
    for at, token in enumerate(part):
        depth += token.nesting
        if depth == 0 and (token.word in _JUDGING or (token.kind == "sign" and token.text in _COMPARING)):
            return True
        if (
            depth == 0
            and token.text == "::"
            and part[at + 1 :][:1]
            and part[at + 1].name in ("bool", "boolean")
        ):
            return True
    return part[0].name == "pg_is_in_recovery"

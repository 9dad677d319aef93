"""PostgreSQL's words: cutting a script into tokens and statements."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from lab.embedded.runtime.daemons.postgres.errors import SqlError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_TOKEN = re.compile(
    r"""(?P<space>\s+|--[^\n]*|/\*.*?\*/)
      |(?P<string>[eE]?'(?:[^']|'')*')
      |(?P<dollar>\$(?P<tag>[A-Za-z_]*)\$.*?\$(?P=tag)\$)
      |(?P<quoted>"(?:[^"]|"")*")
      |(?P<number>\d+(?:\.\d*)?(?:[eE][-+]?\d+)?|\.\d+)
      |(?P<word>[^\W\d][\w$]*)
      |(?P<sign>::|\|\||<=|>=|<>|!=|->>|->|.)""",
    re.VERBOSE | re.DOTALL,
)


class Token(Struct, frozen=True):
    """One word of a statement."""

    kind: str
    """`word`, `quoted`, `string`, `number`, `sign`."""
    text: str
    at: int
    """Where it begins, in characters from the script's beginning."""

    @property
    def word(self) -> str:
        """An unquoted word in upper case; empty for anything else."""
        return self.text.upper() if self.kind == "word" else ""

    @property
    def nesting(self) -> int:
        """1 for an opening parenthesis, -1 for a closing one, 0 for anything else."""
        return {"(": 1, ")": -1}.get(self.text, 0)

    @property
    def name(self) -> str:
        """The name it stands for: unquoted ones are folded to lower case."""
        return self.text[1:-1].replace('""', '"') if self.kind == "quoted" else self.text.lower()

    @property
    def value(self) -> str:
        """A string's content."""
        text = self.text
        if self.kind != "string":
            return text
        if text[0] in "eE":
            plain = text[2:-1].replace("''", "'")
            return re.sub(r"\\(.)", lambda m: {"n": "\n", "t": "\t", "r": "\r"}.get(m[1], m[1]), plain)
        return text[1:-1].replace("''", "'")


def tokens(text: str) -> list[Token]:
    """A script's tokens, without spaces and comments.

    Raises:
        SqlError: a quote that is not closed.
    """
    found = []
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup if match.lastgroup != "tag" else "dollar"
        if match["dollar"] is not None:
            inner = match["dollar"][len(match["tag"]) + 2 : -len(match["tag"]) - 2]
            found.append(Token("string", "'" + inner.replace("'", "''") + "'", match.start()))
        elif kind == "sign" and match[0] in "'\"":
            what = "string" if match[0] == "'" else "identifier"
            near = text[match.start() :].split("\n", 1)[0]
            raise SqlError("42601", f'unterminated quoted {what} at or near "{near}"', at=match.start())
        elif kind != "space":
            found.append(Token(kind or "sign", match[0], match.start()))
    return found


class Statement(Struct, frozen=True):
    """One statement: its tokens, and its text as it was written."""

    tokens: tuple[Token, ...]
    text: str

    def words(self, count: int) -> tuple[str, ...]:
        """The first words, in upper case."""
        return tuple(each.word for each in self.tokens[:count])


def statements(text: str) -> list[Statement]:
    """A script cut at its semicolons.

    Raises:
        SqlError: as `tokens`.
    """
    found, current, begin = [], list[Token](), 0
    for token in tokens(text):
        if token.text == ";" and token.kind == "sign":
            if current:
                found.append(Statement(tuple(current), text[begin : token.at].strip()))
            current, begin = [], token.at + 1
        else:
            current.append(token)
    if current:
        found.append(Statement(tuple(current), text[begin:].strip()))
    return found


def split(found: Sequence[Token]) -> Iterator[list[Token]]:
    """The parts between the commas that are in no parentheses."""
    depth, part = 0, list[Token]()
    for token in found:
        depth += token.nesting
        if token.text == "," and token.kind == "sign" and depth == 0:
            yield part
            part = []
        else:
            part.append(token)
    yield part

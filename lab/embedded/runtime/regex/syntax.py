r"""Reading basic and extended regular expressions (POSIX 9, and glibc's `\+ \? \| \w \<`) into a tree.

Characters are bytes, as in a container without a locale.
"""

from __future__ import annotations

import re
from typing import TypeAlias

from msgspec import Struct


class BadRegex(Exception):  # noqa: N818 (what happened, not a mistake)
    """The expression is none; `str()` is the C library's text."""


class Chars(Struct, frozen=True):
    """One byte out of a set."""

    codes: frozenset[int]


class Edge(Struct, frozen=True):
    """A place: `^`, `$`, `<`, `>`, `b` (a word's edge), `B` (none)."""

    kind: str


class Group(Struct, frozen=True):
    """`( … )`, numbered from 1."""

    number: int
    body: Node


class Back(Struct, frozen=True):
    """What a group matched, again."""

    number: int


class Row(Struct, frozen=True):
    """One after the other."""

    parts: tuple[Node, ...]


class Either(Struct, frozen=True):
    """One of several."""

    choices: tuple[Node, ...]


class Repeat(Struct, frozen=True):
    """So many times; `most` None: any number."""

    body: Node
    least: int
    most: int | None


Node: TypeAlias = Chars | Edge | Group | Back | Row | Either | Repeat

ALL = frozenset(range(256))
WORD = frozenset(map(ord, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"))
_BLANK = frozenset(b" \t\n\v\f\r")
_GRAPH = frozenset(range(33, 127))
_CLASSES: dict[str, frozenset[int]] = {
    "alpha": frozenset(code for code in WORD if chr(code).isalpha()),
    "digit": frozenset(b"0123456789"),
    "alnum": WORD - {95},
    "upper": frozenset(range(65, 91)),
    "lower": frozenset(range(97, 123)),
    "space": _BLANK,
    "blank": frozenset(b" \t"),
    "punct": _GRAPH - (WORD - {95}),
    "xdigit": frozenset(b"0123456789abcdefABCDEF"),
    "cntrl": frozenset({*range(32), 127}),
    "print": _GRAPH | {32},
    "graph": _GRAPH,
}
_SHORT = {"w": WORD, "W": ALL - WORD, "s": _BLANK, "S": ALL - _BLANK}
_MOST = 32767
"""RE_DUP_MAX."""
_DEEPEST = 100
"""Groups within one another."""


def parse(pattern: str, *, extended: bool) -> tuple[Node, int]:
    """The tree of an expression (of latin-1 characters), and how many groups it has.

    Raises:
        BadRegex: see there.
    """
    reader = _Reader(pattern, extended)
    return reader.whole(), reader.groups


class _Reader:
    def __init__(self, text: str, extended: bool) -> None:
        self._text, self._extended = text, extended
        self._at = 0
        self._depth = 0
        self._closed: set[int] = set()
        self.groups = 0

    def whole(self) -> Node:
        node = self._either()
        if self._at < len(self._text):
            raise BadRegex("Unmatched ) or \\)" if self._extended else "Unmatched ( or \\(")
        return node

    def _sees(self, plain: str) -> bool:
        """Whether an operator stands here: with a backslash before it in a basic expression."""
        return self._text.startswith(plain if self._extended else "\\" + plain, self._at)

    def _skip(self, plain: str) -> bool:
        if self._sees(plain):
            self._at += 1 if self._extended else 2
            return True
        return False

    def _either(self) -> Node:
        choices = [self._row()]
        while self._skip("|"):
            choices.append(self._row())
        return choices[0] if len(choices) == 1 else Either(tuple(choices))

    def _row(self) -> Node:
        parts: list[Node] = []
        begin = self._at
        while self._at < len(self._text) and not self._sees("|"):
            if self._sees(")") and (self._depth or not self._extended):
                break
            parts.append(self._repeated(first=self._at == begin or parts[-1:] == [Edge("^")]))
        return parts[0] if len(parts) == 1 else Row(tuple(parts))

    def _repeated(self, *, first: bool) -> Node:
        node = self._one(first=first)
        if node == Edge("^") and not self._extended:
            return node  # a star behind it is one
        while self._at < len(self._text):
            char = self._text[self._at]
            if char == "*":
                self._at += 1
                node = _times(node, 0, None)
            elif self._skip("+"):
                node = _times(node, 1, None)
            elif self._skip("?"):
                node = _times(node, 0, 1)
            elif self._skip("{"):
                node = self._bounded(node)
            else:
                break
        return node

    def _bounded(self, node: Node) -> Node:
        close = "}" if self._extended else "\\}"
        end = self._text.find(close, self._at)
        if end < 0:
            raise BadRegex("Unmatched \\{")
        match = re.fullmatch(r"(\d*)(?:(,)(\d*))?", self._text[self._at : end])
        self._at = end + len(close)
        if match is None or (not match[1] and not match[2]):
            raise BadRegex("Invalid content of \\{\\}")
        least = int(match[1] or 0)
        most = least if not match[2] else int(match[3]) if match[3] else None
        if most is not None and least > most:
            raise BadRegex("Invalid content of \\{\\}")
        if max(least, most or 0) > _MOST:
            raise BadRegex("Regular expression too big")
        return _times(node, least, most)

    def _one(self, *, first: bool) -> Node:
        text, extended = self._text, self._extended
        char = text[self._at]
        if self._skip("("):
            return self._group()
        if char == "\\":
            return self._escaped(first=first)
        self._at += 1
        if char == "[":
            return self._bracket()
        if char == ".":
            return Chars(ALL)
        if char == "^" and (extended or first):
            return Edge("^")
        if char == "$" and (extended or self._at == len(text) or self._sees(")") or self._sees("|")):
            return Edge("$")
        if first and (char == "*" or (char in "+?{" and extended)):
            if extended:
                raise BadRegex("Invalid preceding regular expression")
            return Chars(frozenset({42}))
        return Chars(frozenset({ord(char)}))

    def _group(self) -> Node:
        self.groups += 1
        number = self.groups
        self._depth += 1
        if self._depth > _DEEPEST:
            raise BadRegex("Regular expression too big")
        body = self._either()
        if not self._skip(")"):
            raise BadRegex("Unmatched ( or \\(")
        self._depth -= 1
        self._closed.add(number)
        return Group(number, body)

    def _escaped(self, *, first: bool) -> Node:
        following = self._text[self._at + 1 : self._at + 2]
        if not following:
            raise BadRegex("Trailing backslash")
        self._at += 2
        if following in _SHORT:
            return Chars(_SHORT[following])
        if following in "<>bB":
            return Edge(following)
        if following in "`'":
            return Edge("^" if following == "`" else "$")
        if following in "123456789":
            if int(following) not in self._closed:
                raise BadRegex("Invalid back reference")
            return Back(int(following))
        if not self._extended and following in "+?{" and first:
            if following == "{":
                raise BadRegex("Invalid preceding regular expression")
        elif following in "nt":
            following = {"n": "\n", "t": "\t"}[following]
        return Chars(frozenset({ord(following)}))

    def _bracket(self) -> Node:
        text = self._text
        if self._at >= len(text):
            raise BadRegex("Invalid regular expression")
        negate = text.startswith("^", self._at)
        self._at += negate
        codes: set[int] = set()
        first = True
        while True:
            if self._at >= len(text):
                raise BadRegex("Unmatched [, [^, [:, [., or [=")
            if text[self._at] == "]" and not first:
                self._at += 1
                break
            first = False
            if text.startswith("[:", self._at):
                codes |= self._class()
                continue
            low = self._element()
            if text.startswith("-", self._at) and text[self._at + 1 : self._at + 2] not in ("]", ""):
                self._at += 1
                high = self._element()
                if high < low:
                    raise BadRegex("Invalid range end")
                codes.update(range(low, high + 1))
            else:
                codes.add(low)
        return Chars(ALL - codes if negate else frozenset(codes))

    def _class(self) -> frozenset[int]:
        end = self._text.find(":]", self._at + 2)
        if end < 0:
            raise BadRegex("Unmatched [, [^, [:, [., or [=")
        name = self._text[self._at + 2 : end]
        if name not in _CLASSES:
            raise BadRegex("Invalid character class name")
        self._at = end + 2
        return _CLASSES[name]

    def _element(self) -> int:
        match = re.compile(r"\[([.=])(.)\1\]", re.DOTALL).match(self._text, self._at)
        if match:
            self._at = match.end()
            return ord(match[2])
        self._at += 1
        return ord(self._text[self._at - 1])


def _times(node: Node, least: int, most: int | None) -> Node:
    """So many of a node; what is repeated without end is not repeated again."""
    if isinstance(node, Repeat) and node.most is None and node.least <= 1 and least <= 1:
        return Repeat(node.body, min(node.least, least), None)
    return Repeat(node, least, most)

"""Compiled expressions: RE2 searches (leftmost, longest, in linear time), bounded trying does the rest."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from lab.embedded.runtime.regex.backtracking import Search
from lab.embedded.runtime.regex.syntax import (
    ALL,
    WORD,
    Back,
    BadRegex,
    Chars,
    Edge,
    Either,
    Group,
    Node,
    Repeat,
    Row,
    parse,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_MEMORY = 4 << 20
"""Bytes RE2 may use for one expression."""
_REPEATS = 1000
"""The most RE2 repeats something by a number."""
_MOST_MATCHES = 100_000
"""Matches replaced at once: more than in any text that is not meant to fill the memory."""
_NODES = 20_000
"""What an expression may come to when its repetitions are written out."""


class Match(Struct, frozen=True):
    """Where an expression matched: spans of the whole (0) and of its groups; (-1, -1): no part of it."""

    text: bytes
    spans: tuple[tuple[int, int], ...]

    @property
    def start(self) -> int:
        """Where the match begins."""
        return self.spans[0][0]

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.spans[0][1]

    def group(self, number: int = 0) -> bytes:
        """What the whole or a group matched; empty when it matched nothing or is not there."""
        if number >= len(self.spans):
            return b""
        begin, end = self.spans[number]
        return self.text[begin:end] if begin >= 0 else b""


class Regex:
    """One expression."""

    def __init__(self, pattern: bytes, *, extended: bool, ignore_case: bool) -> None:
        """Raises: BadRegex."""
        self._node, self.groups = parse(pattern.decode("latin-1"), extended=extended)
        self._ignore_case = ignore_case
        if _size(self._node) > _NODES:
            raise BadRegex("Regular expression too big")
        self._literal = None if ignore_case else _literal(self._node)
        plain = self._literal is not None or _needs_trying(self._node)
        self._compiled: Any = None if plain else _re2(_written(self._node), ignore_case)

    def search(self, text: bytes, start: int = 0) -> Match | None:
        """The first match at or after `start`; `^` is the text's beginning all the same.

        Raises:
            BadRegex: a back reference takes too many steps.
        """
        if self._literal is not None:
            at = text.find(self._literal, start)
            return None if at < 0 else Match(text, ((at, at + len(self._literal)),))
        if self._compiled is None:
            search = Search(self._node, self.groups, text, ignore_case=self._ignore_case)
            spans = search.first(start)
            return None if spans is None else Match(text, tuple(spans))
        found = self._compiled.search(text, start)
        if found is None:
            return None
        return Match(text, tuple(found.span(number) for number in range(self.groups + 1)))

    def every(self, text: bytes) -> Iterator[Match]:
        """All matches that do not overlap, as `s///g` and `grep -o` go through a line."""
        at, last = 0, -1
        while at <= len(text):
            match = self.search(text, at)
            if match is None:
                return
            if match.end > match.start or match.start != last:
                yield match
            last = match.end
            at = match.end if match.end > match.start else match.end + 1

    def replaced(
        self, text: bytes, template: list[bytes | int], limit: int, *, first: int = 1, last: int | None = None
    ) -> tuple[bytes, int]:
        """The text with the `first` to `last` (None: all) match replaced, and how many there are.

        `template`: texts, and groups by their number.

        Raises:
            BadRegex: the result is longer than `limit`, or there are too many matches.
        """
        if self._literal and first == 1 and last is None:
            new = b"".join(
                self._literal * (part == 0) if isinstance(part, int) else part for part in template
            )
            count = text.count(self._literal)
            if len(text) + count * (len(new) - len(self._literal)) > limit:
                raise BadRegex("out of memory")
            return text.replace(self._literal, new), count
        out: list[bytes] = []
        at, count, size = 0, 0, 0
        for match in self.every(text):
            count += 1
            if count < first:
                continue
            new = b"".join(match.group(part) if isinstance(part, int) else part for part in template)
            out += (text[at : match.start], new)
            size += len(new)
            if size > limit or count > _MOST_MATCHES:
                raise BadRegex("out of memory")
            at = match.end
            if count == last:
                break
        return b"".join(out) + text[at:], count


@lru_cache(maxsize=256)
def regex(pattern: bytes, *, extended: bool, ignore_case: bool = False) -> Regex:
    """A compiled expression.

    Raises:
        BadRegex: it is none.
    """
    return Regex(pattern, extended=extended, ignore_case=ignore_case)


def _re2(pattern: str, ignore_case: bool) -> Any:
    import re2  # noqa: PLC0415 (a library of C++: only where something searches)

    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.longest_match = True
    options.log_errors = False
    options.dot_nl = True
    options.max_mem = _MEMORY
    options.case_sensitive = not ignore_case
    try:
        return re2.compile(pattern.encode("latin-1"), options)
    except re2.error:
        raise BadRegex("Regular expression too big") from None


def _literal(node: Node) -> bytes | None:
    """The text an expression stands for, where it is nothing but one."""
    parts = node.parts if isinstance(node, Row) else (node,)
    codes = [next(iter(part.codes)) for part in parts if isinstance(part, Chars) and len(part.codes) == 1]
    return bytes(codes) if parts and len(codes) == len(parts) else None


def _size(node: Node) -> int:
    match node:
        case Group():
            return 1 + _size(node.body)
        case Row():
            return sum(map(_size, node.parts))
        case Either():
            return sum(map(_size, node.choices))
        case Repeat():
            return max(1, node.most or node.least) * _size(node.body)
        case _:
            return 1


def _needs_trying(node: Node) -> bool:
    """Whether RE2 cannot do it: back references, long repetitions, a word's edge beside no letter."""
    match node:
        case Back():
            return True
        case Edge():
            return node.kind in "<>"
        case Group():
            return _needs_trying(node.body)
        case Either():
            return any(map(_needs_trying, node.choices))
        case Repeat():
            return max(node.least, node.most or 0) > _REPEATS or _needs_trying(node.body)
        case Row():
            return any(
                _needs_trying(part) and not _plain_edge(node.parts, at) for at, part in enumerate(node.parts)
            )
        case _:
            return False


def _plain_edge(parts: tuple[Node, ...], at: int) -> bool:
    r"""Whether an edge of a word has a letter where it needs one, so that it is the same as `\b`."""
    edge = parts[at]
    if not isinstance(edge, Edge):
        return False
    beside = parts[at + 1 : at + 2] if edge.kind == "<" else parts[max(0, at - 1) : at]
    letter = beside[0] if beside else None
    if isinstance(letter, Repeat) and letter.least > 0:
        letter = letter.body
    return isinstance(letter, Chars) and letter.codes <= WORD


def _written(node: Node) -> str:
    """The expression in RE2's own language."""
    match node:
        case Chars():
            return _chars(node.codes)
        case Edge():
            return {"^": r"\A", "$": r"\z", "B": r"\B"}.get(node.kind, r"\b")
        case Group():
            return f"({_written(node.body)})"
        case Row():
            return "".join(map(_written, node.parts))
        case Either():
            return "(?:" + "|".join(map(_written, node.choices)) + ")"
        case Repeat():
            if node.most is None and node.least <= 1:
                return f"(?:{_written(node.body)})" + ("+" if node.least else "*")
            return f"(?:{_written(node.body)}){{{node.least},{'' if node.most is None else node.most}}}"
        case _:
            raise TypeError(type(node).__name__)


def _chars(codes: frozenset[int]) -> str:
    if codes == ALL:
        return "."
    if not codes:
        return r"[^\x00-\xff]"
    if len(codes) == 1:
        return rf"\x{next(iter(codes)):02x}"
    out: list[str] = []
    ordered = sorted(codes)
    low = high = ordered[0]
    for code in [*ordered[1:], 999]:
        if code == high + 1:
            high = code
            continue
        out.append(rf"\x{low:02x}-\x{high:02x}" if high > low else rf"\x{low:02x}")
        low = high = code
    return f"[{''.join(out)}]"

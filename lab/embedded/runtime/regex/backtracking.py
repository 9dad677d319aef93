"""Matching by trying, for what no automaton can do: back references, and edges of words between anything.

The number of steps is bounded, so that no expression can hold up the cluster.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from lab.embedded.runtime.regex.syntax import (
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
)

if TYPE_CHECKING:
    from collections.abc import Callable

STEPS = 100_000
"""Steps one search may take."""

_Caps: TypeAlias = tuple[tuple[int, int], ...]
"""Where groups begin and end, by number; (-1, -1): not matched."""
_Found: TypeAlias = "tuple[int, _Caps] | None"
_Next: TypeAlias = "Callable[[int, _Caps], _Found]"


class Search:
    """One search through one text, from the left, greedy."""

    def __init__(self, node: Node, groups: int, text: bytes, *, ignore_case: bool) -> None:
        self._node, self._groups = node, groups
        self._text = text.lower() if ignore_case else text
        self._fold = ignore_case
        self._steps = 0

    def first(self, start: int) -> list[tuple[int, int]] | None:
        """Where the whole and the groups lie in the first match at or after `start`.

        Raises:
            BadRegex: it takes too many steps.
        """
        nothing: _Caps = ((-1, -1),) * (self._groups + 1)
        for begin in range(start, len(self._text) + 1):
            found = self._match(self._node, begin, nothing, lambda at, caps: (at, caps))
            if found is not None:
                return [(begin, found[0]), *found[1][1:]]
        return None

    def _match(  # noqa: C901, PLR0911 (one case for each kind of node)
        self, node: Node, at: int, caps: _Caps, then: _Next
    ) -> _Found:
        self._steps += 1
        if self._steps > STEPS:
            raise BadRegex("too much to try: not available in the simulation")
        match node:
            case Chars():
                return then(at + 1, caps) if self._is(node, at) else None
            case Edge():
                return then(at, caps) if self._at_edge(node.kind, at) else None
            case Row():
                return self._row(node.parts, 0, at, caps, then)
            case Either():
                for choice in node.choices:
                    found = self._match(choice, at, caps, then)
                    if found is not None:
                        return found
                return None
            case Group():
                number = node.number

                def closed(end: int, inner: _Caps) -> _Found:
                    return then(end, (*inner[:number], (at, end), *inner[number + 1 :]))

                return self._match(node.body, at, caps, closed)
            case Back():
                begin, end = caps[node.number]
                again = self._text[begin:end]
                if begin < 0 or not self._text.startswith(again, at):
                    return None
                return then(at + len(again), caps)
            case Repeat():
                if isinstance(node.body, Chars):
                    return self._run(node, node.body, at, caps, then)
                return self._again(node, 0, at, caps, then)

    def _is(self, chars: Chars, at: int) -> bool:
        if at >= len(self._text):
            return False
        code = self._text[at]
        return code in chars.codes or (self._fold and 97 <= code <= 122 and code - 32 in chars.codes)

    def _row(self, parts: tuple[Node, ...], index: int, at: int, caps: _Caps, then: _Next) -> _Found:
        if index == len(parts):
            return then(at, caps)
        return self._match(
            parts[index], at, caps, lambda end, inner: self._row(parts, index + 1, end, inner, then)
        )

    def _run(self, node: Repeat, chars: Chars, at: int, caps: _Caps, then: _Next) -> _Found:
        """Many single characters: no need to go deeper for each."""
        most = len(self._text) if node.most is None else node.most
        count = 0
        while count < most and self._is(chars, at + count):
            count += 1
        self._steps += count // 8
        while count >= node.least:
            found = then(at + count, caps)
            if found is not None:
                return found
            count -= 1
        return None

    def _again(self, node: Repeat, count: int, at: int, caps: _Caps, then: _Next) -> _Found:
        if node.most is None or count < node.most:

            def more(end: int, inner: _Caps) -> _Found:
                if end == at and count >= node.least:  # something empty, again and again
                    return None
                return self._again(node, count + 1, end, inner, then)

            found = self._match(node.body, at, caps, more)
            if found is not None:
                return found
        return then(at, caps) if count >= node.least else None

    def _at_edge(self, kind: str, at: int) -> bool:
        if kind == "^":
            return at == 0
        if kind == "$":
            return at == len(self._text)
        before = at > 0 and self._text[at - 1] in WORD
        after = at < len(self._text) and self._text[at] in WORD
        return {"<": after and not before, ">": before and not after, "b": before != after}.get(
            kind, before == after
        )

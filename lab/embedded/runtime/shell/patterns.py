"""Shell patterns: `*`, `?`, `[…]`; a backslash makes the next character ordinary.

A pattern is cut at its stars into segments of fixed length. Each segment but the last is taken at its first
place (taking it later could not help what follows), so that matching needs time in proportion to the text
however many stars there are: a translation into one regular expression could try for ever.
"""

from __future__ import annotations

import re
from functools import lru_cache

_CLASSES = {
    "alpha": "a-zA-Z", "digit": "0-9", "alnum": "a-zA-Z0-9", "upper": "A-Z", "lower": "a-z", "space": r"\s",
    "blank": r" \t", "punct": re.escape("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"), "xdigit": "0-9a-fA-F",
    "cntrl": r"\x00-\x1f\x7f", "print": r"\x20-\x7e", "graph": r"\x21-\x7e",
}  # fmt: skip


def _segments(pattern: str) -> list[list[str]]:
    """What stands between the stars: for each character of the text an expression it must match."""
    out: list[list[str]] = [[]]
    at = 0
    while at < len(pattern):
        char = pattern[at]
        at += 1
        if char == "*":
            if len(out) == 1 or out[-1]:
                out.append([])
        elif char == "?":
            out[-1].append(".")
        elif char == "\\" and at < len(pattern):
            out[-1].append(re.escape(pattern[at]))
            at += 1
        elif char == "[" and (end := _bracket_end(pattern, at)):
            out[-1].append(_bracket(pattern[at:end]))
            at = end + 1
        else:
            out[-1].append(re.escape(char))
    return out


def _behind(rest: list[str], *, longest: bool) -> str:
    """What matches the stars and the segments behind the first one."""
    middle = "".join(f"(?>.*?{each})" for each in rest[:-1])
    return middle + (f".*{rest[-1]}" if longest else f"(?>.*?{rest[-1]})")


@lru_cache(maxsize=512)
def _prefix(pattern: str, *, longest: bool, backwards: bool = False) -> re.Pattern[str]:
    """Matches what of a text's beginning the pattern takes; `backwards`: of the reversed text's."""
    segments = _segments(pattern)
    if backwards:
        segments = [segment[::-1] for segment in reversed(segments)]
    first, *rest = ("".join(segment) for segment in segments)
    return re.compile(first + (_behind(rest, longest=longest) if rest else ""), re.DOTALL)


@lru_cache(maxsize=512)
def _whole(pattern: str) -> re.Pattern[str]:
    return re.compile(_prefix(pattern, longest=True).pattern + r"\Z", re.DOTALL)


@lru_cache(maxsize=128)
def _parts(pattern: str) -> tuple[re.Pattern[str], re.Pattern[str] | None]:
    """The first segment, and what comes after it."""
    first, *rest = ("".join(segment) for segment in _segments(pattern))
    behind = re.compile(_behind(rest, longest=True), re.DOTALL) if rest else None
    return re.compile(first, re.DOTALL), behind


def matches(pattern: str, text: str) -> bool:
    """Whether the whole text matches."""
    return _whole(pattern).match(text) is not None


def without_prefix(pattern: str, text: str, *, longest: bool) -> str:
    """The text without what the pattern matches at its beginning."""
    match = _prefix(pattern, longest=longest).match(text)
    return text[match.end() :] if match else text


def without_suffix(pattern: str, text: str, *, longest: bool) -> str:
    """The text without what the pattern matches at its end."""
    match = _prefix(pattern, longest=longest, backwards=True).match(text[::-1])
    return text[: len(text) - match.end()] if match else text


def replaced(pattern: str, replacement: str, text: str, *, everywhere: bool) -> str:
    """The text with the first or every longest match of the pattern replaced."""
    first, rest_of = _parts(pattern)
    out: list[str] = []
    at = 0
    while at <= len(text):
        begun = first.search(text, at)
        ended = begun if begun is None or rest_of is None else rest_of.match(text, begun.end())
        if begun is None or ended is None or ended.end() == begun.start():
            break
        out += (text[at : begun.start()], replacement)
        at = ended.end()
        if not everywhere or at >= len(text):
            break
    return "".join(out) + text[at:]


def escape(text: str) -> str:
    """A pattern that matches exactly this text."""
    return re.sub(r"([*?\[\]\\!^-])", r"\\\1", text)


def has_magic(pattern: str) -> bool:
    """Whether a pattern has an unescaped special character."""
    return re.search(r"[*?\[]", re.sub(r"\\.", "", pattern, flags=re.DOTALL)) is not None


def unescape(pattern: str) -> str:
    """The text a pattern without special characters stands for."""
    return re.sub(r"\\(.)", r"\1", pattern, flags=re.DOTALL)


def _bracket_end(pattern: str, at: int) -> int:
    start = at + 1 if pattern[at : at + 1] in ("!", "^") else at
    where = start + 1 if pattern[start : start + 1] == "]" else start
    while where < len(pattern):
        if pattern.startswith("[:", where):
            close = pattern.find(":]", where)
            if close > 0:
                where = close + 2
                continue
        if pattern[where] == "\\":
            where += 2
            continue
        if pattern[where] == "]":
            return where
        where += 1
    return 0


def _bracket(body: str) -> str:
    negate = body[:1] in ("!", "^")
    body = body[1:] if negate else body
    parts: list[str] = []
    at = 0
    while at < len(body):
        named = re.compile(r"\[:(\w+):\]").match(body, at)
        if named:
            parts.append(_CLASSES.get(named.group(1), ""))
            at = named.end()
        elif body[at] == "\\" and at + 1 < len(body):
            parts.append(re.escape(body[at + 1]))
            at += 2
        else:
            parts.append("-" if body[at] == "-" and 0 < at < len(body) - 1 else re.escape(body[at]))
            at += 1
    inside = "".join(parts)
    candidate = f"[{'^' if negate else ''}{inside}]"
    try:
        re.compile(candidate)
    except re.error:
        return "(?!)"
    return candidate

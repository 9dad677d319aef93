"""Shell patterns: `*`, `?`, `[…]`; a backslash makes the next character ordinary."""

from __future__ import annotations

import re
from functools import lru_cache

_CLASSES = {
    "alpha": "a-zA-Z", "digit": "0-9", "alnum": "a-zA-Z0-9", "upper": "A-Z", "lower": "a-z", "space": r"\s",
    "blank": r" \t", "punct": re.escape("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"), "xdigit": "0-9a-fA-F",
}  # fmt: skip


@lru_cache(maxsize=512)
def regex(pattern: str, *, greedy: bool = True, path: bool = False) -> str:
    """The pattern as a regular expression; `path`: `*` and `?` do not match `/`."""
    out: list[str] = []
    at = 0
    any_char = "[^/]" if path else "."
    while at < len(pattern):
        char = pattern[at]
        at += 1
        if char == "*":
            out.append(any_char + ("*" if greedy else "*?"))
        elif char == "?":
            out.append(any_char)
        elif char == "\\" and at < len(pattern):
            out.append(re.escape(pattern[at]))
            at += 1
        elif char == "[" and (end := _bracket_end(pattern, at)):
            out.append(_bracket(pattern[at:end]))
            at = end + 1
        else:
            out.append(re.escape(char))
    return "".join(out)


@lru_cache(maxsize=512)
def compiled(pattern: str) -> re.Pattern[str]:
    """A pattern ready to match a whole text."""
    return re.compile(regex(pattern), re.DOTALL)


def matches(pattern: str, text: str) -> bool:
    """Whether the whole text matches."""
    return compiled(pattern).fullmatch(text) is not None


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

"""POSIX regular expressions, basic and extended, as Python's."""

from __future__ import annotations

import re

from lab.embedded.runtime.applets.options import Failed

_CLASSES = {"alpha": "a-zA-Z", "digit": "0-9", "alnum": "a-zA-Z0-9", "upper": "A-Z", "lower": "a-z",
            "space": r"\s", "blank": r" \t", "punct": r"!-/:-@\[-`{-~", "xdigit": "0-9a-fA-F"}  # fmt: skip


def compile_regex(pattern: str, *, extended: bool, ignore_case: bool = False) -> re.Pattern[str]:
    """A compiled expression.

    Raises:
        Failed: it is none.
    """
    try:
        return re.compile(_translated(pattern, extended=extended), re.IGNORECASE if ignore_case else 0)
    except re.error:
        raise Failed(f"bad regex '{pattern}': Invalid regular expression") from None


def _translated(pattern: str, *, extended: bool) -> str:
    out: list[str] = []
    at = 0
    while at < len(pattern):
        char = pattern[at]
        if char == "[":
            end = pattern.find("]", at + (3 if pattern[at + 1 : at + 2] == "^" else 2))
            while end > 0 and pattern.rfind("[:", at, end) > pattern.rfind(":]", at, end):
                end = pattern.find("]", end + 1)
            if pattern[end - 1 : end] == ":" and "[:" in pattern[at:end]:
                end = pattern.find("]", end + 1)
            if end < 0:
                raise Failed(f"bad regex '{pattern}': Missing ']'")
            body = pattern[at + 1 : end].replace("\\", "\\\\")
            body = re.sub(r"\[:(\w+):\]", lambda match: _CLASSES.get(match.group(1), ""), body).replace(
                "[", r"\["
            )
            out.append(f"[{body}]")
            at = end + 1
            continue
        following = pattern[at + 1 : at + 2]
        if char == "\\" and following:
            special = not extended and following in "(){}|+?"
            out.append(following if special else _escaped(following))
            at += 2
            continue
        starred = char == "*" and (at == 0 or pattern[at - 2 : at] == "\\(" or pattern[at - 1 : at] == "^")
        out.append("\\" + char if (not extended and (char in "(){}|+?" or starred)) else char)
        at += 1
    return "".join(out)


def _escaped(following: str) -> str:
    if following in "<>":
        return r"\b"
    if not following.isalpha() or following in "bBwWsSd":
        return "\\" + following
    return {"n": "\n", "t": "\t"}.get(following, re.escape(following))

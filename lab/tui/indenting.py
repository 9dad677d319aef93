"""Where a new line begins: at the indentation that what stands before it asks for. Pure."""

from __future__ import annotations

import re

YAML_WIDTH, OTHER_WIDTH = 2, 4
"""Columns of one level."""

_LINE = re.compile(r"(?P<lead>[ \t]*)(?P<dashes>(?:-(?: +|$))*)(?P<rest>.*)")
_COMMENT = re.compile(r"(?:^|\s)#.*$")
_KEY = re.compile(r"""(?:"[^"]*"|'[^']*'|[^\s"'\[{#][^#]*?):(?:\s|$)""")
_OPENS = re.compile(r"(?:^|\s)[|>][-+0-9]*$|:$")
"""What follows is deeper: the text of a block, or what belongs to a key without a value."""


def of_new_line(before: str, below: str, language: str | None) -> str:
    """The white space a line begins with that is broken off behind `before`; `below` is the line after it."""
    if language == "yaml":
        return _yaml(before, below)
    lead = before[: len(before) - len(before.lstrip())]
    deeper = language == "python" and _COMMENT.sub("", before).rstrip().endswith(":")
    return lead + " " * (OTHER_WIDTH if deeper else 0)


def _yaml(before: str, below: str) -> str:
    found = _LINE.fullmatch(before)
    if found is None:
        return ""
    lead, rest = found["lead"], _COMMENT.sub("", found["rest"]).rstrip()
    inside = lead + " " * len(found["dashes"])
    if _OPENS.search(rest):
        # A list may stand as deep as its key: where it does so already, it is gone on with.
        return inside if below.startswith(f"{inside}- ") else inside + " " * YAML_WIDTH
    item = bool(found["dashes"]) and bool(rest)
    return lead if item and not _KEY.match(rest) else inside


def stop_before(before: str, width: int) -> int | None:
    """The column a backspace goes back to where nothing but spaces stands before it; None: one character."""
    if not before or before.strip(" "):
        return None
    return (len(before) - 1) // width * width


def shifted(line: str, by: int, width: int) -> str:
    """A line one level deeper (1) or less deep (-1); an empty one stays as it is."""
    if by > 0:
        return " " * width + line if line.strip() else line
    return line[min(len(line) - len(line.lstrip(" ")), width) :]

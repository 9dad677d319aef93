"""The engine's messages, and what PostgreSQL says of the same."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lab.embedded.runtime.daemons.postgres.errors import SqlError

if TYPE_CHECKING:
    from collections.abc import Sequence

HINT = "The simulation knows a part of PostgreSQL's language only."
_PLAIN: Sequence[tuple[str, str, str]] = (
    (r"no such table: (?:main\.|temp\.)?(.+)", "42P01", 'relation "{0}" does not exist'),
    (r"no such column: ([^.]+)$", "42703", 'column "{0}" does not exist'),
    (r"no such column: (.+)", "42703", "column {0} does not exist"),
    (r"table (\S+) has no column named (\S+)", "42703", 'column "{1}" of relation "{0}" does not exist'),
    (r"(?:table|view|index) \"?([^\" ]+)\"? already exists", "42P07", 'relation "{0}" already exists'),
    (r"duplicate column name: (\S+)", "42701", 'column "{0}" specified more than once'),
    (r"ambiguous column name: (?:.*\.)?(\S+)", "42702", 'column reference "{0}" is ambiguous'),
    (r"NOT NULL constraint failed: (\S+)\.(\S+)", "23502",
     'null value in column "{1}" of relation "{0}" violates not-null constraint'),
    (r"CHECK constraint failed: (.+)", "23514", "new row violates check constraint ({0})"),
    (r"FOREIGN KEY constraint failed", "23503", "update or delete violates foreign key constraint"),
    (r"\d+ values for \d+ columns", "42601", "INSERT has not as many expressions as target columns"),
    (r"incomplete input", "42601", "syntax error at end of input"),
    (r"is full", "53100", "could not extend file: No space left on device"),
    (r"too big|too large", "54000", "a value is larger than the simulation allows"),
)  # fmt: skip
_HINTED: Sequence[tuple[str, str, str]] = (
    (r"no such function: (\S+)", "42883", "function {0}() does not exist"),
    (r"wrong number of arguments to function (\S+?)\(\)", "42883",
     "function {0} with these arguments does not exist"),
    (r"near \"(.*)\": syntax error", "42601", 'syntax error at or near "{0}"'),
)  # fmt: skip
"""Those that may be the simulation's fault, and say so."""


def worded(text: str) -> SqlError:
    """What PostgreSQL says of what the engine says."""
    for known, hint in ((_PLAIN, ""), (_HINTED, HINT)):
        for pattern, code, words in known:
            if match := re.search(pattern, text):
                return SqlError(code, words.format(*match.groups()), hint=hint)
    return SqlError("0A000", f"this statement is not available in the simulation ({text})", hint=HINT)

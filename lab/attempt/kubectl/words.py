"""A command line into words, as a shell would, and what only a shell can do refused by name.

Quotes, backslashes, a comment and a leading `~/` mean what they mean in a shell. Pipes, redirections,
variables and several commands on a line do not work here, and taking them for text would do something else
than was meant: each is refused with the way to a real shell.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from lab.errors import UsageError

SHELL = "podlab shell opens your shell with kubectl set up for this exercise; there it works"
"""The remedy for everything that wants a real shell."""

_OPERATORS = {
    "|": "a pipe",
    ">": "a redirection",
    "<": "a redirection",
    ";": "a second command",
    "&": "a second command or a job in the background",
    "(": "a bracket",
    ")": "a bracket",
    "\n": "a second line",
}
_EXPANDED = {"$": "a variable", "`": "a command's output"}


def of(text: str) -> frozenset[str]:
    """The words of a table that is written as text."""
    return frozenset(text.split())


@dataclass(frozen=True)
class Partial:
    """A line as far as it was typed: its finished words, and the one the cursor is at."""

    words: tuple[str, ...]
    word: str
    """Without quotes; empty behind a space."""
    at: int
    """Where that word begins in the line."""
    quote: str = ""
    """The quote it is inside of."""


@dataclass
class _Scan:
    words: list[str] = field(default_factory=list)
    word: list[str] = field(default_factory=list)
    begun: bool = False
    quote: str = ""
    at: int = 0

    def end(self, position: int) -> None:
        if self.begun:
            self.words.append("".join(self.word))
        self.word, self.begun, self.at = [], False, position + 1

    def add(self, char: str, position: int) -> None:
        if not self.begun:
            self.begun, self.at = True, position
        self.word.append(char)


def split(line: str) -> tuple[str, ...]:
    """The words of a whole line; `kubectl` in front, typed by habit, is taken off.

    Raises:
        UsageError: it has something only a shell understands, or a quote that does not end.
    """
    scan = _scan(line.strip())
    if scan.quote:
        raise UsageError(
            f"the quote {scan.quote} does not end", remedy=f"put another {scan.quote} at its end"
        )
    scan.end(len(line))
    return _without_habit(tuple(scan.words))


def partial(line: str) -> Partial | None:
    """The words up to the end of `line`, for completion; None where there is nothing to complete."""
    try:
        scan = _scan(line)
    except UsageError:
        return None
    at = scan.at if scan.begun else len(line)
    words = _without_habit(tuple(scan.words))
    return Partial(words, "".join(scan.word), at, scan.quote)


def _without_habit(words: tuple[str, ...]) -> tuple[str, ...]:
    return words[1:] if words[:1] == ("kubectl",) else words


def _scan(line: str) -> _Scan:
    scan, position = _Scan(), 0
    while position < len(line):
        char = line[position]
        if scan.quote:
            position = _quoted(scan, line, position)
        elif char in "'\"":
            scan.quote = char
            scan.begun, scan.at = True, scan.at if scan.begun else position
        elif char in " \t":
            scan.end(position)
        elif char == "#" and not scan.begun:
            break
        else:
            position = _plain(scan, line, position)
        position += 1
    return scan


def _quoted(scan: _Scan, line: str, position: int) -> int:
    char = line[position]
    if char == scan.quote:
        scan.quote = ""
    elif scan.quote == '"' and char == "\\" and line[position + 1 : position + 2] in {'"', "\\", "$", "`"}:
        position += 1
        scan.add(line[position], position)
    elif scan.quote == '"' and char in _EXPANDED:
        _refuse_expansion(char)
    else:
        scan.add(char, position)
    return position


def _plain(scan: _Scan, line: str, position: int) -> int:
    char = line[position]
    if char == "\\" and position + 1 < len(line):
        scan.add(line[position + 1], position)
        return position + 1
    if char in _OPERATORS:
        raise UsageError(f"{char!r} is {_OPERATORS[char]}: here only kubectl runs, one command", remedy=SHELL)
    if char in _EXPANDED:
        _refuse_expansion(char)
    if char == "~" and not scan.begun and line[position + 1 : position + 2] in {"/", ""}:
        for each in str(Path.home()):
            scan.add(each, position)
        return position
    scan.add(char, position)
    return position


def _refuse_expansion(char: str) -> None:
    raise UsageError(
        f"{char!r} would be {_EXPANDED[char]} in a shell: here only kubectl runs",
        remedy=f"between single quotes it stays what it is; or {SHELL}",
    )

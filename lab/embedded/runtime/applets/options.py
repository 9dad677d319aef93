"""Reading applets' options, and complaining about them as busybox does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from lab.embedded.runtime.process import Process
    from lab.embedded.runtime.tasks import Reason, Syscall

Step: TypeAlias = "Generator[Syscall, Reason, int]"
Run: TypeAlias = "Callable[[Process, list[str]], Step]"
VERSION = "BusyBox v1.36.1 (2023-05-18 22:34:17 UTC) multi-call binary."


class Usage(Exception):  # noqa: N818 (what happened, not a mistake)
    """The command line is wrong: a complaint and the usage go to stderr, exit status 1."""


class Failed(Exception):  # noqa: N818 (what happened, not a mistake)
    """The applet ends with a message (its name is put before it) and a status."""

    def __init__(self, message: str, status: int = 1) -> None:
        super().__init__(message)
        self.status = status


class Applet(Struct, frozen=True):
    """One command: how it is called and what it does. `run` gets the arguments without the name."""

    name: str
    usage: str
    run: Run
    misuse: int = 1
    """The exit status of a wrong command line."""


class Options(Struct):
    """Options and operands of a command line."""

    flags: set[str] = field(default_factory=set)
    values: dict[str, str] = field(default_factory=dict)
    every: dict[str, list[str]] = field(default_factory=dict)
    operands: list[str] = field(default_factory=list)

    def __contains__(self, flag: str) -> bool:
        return flag in self.flags or flag in self.values

    def get(self, flag: str, default: str = "") -> str:
        """An option's value."""
        return self.values.get(flag, default)


def parse(
    arguments: list[str], spec: str, long: dict[str, str] | None = None, *, stop: bool = False
) -> Options:
    """Read options as getopt does: in `spec` a letter with `:` takes a value; `stop`: at the first operand.

    Raises:
        Usage: an option that is not there, or one without its value.
    """
    found = Options()
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        if word == "--":
            found.operands += rest
            break
        if word.startswith("--"):
            name, _, value = word[2:].partition("=")
            letter = (long or {}).get(name)
            if letter is None:  # an applet without long options reads the second dash as one
                raise Usage(f"unrecognized option '{word}'" if long is not None else "invalid option -- '-'")
            _take(found, letter, spec, value, rest)
        elif word.startswith("-") and len(word) > 1:
            _cluster(found, word[1:], spec, rest)
        else:
            found.operands.append(word)
            if stop:
                found.operands += rest
                break
    return found


def _cluster(found: Options, letters: str, spec: str, rest: list[str]) -> None:
    while letters:
        letter, letters = letters[0], letters[1:]
        if letter not in spec or letter == ":":
            raise Usage(f"invalid option -- '{letter}'")
        if spec[spec.index(letter) + 1 : spec.index(letter) + 2] == ":":
            if not letters and not rest:
                raise Usage(f"option requires an argument -- '{letter}'")
            _value(found, letter, letters or rest.pop(0))
            return
        found.flags.add(letter)


def _take(found: Options, letter: str, spec: str, value: str, rest: list[str]) -> None:
    at = spec.find(letter)
    if at < 0 or spec[at + 1 : at + 2] != ":":
        found.flags.add(letter)
        return
    _value(found, letter, value or (rest.pop(0) if rest else ""))


def _value(found: Options, letter: str, value: str) -> None:
    found.values[letter] = value
    found.every.setdefault(letter, []).append(value)


_SUFFIXES = {"": 1, "b": 512, "k": 1024, "K": 1024, "m": 1024**2, "M": 1024**2, "g": 1024**3, "G": 1024**3}


def count(text: str) -> int:
    """A number with a size suffix (`10k`).

    Raises:
        Failed: it is none.
    """
    match = re.fullmatch(r"([-+]?\d+)([bkKmMgG]?)", text)
    if match is None:
        raise Failed(f"invalid number '{text}'")
    return int(match.group(1)) * _SUFFIXES[match.group(2)]


_SPANS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
FOREVER = 1e9
"""Seconds that stand for `inf`."""


def duration(text: str) -> float:
    """Seconds, from `1.5`, `2m`, `1h`, `inf`.

    Raises:
        Failed: it is none.
    """
    match = re.fullmatch(r"(\d+(?:\.\d*)?|\.\d+)([smhd]?)", text)
    if match:
        return min(float(match.group(1)) * _SPANS[match.group(2)], FOREVER)
    if text in ("inf", "infinity"):
        return FOREVER
    raise Failed(f"invalid number '{text}'")

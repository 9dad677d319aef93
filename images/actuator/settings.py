"""Typed settings from the environment, and the words of a process that cannot start without them.

Pure: gets a mapping, returns values or raises `Fatal`. This file is the same in every image of the lab.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

UNSET = 2
"""Exit code of a process that lacks a required setting."""

INVALID = 1
"""Exit code of a process with a setting it cannot use."""


class Fatal(Exception):  # noqa: N818 (the word the process logs)
    """The process cannot start: what it says, and the code it exits with."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


def _integer(text: str) -> int:
    if not re.fullmatch(r"[+-]?[0-9]{1,18}", text.strip()):
        raise ValueError(text)
    return int(text)


def _port(text: str) -> int:
    number = _integer(text)
    if not 1 <= number <= 65535:
        raise ValueError(text)
    return number


def _number(text: str) -> float:
    if not re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,9})?", text.strip()):
        raise ValueError(text)
    return float(text)


def _boolean(text: str) -> bool:
    if text.strip().lower() not in {"true", "false"}:
        raise ValueError(text)
    return text.strip().lower() == "true"


def _string(text: str) -> str:
    if not text:
        raise ValueError(text)
    return text


def _url(text: str) -> str:
    parts = urlsplit(text)
    if not parts.scheme or not parts.netloc:
        raise ValueError(text)
    return text


@dataclass(frozen=True)
class Kind:
    """A type of setting: how it is read, and what a wrong value is told."""

    read: Callable[[str], object]
    expected: str


KINDS: Mapping[str, Kind] = {
    "string": Kind(_string, "a value"),
    "integer": Kind(_integer, "integer"),
    "port": Kind(_port, "integer from 1 to 65535"),
    "number": Kind(_number, "number"),
    "boolean": Kind(_boolean, "true or false"),
    "url": Kind(_url, "URL"),
}

STAND_INS: Mapping[str, tuple[str, ...]] = {"DATABASE_PASSWORD": ("DB_PASSWORD",)}
"""Names that count as another one: what a required setting may be given by instead."""


def value(env: Mapping[str, str], name: str, kind: str, default: object) -> object:
    """The value of `name` as `kind`, or `default` when it is not set or empty.

    Raises:
        Fatal: the value is not of that kind (exit code 1).
    """
    text = env.get(name, "")
    return _read(name, text, kind) if text else default


def number(env: Mapping[str, str], name: str, default: float = 0) -> float:
    """A number that is not negative.

    Raises:
        Fatal: it is something else.
    """
    found = value(env, name, "number", default)
    return float(found) if isinstance(found, (int, float)) else default


def integer(env: Mapping[str, str], name: str, default: int) -> int:
    """An integer.

    Raises:
        Fatal: it is something else.
    """
    found = value(env, name, "integer", default)
    return found if isinstance(found, int) else default


def port(env: Mapping[str, str], name: str, default: int | None) -> int | None:
    """A port, or `default` when it is not set. Says `integer` of what is no integer at all.

    Raises:
        Fatal: it is something else.
    """
    if env.get(name, ""):
        value(env, name, "integer", default)
    found = value(env, name, "port", default)
    return found if isinstance(found, int) else default


def choice(env: Mapping[str, str], name: str, choices: tuple[str, ...]) -> str:
    """One of `choices`; the first one is the default.

    Raises:
        Fatal: it is something else.
    """
    text = env.get(name, "") or choices[0]
    if text not in choices:
        raise Fatal(_invalid(name, text, " or ".join(choices)), INVALID)
    return text


def address(env: Mapping[str, str], name: str) -> tuple[str, int] | None:
    """A `host:port`, or None when it is not set.

    Raises:
        Fatal: it is something else.
    """
    text = env.get(name, "")
    if not text:
        return None
    host, colon, tail = text.rpartition(":")
    found = tail if host and colon else ""
    try:
        return host.strip("[]"), _port(found)
    except ValueError:
        raise Fatal(_invalid(name, text, "host:port"), INVALID) from None


def require(env: Mapping[str, str]) -> None:
    """Check what `REQUIRED_SETTINGS` demands: names, each with an optional `:kind`.

    Raises:
        Fatal: one is not set (exit code 2), or is not of its kind (1).
    """
    for entry in re.split(r"[,\s]+", env.get("REQUIRED_SETTINGS", "")):
        if not entry:
            continue
        name, _, kind = entry.partition(":")
        if kind and kind not in KINDS:
            raise Fatal(_invalid("REQUIRED_SETTINGS", entry, "NAME:" + "|".join(KINDS)), INVALID)
        if name in env:
            _read(name, env[name], kind or "string")
        elif not any(other in env for other in (f"{name}_FILE", *STAND_INS.get(name, ()))):
            raise Fatal(f"{name} is not set", UNSET)


def _read(name: str, text: str, kind: str) -> object:
    found = KINDS[kind]
    try:
        return found.read(text)
    except ValueError:
        raise Fatal(_invalid(name, text, found.expected), INVALID) from None


def _invalid(name: str, text: str, expected: str) -> str:
    return f'invalid value for {name}: "{text}" (expected {expected})'

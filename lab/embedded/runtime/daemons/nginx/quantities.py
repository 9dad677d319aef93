"""Values of directives: switches, numbers, sizes, times, and what nginx says of bad ones."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lab.embedded.runtime.daemons.nginx.syntax import ConfigurationError

if TYPE_CHECKING:
    from lab.embedded.runtime.daemons.nginx.syntax import Directive


def flag(each: Directive) -> bool:
    """`on` or `off`."""
    if each.args[0] not in ("on", "off"):
        text = f'invalid value "{each.args[0]}" in "{each.name}" directive, it must be "on" or "off"'
        raise ConfigurationError(f"{text} in {each.place}")
    return each.args[0] == "on"


def number(each: Directive, text: str) -> int:
    """A whole number."""
    if not text.isdigit():
        raise ConfigurationError(f'invalid value "{text}" in {each.place}')
    return int(text)


def size(each: Directive, text: str) -> int:
    """Bytes, with nginx' units."""
    match = re.fullmatch(r"(\d+)([kKmMgG]?)", text)
    if match is None:
        raise ConfigurationError(f'"{each.name}" directive invalid value in {each.place}')
    return int(match[1]) * {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}[match[2].lower()]


def seconds(each: Directive, text: str) -> float:
    """A time in seconds, with nginx' units."""
    match = re.fullmatch(r"(\d+)(ms|s|m|h|)", text)
    if match is None:
        raise ConfigurationError(f'"{each.name}" directive invalid value in {each.place}')
    return int(match[1]) * {"ms": 0.001, "s": 1, "": 1, "m": 60, "h": 3600}[match[2]]


def types(each: Directive) -> dict[str, str]:
    """A `types` block: media types by the end of a name."""
    return {end: one.name for one in each.block or () for end in one.args}

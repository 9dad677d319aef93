"""Command-line flags as cobra reads them: `--name=value`, `--name value`, switches, and their complaints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping

LOGGING = frozenset(
    {"v", "logtostderr", "alsologtostderr", "vmodule", "stderrthreshold", "log_dir", "log_file"}
)
"""klog's flags: every subcommand takes them, and they change nothing here."""


class BadFlags(Exception):  # noqa: N818 (what happened, not a mistake)
    """The command line is wrong; `str()` is cobra's text after `Error: `."""


class Flags(Struct, frozen=True):
    """The values of the flags, and what else stood on the command line."""

    values: Mapping[str, str]
    operands: tuple[str, ...]

    def text(self, name: str) -> str:
        """A flag's value."""
        return self.values[name]

    def number(self, name: str) -> int:
        """A flag's value as a number.

        Raises:
            BadFlags: it is none.
        """
        try:
            return int(self.values[name])
        except ValueError:
            value = self.values[name]
            why = f'strconv.ParseInt: parsing "{value}": invalid syntax'
            raise BadFlags(f'invalid argument "{value}" for "--{name}" flag: {why}') from None

    def on(self, name: str) -> bool:
        """A switch."""
        return self.values[name] in ("true", "1", "t", "T", "TRUE", "True")


def parse(arguments: list[str], defaults: Mapping[str, str]) -> Flags:
    """Read a command line; a flag whose default is `true` or `false` is a switch.

    Raises:
        BadFlags: a flag the command does not have, or one without its value.
    """
    values, operands, rest = dict(defaults), list[str](), list(arguments)
    while rest:
        word = rest.pop(0)
        if word == "--":
            operands += rest
            break
        if not word.startswith("-") or word == "-":
            operands.append(word)
            continue
        name, equals, value = word.lstrip("-").partition("=")
        if name in LOGGING:
            continue
        if name not in defaults or not word.startswith("--"):
            kind = f"flag: --{name}" if word.startswith("--") else f"shorthand flag: '{name[:1]}' in {word}"
            raise BadFlags(f"unknown {kind}")
        if not equals and defaults[name] not in ("true", "false"):
            if not rest:
                raise BadFlags(f"flag needs an argument: --{name}")
            value = rest.pop(0)
        values[name] = value if equals or value else "true"
    return Flags(values, tuple(operands))

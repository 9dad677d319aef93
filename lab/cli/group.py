"""A group of commands whose modules are imported only when they are used.

`podlab --help` lists every command from the table it is given and imports none of them.
"""

from __future__ import annotations

import difflib
import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Entry:
    """Where a command is, and what the list of commands says of it."""

    module: str
    """`lab.cli.check`; the command is the module's `command`, or `attribute`."""
    help: str
    attribute: str = "command"


class LazyGroup(click.Group):
    """A click group over a table of entries, in the table's order."""

    def __init__(self, *, entries: Mapping[str, Entry], name: str | None = None, help: str = "") -> None:  # noqa: A002 (click's own name)
        super().__init__(name=name, help=help, invoke_without_command=name is None)
        self._entries = entries

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        """Names in the order of the table."""
        return list(self._entries)

    def get_command(  # click's signature
        self,
        ctx: click.Context,  # noqa: ARG002
        cmd_name: str,
    ) -> click.Command | None:
        """Import the command of that name."""
        entry = self._entries.get(cmd_name)
        if entry is None:
            return None
        command: click.Command = getattr(importlib.import_module(entry.module), entry.attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or say which was probably meant."""
        name = args[0] if args else ""
        if name and not name.startswith("-") and name not in self._entries:
            near = difflib.get_close_matches(name, list(self._entries), n=2, cutoff=0.5)
            meant = f" Did you mean {' or '.join(near)}?" if near else ""
            raise click.UsageError(f"there is no command {name!r}.{meant}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(  # click's signature
        self,
        ctx: click.Context,  # noqa: ARG002
        formatter: click.HelpFormatter,
    ) -> None:
        """The list of commands, from the table."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in self._entries.items()])

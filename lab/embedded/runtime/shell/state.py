"""What a shell knows: variables, functions, options, traps. A forked shell gets a copy."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec import Struct, field

from lab.embedded.runtime.shell.control import ShellError

if TYPE_CHECKING:
    from lab.embedded.runtime.shell.syntax import Function

OPTION_LETTERS = {
    "e": "errexit",
    "f": "noglob",
    "I": "ignoreeof",
    "i": "interactive",
    "m": "monitor",
    "n": "noexec",
    "s": "stdin",
    "c": "command",
    "x": "xtrace",
    "v": "verbose",
    "C": "noclobber",
    "a": "allexport",
    "b": "notify",
    "u": "nounset",
    "E": "errtrace",
}
"""Options by letter, in ash's order; how the shell reads its commands is told by the last of them (`HOW`)."""
HOW = ("interactive", "stdin", "command")
"""Options that only tell how the shell was started: `set` neither lists nor changes them."""
OPTIONS = (*(name for name in OPTION_LETTERS.values() if name not in HOW), "vi", "pipefail")
"""Options by name, as `set -o` lists them."""

VALUE_LIMIT = 32 * 1024 * 1024
"""Characters one shell may hold in variables: beyond it counts as having used up the memory."""


class ReadOnly(ShellError):  # noqa: N818 (what happened, not a mistake)
    """A readonly variable was to be changed."""


class OutOfMemory(Exception):  # noqa: N818 (what happened, not a mistake)
    """The shell's variables outgrew the simulation."""


class State(Struct):
    """One shell's memory."""

    name: str = "sh"
    """`$0`."""
    applet: str = "sh"
    """The name the shell itself was called by."""
    aliases: dict[str, str] = field(default_factory=dict)
    limits: dict[str, str] = field(default_factory=dict)
    """What `ulimit` changed, by option letter."""
    variables: dict[str, str] = field(default_factory=dict)
    exported: set[str] = field(default_factory=set)
    readonly: set[str] = field(default_factory=set)
    functions: dict[str, Function] = field(default_factory=dict)
    positional: list[str] = field(default_factory=list)
    options: set[str] = field(default_factory=set)
    traps: dict[int, str] = field(default_factory=dict)
    """Actions by signal number, 0 for EXIT; an empty action: the signal is ignored."""
    scopes: list[dict[str, str | None]] = field(default_factory=list)
    """For each function being run, what its local variables hid."""
    status: int = 0
    background: int | None = None
    size: int = 0

    def get(self, name: str) -> str | None:
        """A variable's value."""
        return self.variables.get(name)

    def put(self, name: str, value: str) -> None:
        """Set a variable.

        Raises:
            ReadOnly, OutOfMemory: see there.
        """
        if name in self.readonly:
            raise ReadOnly(name)
        old = self.variables.get(name)
        self.size += len(value) - (len(old) if old is not None else -len(name))
        if self.size > VALUE_LIMIT:
            raise OutOfMemory
        self.variables[name] = value
        if "allexport" in self.options:
            self.exported.add(name)

    def drop(self, name: str) -> None:
        """Unset a variable.

        Raises:
            ReadOnly: see there.
        """
        if name in self.readonly:
            raise ReadOnly(name)
        old = self.variables.pop(name, None)
        if old is not None:
            self.size -= len(old) + len(name)
        self.exported.discard(name)

    def declare_local(self, name: str) -> None:
        """Hide a variable until the running function returns; it is not set there yet."""
        scope = self.scopes[-1]
        if name not in scope:
            scope[name] = self.variables.pop(name, None)

    def leave_function(self) -> None:
        """Bring back what the function's local variables hid."""
        for name, value in self.scopes.pop().items():
            if value is None:
                self.variables.pop(name, None)
            else:
                self.variables[name] = value

    def environment(self) -> dict[str, str]:
        """What a program started now gets, in the order of ash's table of variables."""
        names = sorted((name for name in self.variables if name in self.exported), key=bucket)
        return {name: self.variables[name] for name in names}

    def fork(self) -> State:
        """A copy for a subshell: traps are forgotten, ignored signals stay ignored."""
        return State(
            self.name, self.applet, dict(self.aliases), dict(self.limits),
            dict(self.variables), set(self.exported), set(self.readonly), dict(self.functions),
            list(self.positional), self.options - {"interactive"},
            {number: action for number, action in self.traps.items() if not action},
            [dict(scope) for scope in self.scopes], self.status, self.background, self.size,
        )  # fmt: skip


@lru_cache(maxsize=1024)
def bucket(name: str) -> int:
    """Where ash's hash table keeps a variable (`hashvar`): `env` lists them bucket by bucket."""
    code = name.encode("utf-8", "surrogateescape")
    return ((code[0] << 4) + sum(code)) % 39

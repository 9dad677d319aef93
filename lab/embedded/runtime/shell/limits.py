"""The builtins about a process' limits: `umask` and `ulimit`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lab.embedded.runtime.shell.control import AppletFailed, CommandFailed

if TYPE_CHECKING:
    from lab.embedded.runtime.shell.commands import CommandRunner
    from lab.embedded.runtime.shell.special import Step

_LIMITS = {
    "c": ("core file size (blocks)", "unlimited"),
    "d": ("data seg size (kb)", "unlimited"),
    "e": ("scheduling priority", "0"),
    "f": ("file size (blocks)", "unlimited"),
    "i": ("pending signals", "15728"),
    "l": ("max locked memory (kb)", "8192"),
    "m": ("max memory size (kb)", "unlimited"),
    "n": ("open files", "1048576"),
    "q": ("POSIX message queues (bytes)", "819200"),
    "r": ("real-time priority", "0"),
    "s": ("stack size (kb)", "8192"),
    "t": ("cpu time (seconds)", "unlimited"),
    "u": ("max user processes", "unlimited"),
    "v": ("virtual memory (kb)", "unlimited"),
    "x": ("file locks", "unlimited"),
}
"""Limits by option: what `ulimit -a` calls them, and what containerd sets (`LimitNOFILE`, no bound on the
rest)."""


def ulimit(shell: CommandRunner, argv: list[str]) -> Step:
    """`ulimit [-HSa…] [LIMIT]`: what is set is remembered and shown, and bounds nothing."""
    letters, wanted = "", ""
    for word in argv[1:]:
        if not word.startswith("-"):
            wanted = word
            continue
        for letter in word[1:]:
            if letter not in _LIMITS and letter not in "HSa":
                yield from shell.process.complain(f"ulimit: invalid option -- '{letter}'")
                return 1
            letters += letter
    if "a" in letters:
        for letter, (text, value) in _LIMITS.items():
            shown = shell.state.limits.get(letter, value)
            yield from shell.process.print(f"{text:<32}(-{letter}) {shown}")
        return 0
    chosen = next((each for each in letters if each in _LIMITS), "f")
    value = shell.state.limits.get(chosen, _LIMITS[chosen][1])
    if not wanted:
        yield from shell.process.print(value)
        return 0
    if wanted != "unlimited" and not wanted.isdigit():
        raise AppletFailed(f"invalid number '{wanted}'")
    if value.isdigit() and (wanted == "unlimited" or int(wanted) > int(value)):
        raise AppletFailed("error setting limit: Operation not permitted")
    shell.state.limits[chosen] = wanted
    return 0


def umask(shell: CommandRunner, argv: list[str]) -> Step:
    """`umask [-S] [MODE]`: in octal or as `u=rwx,g-w`, which speaks of what is allowed."""
    process = shell.process
    rest = [each for each in argv[1:] if each != "-S"]
    if not rest:
        yield from process.print(_symbolic(process.umask) if "-S" in argv else f"{process.umask:04o}")
        return 0
    mode = rest[0]
    if re.fullmatch(r"0*[0-7]{1,3}", mode):
        process.umask = int(mode, 8)
        return 0
    allowed = ~process.umask & 0o777
    for clause in mode.split(",") if mode else ():
        match = re.fullmatch(r"([ugoa]*)([-+=])([rwx]*)", clause)
        if match is None:
            raise CommandFailed(f"illegal mode: {mode}", 2)
        allowed = _changed(allowed, *match.groups())
    process.umask = ~allowed & 0o777
    return 0


def _symbolic(mask: int) -> str:
    allowed = ~mask
    return ",".join(
        f"{who}=" + "".join(right for bit, right in ((4, "r"), (2, "w"), (1, "x")) if allowed >> shift & bit)
        for who, shift in (("u", 6), ("g", 3), ("o", 0))
    )


def _changed(allowed: int, whose: str, how: str, rights: str) -> int:
    bits = sum({"r": 4, "w": 2, "x": 1}[each] for each in set(rights))
    for who, shift in (("u", 6), ("g", 3), ("o", 0)):
        if whose and who not in whose and "a" not in whose:
            continue
        if how == "=":
            allowed &= ~(7 << shift)
        allowed = allowed & ~(bits << shift) if how == "-" else allowed | bits << shift
    return allowed

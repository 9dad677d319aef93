"""The learner's own shell, with what the exercise needs set after their profile was read.

A profile that exports KUBECONFIG, as many do, would otherwise send every command to the learner's own
cluster. So the profile is read first and the lab's variables are set behind it, together with a mark in the
prompt that says where one is. The learner's files are read, never written; ours are small and beside the
lab's other state. Shells that are not known get the variables, and their profile the last word.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

from lab.attempt import durable
from lab.attempt.environment import exports

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True)
class Interactive:
    """How to start a shell."""

    argv: tuple[str, ...]
    environment: dict[str, str]
    """What to set on top of the own environment."""


def interactive(
    shell: str,
    variables: Mapping[str, str],
    mark: str,
    directory: Path,
    profile: Mapping[str, str] | None = None,
) -> Interactive:
    """How to start `shell` with `variables` set and `mark` in its prompt; files it needs go to `directory`.

    `profile` is the learner's environment: where their shell keeps its files (ZDOTDIR, ENV).

    Raises:
        lab.errors.NotAbleError: the directory cannot be written.
    """
    name = PurePath(shell).name.removeprefix("-")
    plain, profile = dict(variables), profile or {}
    if name == "bash":
        file = directory / "bashrc"
        prompt = f'PS1={shlex.quote(f"({mark}) ")}"$PS1"\n'
        before = "[ -f /etc/bash.bashrc ] && . /etc/bash.bashrc\n[ -f ~/.bashrc ] && . ~/.bashrc\n"
        _write(file, before + exports(variables, "posix") + prompt)
        return Interactive((shell, "--rcfile", str(file), "-i"), plain)
    if name == "zsh":
        found = _zsh(shell, plain, mark, directory)
        found.environment["PODLAB_ZDOTDIR"] = profile.get("ZDOTDIR", "")
        return found
    if name == "fish":
        return Interactive((shell, "-C", exports(variables, "fish") + _FISH.format(mark=mark)), plain)
    if name in {"sh", "dash", "ash", "ksh", "mksh"}:
        file = directory / "shrc"
        before = '[ -n "${PODLAB_ENV-}" ] && [ -f "$PODLAB_ENV" ] && . "$PODLAB_ENV"\n'
        _write(file, before + exports(variables, "posix") + f"PS1={shlex.quote(f'({mark}) $ ')}\n")
        return Interactive((shell, "-i"), {**plain, "ENV": str(file), "PODLAB_ENV": profile.get("ENV", "")})
    return Interactive((shell,), plain)


_FISH = """functions -q fish_prompt; and functions -c fish_prompt _podlab_prompt
function fish_prompt
    echo -n '({mark}) '
    functions -q _podlab_prompt; and _podlab_prompt; or echo -n '> '
end
"""


def _zsh(shell: str, plain: dict[str, str], mark: str, directory: Path) -> Interactive:
    """Zsh reads its files in ZDOTDIR: ours read the learner's, with ZDOTDIR as it was."""
    own = directory / "zsh"
    home = "${PODLAB_ZDOTDIR:-$HOME}"
    _write(
        own / ".zshenv", f'[ -f "{home}/.zshenv" ] && . "{home}/.zshenv"\nZDOTDIR={shlex.quote(str(own))}\n'
    )
    _write(
        own / ".zshrc",
        f'ZDOTDIR="{home}"\n[ -f "$ZDOTDIR/.zshrc" ] && . "$ZDOTDIR/.zshrc"\n'
        + exports(plain, "posix")
        + f'PROMPT={shlex.quote(f"({mark}) ")}"$PROMPT"\n',
    )
    return Interactive((shell, "-i"), {**plain, "ZDOTDIR": str(own)})


def _write(path: Path, text: str) -> None:
    durable.write(path, text.encode())

"""The words of the conversation: what each does, and what may stand behind it."""

from __future__ import annotations

import difflib
import shlex
from typing import TYPE_CHECKING

from lab.cli.main import COMMANDS
from lab.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection

WORDS = {
    "list": "the exercises, numbered",
    "start": "start NUMBER or NAME: begin one, or take it up again; a number alone does the same",
    "brief": "what is wrong, and what must hold in the end",
    "files": "where your files are, and what you changed; edit them in any editor, or with: edit FILE",
    "edit": "edit FILE: one of your files in your editor; one that is there is offered if EDITOR is not set",
    "status": "pods and workloads as they are now",
    "events": "what the cluster reported",
    "logs": "what the pods write; logs previous: before the last restart",
    "kubectl": "kubectl ARGUMENTS: the real one, set up for this exercise",
    "shell": "your own shell, with kubectl set up for this exercise: pipes and variables work there",
    "wait": "wait SECONDS: let that much cluster time pass at once",
    "check": "judge what runs; your edits are applied first, unless that undoes what you did with kubectl",
    "apply": "apply your files, also over what you did with kubectl; asks first then",
    "watch": "apply and judge every save, until Ctrl-C",
    "hint": "the next of three hints; hint NUMBER: that one again; hint --all: all that were shown",
    "answer": "the diagnosis question, if the exercise has one; answer CHOICE answers it",
    "solution": "a solution; asks first",
    "reset": "files and cluster as at the start; asks first; progress and hints stay",
    "debrief": "once solved: what it was, the evidence, what you changed, what happened",
    "evidence": "once solved: only what showed that it is mended",
    "export": "export DIRECTORY: what runs, as files to hand in",
    "next": "start the next exercise that is not solved",
    "quiet": "no longer tell what changes in the cluster, and saves; tell: tell it again",
    "quit": "leave; everything is kept",
}
"""Every word, and what it does; `help` lists them. All other commands of podlab are understood as well."""

OF_THE_OPEN = frozenset({"answer", "check", "hint", "solution", "reset", "debrief", "shell", "watch"})
"""Commands that are about the exercise that is open, and about no other."""

CALLED = {name: name for name in COMMANDS}
"""What the commands in messages are called here: as they are, with nothing before them."""


def unfolded(line: str) -> tuple[str, str]:
    """A line's word and the rest: `podlab` before it is left out, a number means start, `!` a shell."""
    word, _, rest = line.strip().partition(" ")
    if word.lower() == "podlab":
        return unfolded(rest) if rest.strip() else ("help", "")
    if word.startswith("!"):
        run = f"{word[1:]} {rest}".strip()
        return "shell", f"--command {shlex.quote(run)}" if run else ""
    if word.isdecimal():
        return "start", f"{word} {rest}".strip()
    return word.lower(), rest.strip()


def arguments(rest: str) -> list[str]:
    """What stands behind a word, as a shell takes it apart.

    Raises:
        UsageError: a quote does not end.
    """
    try:
        return shlex.split(rest)
    except ValueError as problem:
        raise UsageError(f"a quote does not end: {rest}", remedy="put another one at its end") from problem


def of_the_open(word: str, given: list[str], opened: str, others: Collection[str]) -> list[str]:
    """What a command about the open exercise is given, without its name.

    Raises:
        UsageError: another exercise is named.
    """
    first = given[0] if given else ""
    if first == opened:
        return given[1:]
    if first in others:
        raise UsageError(
            f"{word} is about the exercise that is open, {opened}", remedy=f"start {first} opens that one"
        )
    return given


def alone(word: str, rest: str) -> None:
    """Go on only with nothing behind a word.

    Raises:
        UsageError: there is something.
    """
    if rest:
        raise UsageError(f"{word} takes nothing behind it, and not {rest}", remedy=f"type {word} alone")


def unknown(word: str, known: Collection[str]) -> UsageError:
    """There is no such word; the nearest is named."""
    near = difflib.get_close_matches(word, known, n=1)
    meant = f"did you mean {near[0]}? " if near else ""
    return UsageError(f"there is no word {word!r}", remedy=f"{meant}help lists them all")

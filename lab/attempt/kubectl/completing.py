"""Completion by kubectl itself (`kubectl __complete`, cobra's protocol), remembered for a moment.

kubectl knows its commands and flags, and asks the cluster for kinds, names, namespaces and containers. An
answer costs a process and a request, so it is asked for what stands before the last word only, and filtered
here as the word grows.
https://github.com/spf13/cobra/blob/main/site/content/completions/_index.md
"""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lab.attempt.kubectl import words
from lab.attempt.workspace import MANIFEST_SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

FRESH = 5.0
"""Host seconds for which names in the cluster are believed."""
SETTLED = 600.0
"""The same for commands and flags."""
PATIENCE = 4.0
"""Host seconds kubectl may take."""
MOST = 200
"""Candidates that are shown at most."""
_REMEMBERED = 64

_ERROR, _NO_SPACE, _NO_FILES, _EXTENSIONS, _DIRECTORIES = 1, 2, 4, 8, 16
"""Bits of the directive in the last line of an answer."""


@dataclass(frozen=True)
class Candidate:
    """One way to go on."""

    text: str
    """The whole word."""
    about: str = ""


@dataclass(frozen=True)
class Candidates:
    """Ways to finish the last word of a line."""

    at: int
    """Where that word begins in the line."""
    word: str
    """As far as it is there."""
    found: tuple[Candidate, ...] = ()
    space: bool = True
    """Whether the word is finished with one of them."""
    problem: str = ""
    """Why there are none."""

    @property
    def common(self) -> str:
        """What all of them begin with."""
        texts = [one.text for one in self.found]
        if not texts:
            return ""
        least, most = min(texts), max(texts)
        same = 0
        while same < min(len(least), len(most)) and least[same] == most[same]:
            same += 1
        return least[:same]


@dataclass(frozen=True)
class _Answer:
    found: tuple[Candidate, ...]
    directive: int
    until: float


class Completer:
    """Asks one kubectl; to be used from one thread at a time."""

    def __init__(
        self,
        program: str,
        environment: Callable[[], Mapping[str, str]],
        directory: Path,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._program, self._environment, self._directory = program, environment, directory
        self._clock = clock
        self._known: dict[tuple[str, ...], _Answer] = {}

    def complete(self, line: str) -> Candidates | None:
        """Candidates for the end of `line`; None: nothing can be completed there."""
        partial = words.partial(line)
        if partial is None or "--" in partial.words:
            return None
        prefix, stem = _stem(partial.word)
        answer = self._answer((*partial.words, prefix + stem))
        nothing = Candidates(partial.at, partial.word)
        if answer is None:
            return replace(nothing, problem="no completion: kubectl did not answer")
        # What comes with these two is no candidates but which files are wanted.
        only_files = answer.directive & (_EXTENSIONS | _DIRECTORIES)
        found = [] if only_files else [replace(one, text=prefix + one.text) for one in answer.found]
        if not found and not answer.directive & (_NO_FILES | _ERROR):
            found = [Candidate(prefix + text) for text in self._files(partial.word[len(prefix) :], answer)]
        fitting = [one for one in found if one.text.startswith(partial.word)]
        unfinished = answer.directive & _NO_SPACE or any(one.text.endswith("/") for one in fitting)
        return Candidates(partial.at, partial.word, tuple(fitting[:MOST]), space=not unfinished)

    def _answer(self, asked: tuple[str, ...]) -> _Answer | None:
        known = self._known.get(asked)
        if known is not None and known.until > self._clock():
            return known
        answer = self._ask(asked)
        if answer is not None:
            self._known[asked] = answer
            while len(self._known) > _REMEMBERED:
                del self._known[next(iter(self._known))]
        return answer

    def _ask(self, asked: tuple[str, ...]) -> _Answer | None:
        try:
            done = subprocess.run(
                [self._program, "__complete", *asked],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=PATIENCE,
                check=False,
                cwd=self._directory,
                env=dict(self._environment()),
            )
        except (OSError, subprocess.SubprocessError):
            return None
        *lines, last = done.stdout.rstrip("\n").split("\n")
        if not last.startswith(":") or not last[1:].isdigit():
            return None
        parts = (line.partition("\t") for line in lines if line)
        found = tuple(
            Candidate(text, about) for text, _tab, about in parts if not text.startswith("_activeHelp_")
        )
        lasts = SETTLED if len(asked) == 1 or asked[-1].startswith("-") else FRESH
        return _Answer(found, int(last[1:]), self._clock() + lasts)

    def _files(self, begun: str, answer: _Answer) -> list[str]:
        """Files of the workspace; where the flag says so, only such as hold manifests."""
        base, _, start = begun.rpartition("/")
        directory = self._directory / base if base else self._directory
        try:
            inside = sorted(directory.iterdir())
        except OSError:
            return []
        found = []
        for path in inside:
            if path.name.startswith(".") and not start.startswith("."):
                continue
            if not path.is_dir() and answer.directive & _EXTENSIONS and path.suffix not in MANIFEST_SUFFIXES:
                continue
            if not path.is_dir() and answer.directive & _DIRECTORIES:
                continue
            name = f"{base}/{path.name}" if base else path.name
            found.append(name + "/" if path.is_dir() else name)
        return found


def _stem(word: str) -> tuple[str, str]:
    """What kubectl leaves out of its candidates, and what it is asked with; the rest is filtered here."""
    if word.startswith("-") and "=" in word:
        flag, _, _value = word.partition("=")
        return flag + "=", ""
    if word.startswith("--"):
        return "", "--"
    if word.startswith("-"):
        return "", "-"
    return "", word[: word.rfind("/") + 1]

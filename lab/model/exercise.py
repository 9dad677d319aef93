"""One exercise as facts: what is read, what is broken, what proves it mended, what must not fool the lab."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Annotated

from lab.model.checks import Check, Experiment
from lab.model.predicates import Predicate

FORMAT = 1
"""Version of the exercise format this lab reads."""


@dataclass(frozen=True, kw_only=True)
class Symptom:
    """How the broken state fails: exactly so, or the exercise is not what its author thinks."""

    check: Annotated[str, "id of the check that is the first to fail"]
    code: Annotated[str, "the code of its finding"]
    shows: Annotated[Predicate | None, "what else is to be seen in the cluster by then"] = None


@dataclass(frozen=True, kw_only=True)
class Guard:
    """A known cheat: seen in the cluster's state, and explained in a message of its own.

    A guard that `explains` speaks only when one of those checks or experiments failed; one that `forbids`
    fails the verdict by itself, and is meant for what the brief rules out and no experiment can show.
    """

    id: Annotated[str, "unique in the exercise"]
    when: Annotated[Predicate, "what the cluster looks like then"]
    message: Annotated[str, "why this does not count, in a sentence or two"]
    explains: Annotated[tuple[str, ...], "ids of checks and experiments whose failure it explains"] = ()
    forbids: Annotated[bool, "fails the verdict by itself"] = False


@dataclass(frozen=True, kw_only=True)
class Option:
    """One possible answer to a question."""

    id: Annotated[str, "short name to answer with"]
    text: Annotated[str, "what the learner reads"]
    holds: Annotated[
        Predicate | None, "the evidence in the cluster that makes it right; none: never right"
    ] = None
    why: Annotated[str, "shown when it was chosen and is wrong"] = ""


@dataclass(frozen=True, kw_only=True)
class Question:
    """A diagnosis question; the broken cluster itself says which answer is right."""

    id: Annotated[str, "unique in the exercise"]
    text: Annotated[str, "the question"]
    options: tuple[Option, ...]
    look_at: Annotated[str, "the command that shows the evidence"] = ""


@dataclass(frozen=True, kw_only=True)
class Failure:
    """How a cheat must fail."""

    finding: Annotated[str, "id of the check, experiment or forbidding guard that fails"]
    code: Annotated[str, "the finding's code; empty: any"] = ""
    guard: Annotated[str, "the guard that explains it; empty: none is asked for"] = ""


@dataclass(frozen=True, kw_only=True)
class Build:
    """An image the learner edits: rebuilt by the lab whenever its files change."""

    tag: Annotated[str, "image reference the manifests use"]
    directory: Annotated[str, "directory in the workspace that holds the image's files"] = "image"
    base: Annotated[str, "lab image whose files the directory replaces in part; empty: it stands alone"] = ""


@dataclass(frozen=True, kw_only=True)
class Header:
    """What `exercise.yaml` holds: everything but the files beside it."""

    format: Annotated[int, "version of this format: 1"]
    name: Annotated[str, "unique in the catalogue; the directory is called `NN-name`"]
    title: str
    track: Annotated[str, "directory above: `probes`, `availability`, `crashloop`"]
    difficulty: Annotated[int, "1 to 5"]
    minutes: Annotated[int, "what a learner will take, about"]
    objectives: Annotated[tuple[str, ...], "what one can do afterwards"]
    prerequisites: Annotated[tuple[str, ...], "names of exercises that come before"] = ()
    requires: Annotated[tuple[str, ...], "capabilities a cluster needs (`image-builds`, `metrics`, …)"] = ()
    images: Annotated[tuple[str, ...], "lab images it needs in the cluster, by directory in `images/`"] = ()
    build: Annotated[Build | None, "an image the learner edits"] = None
    symptom: Symptom
    checks: tuple[Check, ...]
    experiments: tuple[Experiment, ...] = ()
    guards: tuple[Guard, ...] = ()
    question: Annotated[Question | None, "a diagnosis question"] = None
    cheats: Annotated[Mapping[str, Failure], "how each directory in `cheats/` must fail"]


@dataclass(frozen=True)
class Hint:
    """One rung: where to look, what it means, what to change."""

    title: str
    text: str


@dataclass(frozen=True)
class SourceFile:
    """A file of an exercise, to be copied into a workspace."""

    path: PurePosixPath
    """Relative to the workspace (`app.yaml`, `image/app.py`)."""
    source: Path
    """Where it lies in the catalogue."""


@dataclass(frozen=True)
class Variant:
    """A way to go on from the broken state: other files, kubectl steps, or both (files first)."""

    name: str
    """`solution`, `alternates/patch`, `cheats/probe-removed`."""
    files: tuple[SourceFile, ...] = ()
    """They replace the workspace's files of the same path; others stay."""
    removed: tuple[PurePosixPath, ...] = ()
    """Workspace files that are deleted."""
    steps: tuple[str, ...] = ()
    """kubectl command lines, run in the namespace after the files were applied."""


@dataclass(frozen=True)
class Exercise:
    """An exercise, complete: header, texts and files."""

    header: Header
    directory: Path
    order: int
    """The number in the directory's name; the catalogue is sorted by track and order."""
    brief: str
    hints: tuple[Hint, ...]
    debrief: str
    broken: tuple[SourceFile, ...]
    """The workspace a learner starts with; image files lie under the build's directory."""
    solution: Variant
    alternates: tuple[Variant, ...] = ()
    cheats: tuple[Variant, ...] = ()

    @property
    def name(self) -> str:
        """The exercise's unique name."""
        return self.header.name

    @property
    def title(self) -> str:
        """The title a learner reads."""
        return self.header.title

    @property
    def track(self) -> str:
        """The track it belongs to."""
        return self.header.track

    @property
    def manifests(self) -> tuple[SourceFile, ...]:
        """The broken state's manifests, without image files."""
        return tuple(
            file
            for file in self.broken
            if file.path.suffix in {".yaml", ".yml", ".json"} and len(file.path.parts) == 1
        )

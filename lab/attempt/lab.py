"""The lab as a front end sees it: exercises, progress, clusters, and the way to an attempt."""

from __future__ import annotations

import difflib
import os
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from lab.attempt import clusters
from lab.attempt.cancel import Cancel, Narrate, silent
from lab.attempt.progress_file import ProgressFile
from lab.catalogue.problems import ContentProblems
from lab.errors import ContentError, NotAbleError, UsageError
from lab.model.progress import Progress, Record, Standing
from lab.settings import AUTO

if TYPE_CHECKING:
    from lab.attempt.attempt import Attempt
    from lab.attempt.workspace import Workspace
    from lab.model.card import Card
    from lab.model.exercise import Exercise
    from lab.model.progress import Ahead
    from lab.providers.base import Provider
    from lab.settings import Settings

PREFIX = "podlab-"
"""Of the namespaces of learners."""


class Lab:
    """One opened lab. Opening reads no cluster and starts nothing."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._progress_file = ProgressFile(settings.progress_file)

    @classmethod
    def open(cls, settings: Settings) -> Lab:
        """Open the lab with these settings."""
        return cls(settings)

    def exercises(self) -> tuple[Exercise, ...]:
        """All exercises whose files can be read, in the catalogue's order; `notices` tells of the others.

        Raises:
            ContentError: there is no catalogue, or nothing in it can be read.
        """
        return self._catalogue[0]

    def cards(self) -> tuple[Card, ...]:
        """What the catalogue shows of its exercises, without reading them whole or judging them.

        Raises:
            ContentError: there is no catalogue.
        """
        from lab.catalogue import cards, locate

        return cards.read(locate.locate(self.settings.exercises))

    def problems(self) -> tuple[ContentError, ...]:
        """What is wrong with the exercises that cannot be read, each with file and line.

        Raises:
            ContentError: as `exercises`.
        """
        return self._catalogue[1]

    def exercise(self, name: str) -> Exercise:
        """The exercise of that name.

        Raises:
            UsageError: there is none; the nearest names are in the remedy.
            ContentError: its files cannot be read.
        """
        known = {exercise.name: exercise for exercise in self.exercises()}
        if name in known:
            return known[name]
        own = [one for one in self.problems() if f"-{name}{os.sep}" in str(one.where)]
        if name and own:
            raise ContentProblems(own)
        near = difflib.get_close_matches(name, list(known), n=3, cutoff=0.4)
        near += [one for one in known if name and name in one and one not in near]
        meant = f"did you mean {' or '.join(near[:3])}? " if near else ""
        raise UsageError(f"there is no exercise {name!r}", remedy=f"{meant}podlab list shows all of them")

    def progress(self) -> Progress:
        """Progress as it is on disk now."""
        return self._progress_file.read()

    def ahead(self, name: str, provider: Provider | None = None) -> Ahead:
        """What comes after an exercise, for this learner, on this cluster (None: it is not known which)."""
        from lab.attempt.onward import Way

        can = provider.capabilities if provider is not None else None
        return Way.of(self.exercises(), self.progress(), can).after(name)

    def unwritten(self) -> str:
        """Why progress is known to this lab alone, for now; empty: all of it is written."""
        return self._progress_file.unwritten

    def notices(self) -> tuple[str, ...]:
        """What the user should know about the lab's own state, such as a progress file kept aside."""
        notices = list(self._progress_file.notices)
        if why := self.unwritten():
            notices.append(f"this could not be noted, and the next podlab will not know of it: {why}")
        if "_catalogue" in self.__dict__ and self.problems():
            where = self.problems()[0].where
            notices.append(
                f"exercises were left out because their files cannot be read (the first: {where}); "
                "podlab author check tells all"
            )
        return tuple(notices)

    def provider(self, name: str | None = None, cancel: Cancel | None = None) -> Provider:
        """The provider of that name (None: see `clusters.choice`); `auto` is resolved. Starts nothing.

        Raises:
            UsageError: no such provider.
        """
        return clusters.provider(name, self.settings, cancel)

    def capabilities(self, name: str | None = None) -> tuple[str, frozenset[str]]:
        """The cluster exercises would be started on, by name, and what it can do. Starts nothing.

        Raises:
            UsageError: no such provider.
            NotAbleError: the cluster cannot be asked.
        """
        chosen = self.provider(name)
        return chosen.name, chosen.capabilities

    def start(
        self,
        name: str,
        *,
        workspace: Path | None = None,
        provider: str | None = None,
        narrate: Narrate = silent,
        cancel: Cancel | None = None,
    ) -> Attempt:
        """Start an exercise: cluster up, images, workspace, files applied. Starting again keeps edited files.

        Kept is as well what was changed or deleted in the cluster: where the exercise is under way, nothing
        is applied, and what was found otherwise than in the files is told.

        Raises:
            UsageError: no such exercise or provider, or the workspace belongs to another exercise.
            NotAbleError: the cluster, an image, or the workspace cannot be had.
        """
        from lab.attempt import bringing, edits, image_files

        exercise = self.exercise(name)
        record = self.progress().of(name)
        chosen = self._provider_of(record, provider, cancel)
        require_capabilities(exercise, chosen)
        directory = workspace or (Path(record.workspace) if record.workspace else None)
        attempt = self._attempt(exercise, chosen, directory)
        for line in attempt.place.create():
            narrate(line)
        narrate(f"workspace: {attempt.workspace}")
        _check(cancel)
        chosen.up(narrate)
        _check(cancel)
        with attempt.alone():
            attempt.ensure_namespace(cancel)
        image_files.load_lab_images(exercise, chosen, attempt.client, narrate)
        if not edits.under_way(attempt):
            bringing.bring_nodes_back(attempt, narrate)
            attempt.apply(narrate, cancel)
        elif found := edits.found(attempt):
            narrate(found)
        # Only now: a start that was interrupted before is begun anew, not resumed without its workload.
        self._remember(attempt, fresh=record.provider != chosen.name)
        attempt.remember_baseline()
        return attempt

    def resume(
        self, name: str | None = None, *, provider: str | None = None, cancel: Cancel | None = None
    ) -> Attempt:
        """The attempt at a started exercise. Applies and checks nothing.

        Without a name it is the one this shell was set up for (`podlab env`, `podlab shell`), so that another
        one, opened elsewhere, is not taken for it; else the one started last.

        Raises:
            UsageError: it was never started.
        """
        progress = self.progress()
        chosen_name = name or self.settings.environment.get("PODLAB_EXERCISE") or progress.current
        if not chosen_name:
            raise UsageError(
                "no exercise has been started", remedy="podlab list shows them; podlab start NAME starts one"
            )
        exercise = self.exercise(chosen_name)
        record = progress.of(exercise.name)
        if record.standing is Standing.NEW:
            raise UsageError(f"{exercise.name} has not been started", remedy=f"podlab start {exercise.name}")
        chosen = self._provider_of(record, provider, cancel)
        return self._attempt(exercise, chosen, Path(record.workspace) if record.workspace else None)

    def take_up(self, name: str) -> Attempt:
        """The attempt at a started exercise, which is from now on the one started last. Applies nothing.

        Raises:
            UsageError: it was never started.
        """
        attempt = self.resume(name)
        # A full disk keeps nobody from going on.
        self._progress_file.keep(lambda progress: replace(progress, current=attempt.exercise.name))
        return attempt

    def _provider_of(self, record: Record, named: str | None, cancel: Cancel | None) -> Provider:
        """Where an exercise runs: begun, it stays on its cluster unless another one is named."""
        asked = named or self.settings.provider
        if record.provider and asked in {"", AUTO}:
            return self.provider(record.provider, cancel)
        return self.provider(asked or None, cancel)

    @staticmethod
    def warm() -> None:
        """Load the libraries that a start needs, about a second's worth; for a thread with nothing to do."""
        from lab import kube
        from lab.attempt import applying, live, verify  # noqa: F401

        kube.warm()

    @cached_property
    def _catalogue(self) -> tuple[tuple[Exercise, ...], tuple[ContentError, ...]]:
        from lab.catalogue import locate, parse

        sound, problems = parse.load_sound(locate.locate(self.settings.exercises))
        if problems and not sound:
            raise ContentProblems(problems)
        return sound, problems

    def _attempt(self, exercise: Exercise, provider: Provider, directory: Path | None) -> Attempt:
        from lab.attempt.attempt import Attempt

        return Attempt(
            exercise=exercise,
            namespace=f"{PREFIX}{exercise.name}",
            provider=provider,
            settings=self.settings,
            place=workspace_of(exercise, directory, self.settings),
            progress_file=self._progress_file,
        )

    def _remember(self, attempt: Attempt, *, fresh: bool) -> None:
        """Record that the exercise was started; on another cluster than before its baseline is another."""
        now = self._progress_file.now()

        def started(record: Record) -> Record:
            standing = Standing.STARTED if record.standing is Standing.NEW else record.standing
            return replace(
                record,
                standing=standing,
                started_at=record.started_at or now,
                workspace=str(attempt.workspace),
                provider=attempt.provider.name,
                namespace=attempt.namespace,
                baseline={} if fresh else record.baseline,
            )

        name = attempt.exercise.name
        self._progress_file.keep(
            lambda progress: Progress({**progress.records, name: started(progress.of(name))}, name)
        )


def workspace_of(exercise: Exercise, directory: Path | None, settings: Settings) -> Workspace:
    """The workspace of an exercise, in its default place unless a directory is named. Creates nothing.

    Raises:
        ContentError: the exercise's own files cannot be read.
    """
    from lab.attempt.workspace import Workspace

    build = exercise.header.build
    try:
        originals = {str(file.path): file.source.read_bytes() for file in exercise.broken}
    except OSError as error:
        raise ContentError(
            f"a file of the exercise {exercise.name} cannot be read: {error.strerror}",
            where=error.filename,
            remedy="install podlab again, or mend the catalogue",
        ) from error
    return Workspace(
        directory=(directory or settings.workspaces / exercise.name).expanduser().absolute(),
        exercise=exercise.name,
        originals=originals,
        backups=settings.backups,
        image_directory=build.directory if build is not None else "",
    )


def require_capabilities(exercise: Exercise, provider: Provider) -> None:
    """Go on only on a cluster that can do what the exercise needs.

    Raises:
        NotAbleError: it cannot; what it lacks is named.
    """
    lacking = sorted(set(exercise.header.requires) - provider.capabilities)
    if lacking:
        raise NotAbleError(
            f"{exercise.name} needs {', '.join(lacking)}, which {provider.name} does not offer",
            remedy="choose another cluster with --provider",
        )


def _check(cancel: Cancel | None) -> None:
    if cancel is not None:
        cancel.check()

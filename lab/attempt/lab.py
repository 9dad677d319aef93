"""The lab as a front end sees it: exercises, progress, clusters, and the way to an attempt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.attempt.cancel import Cancel, Narrate, silent

if TYPE_CHECKING:
    from pathlib import Path

    from lab.attempt.attempt import Attempt
    from lab.model.exercise import Exercise
    from lab.model.progress import Progress
    from lab.providers.base import Provider
    from lab.settings import Settings


class Lab:
    """One opened lab. Opening reads no cluster and starts nothing."""

    settings: Settings

    @classmethod
    def open(cls, settings: Settings) -> Lab:
        """Open the lab with these settings."""
        raise NotImplementedError

    def exercises(self) -> tuple[Exercise, ...]:
        """All exercises in the catalogue's order.

        Raises:
            ContentError: an exercise's files are wrong, with file and line.
        """
        raise NotImplementedError

    def exercise(self, name: str) -> Exercise:
        """The exercise of that name.

        Raises:
            UsageError: there is none; the nearest names are in the remedy.
        """
        raise NotImplementedError

    def progress(self) -> Progress:
        """Progress as it is on disk now."""
        raise NotImplementedError

    def notices(self) -> tuple[str, ...]:
        """What the user should know about the lab's own state, such as a progress file kept aside."""
        raise NotImplementedError

    def provider(self, name: str | None = None) -> Provider:
        """The provider of that name (None: the settings'); `auto` is resolved. Starts nothing.

        Raises:
            UsageError: no such provider.
        """
        raise NotImplementedError

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

        Raises:
            UsageError: no such exercise or provider, or the workspace belongs to another exercise.
            NotAbleError: the cluster, an image, or the workspace cannot be had.
        """
        raise NotImplementedError

    def resume(self, name: str | None = None, *, provider: str | None = None) -> Attempt:
        """The attempt at a started exercise (None: the one started last). Applies and checks nothing.

        Raises:
            UsageError: it was never started.
        """
        raise NotImplementedError

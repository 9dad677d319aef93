"""One learner's attempt at one exercise: files, cluster, hints, verdict.

The attempt owns no state of its own: files are in the workspace, objects in the cluster, the rest in the
progress file. Any number of processes may hold an attempt at the same exercise; what changes files or the
cluster takes the exercise's lock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from lab.attempt.cancel import Cancel, Narrate, silent

if TYPE_CHECKING:
    from pathlib import Path

    from lab.attempt.live import LiveStream
    from lab.attempt.views import ApplyResult, Drift, Hint, SolutionFile, WorkspaceFile
    from lab.model.exercise import Exercise
    from lab.model.progress import Record
    from lab.model.verdict import Finding, Verdict
    from lab.providers.base import Provider

OnFinding = Callable[["Finding"], None]
"""Called with each finding as soon as it is known, and again when a waiting one changes."""


class Attempt:
    """Everything a front end can do with one started exercise.

    Every method that reaches the cluster raises `NotAbleError` when the cluster is not up (with the command
    that brings it up) and `ObservationLost` when it stops answering; every method that reads the workspace
    raises `ContentError` when it was deleted.
    """

    exercise: Exercise
    workspace: Path
    namespace: str
    provider: Provider

    def record(self) -> Record:
        """The progress record of this exercise as it is on disk now."""
        raise NotImplementedError

    def files(self) -> tuple[WorkspaceFile, ...]:
        """The workspace's files, manifests first, by name."""
        raise NotImplementedError

    def apply(self, narrate: Narrate = silent, cancel: Cancel | None = None) -> ApplyResult:
        """Bring the workspace into the cluster: rebuild edited images, apply manifests, prune what is gone.

        Only objects the lab applied earlier are pruned.

        Raises:
            ContentError: a manifest is wrong; `where` has file and line.
        """
        raise NotImplementedError

    def drift(self) -> tuple[Drift, ...]:
        """Where the live objects differ from the files; empty when they agree."""
        raise NotImplementedError

    def check(
        self, narrate: Narrate = silent, cancel: Cancel | None = None, on_finding: OnFinding | None = None
    ) -> Verdict:
        """Judge the live objects and record the result. Never applies files."""
        raise NotImplementedError

    def hints_shown(self) -> tuple[Hint, ...]:
        """The rungs shown so far."""
        raise NotImplementedError

    def hint(self) -> Hint:
        """Show (and record) the next rung; the last one again when all were shown."""
        raise NotImplementedError

    def solution_files(self) -> tuple[SolutionFile, ...]:
        """The declared solution; records that it was seen. Front ends ask before calling this."""
        raise NotImplementedError

    def debrief(self) -> str:
        """The debrief (Markdown)."""
        raise NotImplementedError

    def reset(self, narrate: Narrate = silent, cancel: Cancel | None = None) -> Path | None:
        """Files and cluster as at the start. Returns the backup of what was edited; None: nothing was."""
        raise NotImplementedError

    def answer(self, question_id: str, choice: str) -> Finding:
        """Answer a diagnosis question and record the answer."""
        raise NotImplementedError

    def export(self, directory: Path, *, force: bool = False) -> tuple[Path, ...]:
        """Write the live objects, cleaned, and edited image files as a submission for `podlab grade`.

        Raises:
            UsageError: the directory has files in it and `force` was not given.
        """
        raise NotImplementedError

    def environment(self) -> Mapping[str, str]:
        """Variables for a shell or editor: KUBECONFIG (namespace set), PODLAB_*, PATH with kubectl."""
        raise NotImplementedError

    def live(self) -> LiveStream:
        """A new stream of live views of the namespace; the caller closes it."""
        raise NotImplementedError

    def logs(self, pod: str, container: str, *, previous: bool = False, tail: int | None = 500) -> str:
        """A container's log, the last `tail` lines of it (None: all)."""
        raise NotImplementedError

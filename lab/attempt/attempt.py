"""One learner's attempt at one exercise: files, cluster, hints, verdict.

The attempt owns no state: files are in the workspace, objects in the cluster, the rest in the progress file.
Any number of processes may hold an attempt at an exercise; what changes files or cluster takes its lock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from lab.attempt import clusters, locks
from lab.attempt.cancel import Cancel, Narrate, silent
from lab.attempt.manifests import Manifest, load_all
from lab.attempt.views import ApplyResult, Drift, FileRole, FileState, Hint, SolutionFile, WorkspaceFile
from lab.errors import UsageError
from lab.model.verdict import Finding, Verdict

if TYPE_CHECKING:
    from pathlib import Path

    from lab.attempt.chronicle import Chronicle
    from lab.attempt.live import LiveStream
    from lab.attempt.past import Past
    from lab.attempt.progress_file import ProgressFile
    from lab.attempt.workspace import Workspace
    from lab.kube import Client
    from lab.kube.logs import LogStream
    from lab.model.exercise import Exercise
    from lab.model.progress import Progress, Record
    from lab.providers.base import Provider
    from lab.settings import Settings

OnFinding = Callable[[Finding], None]
"""Called with each finding as soon as it is known, and again when a waiting one changes."""

LOCK_SECONDS = 5.0
"""Host seconds to wait for another lab that works on the same exercise."""


@dataclass
class Attempt:
    """Everything a front end can do with one started exercise.

    Every method that reaches the cluster raises `NotAbleError` when the cluster is not up (with the command
    that brings it up) and `ObservationLost` when it stops answering; every method that reads the workspace
    raises `ContentError` when it was deleted.
    """

    exercise: Exercise
    namespace: str
    provider: Provider
    settings: Settings
    place: Workspace
    progress_file: ProgressFile
    starts_cluster: bool = True
    """Whether the lab's own cluster, when it was stopped, is started by whatever needs it."""
    brought_back: tuple[str, ...] = ()
    """What of the cluster's nodes a start or reset brought back, to be told; a line a node."""
    _client: Client | None = field(default=None, init=False, repr=False)
    _connected: bytes = field(default=b"", init=False, repr=False)
    """The kubeconfig `_client` was made from."""

    @property
    def workspace(self) -> Path:
        """Directory of the learner's files."""
        return self.place.directory

    @property
    def client(self) -> Client:
        """A connection to the cluster; another one after the cluster got another address or certificate."""
        from lab.kube import Client

        kubeconfig = self._kubeconfig()
        content = kubeconfig.read_bytes()
        if self._client is None or self._connected != content:
            self._client = Client(kubeconfig)
            self._connected = content
        return self._client

    # --- files --------------------------------------------------------------------------------------------

    def record(self) -> Record:
        """The progress record of this exercise as it is on disk now."""
        return self.progress_file.read().of(self.exercise.name)

    def files(self) -> tuple[WorkspaceFile, ...]:
        """The workspace's files, manifests first, by name."""
        return self.place.files()

    @property
    def chronicle(self) -> Chronicle:
        """Where what its pods went through is kept."""
        from lab.attempt.chronicle import Chronicle

        return Chronicle(self.settings.home / "stories" / f"{self.exercise.name}.json")

    def manifests(self) -> tuple[Manifest, ...]:
        """The objects the workspace declares.

        Raises:
            ContentError: a manifest is wrong; `where` has file and line.
        """
        return load_all(
            (file.path, str(file.path))
            for file in self.files()
            if file.role is FileRole.MANIFEST and file.state not in {FileState.MISSING, FileState.FOREIGN}
        )

    # --- cluster ------------------------------------------------------------------------------------------

    def apply(self, narrate: Narrate = silent, cancel: Cancel | None = None) -> ApplyResult:
        """Bring the workspace into the cluster: rebuild edited images, apply manifests, prune what is gone.

        Only objects the lab applied earlier are pruned.

        Raises:
            ContentError: a manifest is wrong; `where` has file and line.
        """
        from lab.attempt import bringing

        with self.alone():
            return bringing.bring(self, narrate, cancel)

    def apply_edits(self, narrate: Narrate = silent, cancel: Cancel | None = None) -> ApplyResult:
        """Apply the files where they were edited since they were applied; what is missing is not made again.

        Where that would undo what somebody changed in the cluster, nothing is applied, and that is told.

        Raises:
            ContentError: a manifest is wrong; `where` has file and line.
        """
        from lab.attempt import bringing, edits

        with self.alone():
            if not edits.waiting(self):
                return ApplyResult()
            undone = self.overwritten({})
            return ApplyResult(undone=undone) if undone else bringing.bring(self, narrate, cancel)

    def drift(self) -> tuple[Drift, ...]:
        """Where the live objects differ from the files; empty when they agree."""
        from lab.attempt import live_objects

        return live_objects.drift(self.client, self.manifests(), self.namespace)

    def overwritten(self, texts: Mapping[str, str]) -> tuple[Drift, ...]:
        """What saving these texts (by file name) and applying would undo in the cluster.

        Raises:
            ContentError: a manifest is wrong; `where` has file and line.
        """
        from lab.attempt import edits

        return edits.undone(self, texts)

    def check(
        self, narrate: Narrate = silent, cancel: Cancel | None = None, on_finding: OnFinding | None = None
    ) -> Verdict:
        """Judge the live objects and record the result. Never applies files."""
        from lab.attempt import judging

        return judging.judge(self, narrate, cancel, on_finding)

    def reset(self, narrate: Narrate = silent, cancel: Cancel | None = None) -> Path | None:
        """Files and cluster as at the start. Returns the backup of what was edited; None: nothing was."""
        from lab.attempt import bringing

        with self.alone():
            backup = bringing.begin_anew(self, narrate, cancel)
            self.note(lambda record: replace(record, baseline={}, answers={}, findings={}))
            self.remember_baseline()
        return backup

    def live(self, past: Past | None = None) -> LiveStream:
        """A new stream of live views of the namespace, going on with a memory; the caller closes it."""
        from lab.attempt.live import LiveStream
        from lab.kube import Client

        return LiveStream(lambda: Client(self._kubeconfig()), self.namespace, past, self.chronicle)

    def logs(self, pod: str, container: str, *, previous: bool = False, tail: int | None = 500) -> str:
        """A container's log, the last `tail` lines of it (None: all).

        Raises:
            UsageError: there is no such log (no previous instance, a container that has not started).
        """
        with _no_such_log(pod, container):
            return self.client.logs(self.namespace, pod, container, previous=previous, tail=tail)

    def follow_log(
        self, pod: str, container: str, *, previous: bool = False, tail: int | None = 2000
    ) -> LogStream:
        """A container's log from its last `tail` lines on, as it is written; the caller closes it.

        Raises:
            UsageError: there is no such log (no previous instance, a container that has not started).
        """
        with _no_such_log(pod, container):
            return self.client.follow_log(self.namespace, pod, container, previous=previous, tail=tail)

    def environment(self) -> Mapping[str, str]:
        """Variables for a shell or editor: KUBECONFIG (namespace set), PODLAB_*, PATH with kubectl."""
        from lab.attempt import environment

        self._kubeconfig()
        return environment.variables(
            self.provider, self.exercise.name, self.namespace, self.workspace, self.settings
        )

    def export(self, directory: Path, *, force: bool = False) -> tuple[Path, ...]:
        """Write the live objects, cleaned, and edited image files as a submission for `podlab grade`.

        Raises:
            UsageError: the directory has files in it and `force` was not given.
        """
        from lab.attempt import submission

        images = {
            file.name: file.path.read_bytes()
            for file in self.files()
            if file.role is FileRole.IMAGE and file.state in {FileState.EDITED, FileState.ADDED}
        }
        return submission.export(
            self.client, self.namespace, self.exercise.name, directory, images=images, force=force
        )

    # --- teaching -----------------------------------------------------------------------------------------

    def hints_shown(self) -> tuple[Hint, ...]:
        """The rungs shown so far."""
        return tuple(self._hint(rung) for rung in range(1, self._rungs(self.record()) + 1))

    def hint(self) -> Hint:
        """Show (and record) the next rung; the last one again when all were shown."""
        from lab.attempt import deeds

        rung = min(self._rungs(self.record()) + 1, len(self.exercise.hints))
        self.note(lambda record: replace(record, hints=max(record.hints, rung)))
        hint = self._hint(rung)
        deeds.hinted(self, rung, hint.title)
        return hint

    def solution_files(self) -> tuple[SolutionFile, ...]:
        """The declared solution; records that it was seen. Front ends ask before calling this."""
        self.note(lambda record: replace(record, solution_seen=True))
        solution = self.exercise.solution
        files = [
            SolutionFile(str(file.path), file.source.read_text(encoding="utf-8")) for file in solution.files
        ]
        if solution.steps:
            files.append(SolutionFile("steps", "".join(f"{step}\n" for step in solution.steps)))
        return tuple(files)

    def debrief(self) -> str:
        """The debrief (Markdown)."""
        return self.exercise.debrief

    def answer(self, question_id: str, choice: str) -> Finding:
        """Answer a diagnosis question, graded by what the cluster shows now; answer and grade are recorded.

        Raises:
            UsageError: the exercise has no such question, or the question no such option.
        """
        from lab.attempt import answers

        return answers.give(self, question_id, choice)

    # --- for the lab itself --------------------------------------------------------------------------------

    def note(self, change: Callable[[Record], Record]) -> None:
        """Change what the progress has of this exercise; see `ProgressFile.keep` for a full disk."""
        name = self.exercise.name

        def changed(progress: Progress) -> Progress:
            return replace(progress, records={**progress.records, name: change(progress.of(name))})

        self.progress_file.keep(changed)

    def remember_baseline(self) -> None:
        """Keep what later checks are measured against, unless it is kept already."""
        from lab.attempt.verify import baseline_of

        if self.record().baseline:
            return
        facts = baseline_of(self.client, self.namespace)
        self.note(lambda record: replace(record, baseline=facts))

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep another lab from changing this exercise's files and objects at the same time.

        Raises:
            NotAbleError: one is at work and does not finish within five seconds.
        """
        path = self.settings.home / "locks" / f"{self.namespace}.lock"
        with locks.held(path, LOCK_SECONDS, f"another podlab is working on {self.exercise.name} right now"):
            yield

    def ensure_namespace(self, cancel: Cancel | None = None) -> bool:
        """Make the exercise's namespace unless it is there; True when it was made.

        Raises:
            NotAbleError: it is somebody else's, or is being deleted and does not go.
        """
        from lab.attempt import applying

        client = self.client
        return applying.ensure_namespace(
            client, self.namespace, self.exercise.name, cancel, clock=self.provider.clock()
        )

    def close(self) -> None:
        """Give the connection to the cluster back; the next use makes another one."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _kubeconfig(self) -> Path:
        return clusters.kubeconfig(self.provider, start=self.starts_cluster)

    def _hint(self, rung: int) -> Hint:
        hint = self.exercise.hints[rung - 1]
        return Hint(rung, len(self.exercise.hints), hint.title, hint.text)

    def _rungs(self, record: Record) -> int:
        return min(record.hints, len(self.exercise.hints))


@contextmanager
def _no_such_log(pod: str, container: str) -> Iterator[None]:
    """Within it, what the API server refuses is a log that is not there."""
    from lab.kube import ApiError

    try:
        yield
    except ApiError as error:
        raise UsageError(error.what, where=f"pod/{pod} -c {container}") from error

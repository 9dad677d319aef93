"""What the exercise screen shows, as one immutable value that is replaced and pushed down to the widgets.

Widgets compare the parts they draw by identity and skip what did not change, so a view is cheap to push ten
times a second. Nothing here refers to a cluster or a thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.model.verdict import State

if TYPE_CHECKING:
    from pathlib import Path

    from lab.attempt.last_verdict import Kept
    from lab.attempt.views import LiveView, WorkspaceFile
    from lab.model.debrief import Solved
    from lab.model.verdict import Finding, Verdict


@dataclass(frozen=True)
class FileText:
    """A workspace file with its content as it is on disk."""

    file: WorkspaceFile
    text: str
    problem: str = ""
    """Why it cannot be read or edited here (not text, no permission); empty: it can."""


@dataclass(frozen=True)
class LogSource:
    """Which log is looked at."""

    pod: str
    container: str
    previous: bool = False

    def __str__(self) -> str:
        """As kubectl's command line would name it."""
        return f"{self.pod} -c {self.container}" + (" --previous" if self.previous else "")


@dataclass(frozen=True)
class LogText:
    """The end of one log, at most `logbook.LINES` lines."""

    source: LogSource
    lines: tuple[str, ...]
    problem: str = ""
    """Why there is nothing to show (no previous instance yet, container still waiting)."""
    times: tuple[float, ...] = ()
    """When each line was written, cluster time; empty: not known."""
    first: int = 0
    """How many lines there were before the first one here."""
    missing: str = ""
    """What is known to be missing before the first line; empty: nothing is."""


@dataclass(frozen=True)
class ClockReading:
    """The cluster's clock at one moment of the host's."""

    now: float
    """Cluster time, seconds since the Unix epoch."""
    host: float
    """Host time of the reading, seconds since the Unix epoch."""
    rate: float = 1.0
    """Cluster seconds a host second; 0: it stands still."""
    controllable: bool = False
    """Whether the provider lets time be paused, sped up and skipped."""


@dataclass(frozen=True)
class Back:
    """The panels show an earlier moment."""

    moment: float
    """Cluster time of what is shown."""
    now: float
    """Cluster time now."""
    earliest: float
    """Before this moment nothing is known."""
    changed: tuple[str, ...] = ()
    """What is different from the moment before."""


@dataclass(frozen=True)
class Judging:
    """Where the verification stands: before, during and after a check."""

    running: bool = False
    findings: tuple[Finding, ...] = ()
    """The latest of each check, in the order of the exercise."""
    verdict: Verdict | None = None
    stale: bool = False
    """Something was applied since: the verdict speaks of an earlier state."""
    kept: Kept | None = None
    """The verdict as it was kept, with what it speaks of; None: it was not."""
    moved: str = ""
    """What is different in the cluster since the verdict: `deployment/web was changed`; empty: nothing."""

    @property
    def is_older(self) -> bool:
        """Whether the verdict speaks of an earlier state of the cluster."""
        return self.verdict is not None and (self.stale or bool(self.moved))

    @property
    def solved(self) -> bool:
        """Whether the last complete look passed everything."""
        return self.verdict is not None and self.verdict.state is State.PASSED


@dataclass(frozen=True)
class AttemptView:
    """One moment of one attempt."""

    name: str
    title: str
    namespace: str
    provider: str
    workspace: Path
    live: LiveView | None = None
    """None until the first look at the cluster."""
    files: tuple[FileText, ...] | None = None
    """None until the workspace was read."""
    pending: tuple[str, ...] = ()
    """Names of files with edits that are not in the cluster: not saved, or not applied since."""
    log: LogText | None = None
    clock: ClockReading | None = None
    back: Back | None = None
    """The panels show how it was then; None: how it is now."""
    judging: Judging = Judging()
    solved_before: bool = False
    """The learner solved it in an earlier sitting; nothing is checked again for that."""

    solved_then: Solved | None = None
    """What was so when it was solved; None: it was not, or that was not kept."""

    @property
    def only_solved_before(self) -> bool:
        """Whether all there is to say of its checks is that it was solved before."""
        return self.solved_before and not self.judging.running and self.judging.verdict is None

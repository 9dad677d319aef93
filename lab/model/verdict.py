"""What the lab says of an attempt: findings, and the verdict they add up to.

A finding always says what was expected, what was observed and where the evidence is. A verdict is never given
on a guess: waiting (the budget has not run out yet) and unknown (the observation was lost) are answers of
their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lab.model.state import State

__all__ = ["Evidence", "Finding", "State", "Verdict"]


@dataclass(frozen=True)
class Evidence:
    """Where to see it with one's own eyes."""

    object: str
    """`pod/web-5d9c7-x2x7v`, `deployment/web`, `event/web-….17f`, `file/app.yaml`."""
    field: str = ""
    """Path in the object (`status.phase`), an event's reason, or a log's container."""
    value: str = ""
    """What stood there, shortened to a line."""
    at: float | None = None
    """Cluster time in seconds since the Unix epoch at which it was seen; None: at the snapshot."""


@dataclass(frozen=True)
class Finding:
    """The answer of one check, experiment, guard or question."""

    id: str
    """The id of the check in `exercise.yaml`."""
    title: str
    """One line a learner understands: `The pod survives a whole probe window`."""
    state: State
    code: str
    """Machine-readable cause, such as `restarts`, `probe-removed`, `budget-ran-out`, `ok`."""
    expected: str
    observed: str
    evidence: Sequence[Evidence] = ()
    why: str = ""
    """The explanation for this particular failure; a tripped guard's message stands here."""
    look_at: str = ""
    """The command that shows it, ready to paste: `kubectl describe pod -l app=web`."""
    waited: float = 0.0
    """Seconds of cluster time this check was given so far."""
    budget: float = 0.0
    """Seconds of cluster time after which waiting becomes a failure; 0: judged at once."""
    kind: str = "check"
    """`check`, `experiment`, `guard` or `question`."""
    cause: str = ""
    """What ended a container, where that is what was found: `liveness`, `startup`, `oom` or `exit`."""
    guard: str = ""
    """Id of the guard that explains this failure; empty when none does."""


@dataclass(frozen=True)
class Verdict:
    """All findings of one look at one exercise."""

    exercise: str
    provider: str
    namespace: str
    findings: Sequence[Finding]
    cluster_seconds: float = 0.0
    """Cluster time the verification took."""
    wall_seconds: float = 0.0
    """Host time the verification took."""
    notes: Sequence[str] = ()
    """Things worth saying that decide nothing (drift from the files, fields not simulated)."""
    replaced: Sequence[str] = ()
    """UIDs of the pods that the verification itself deleted for a cold start."""

    @property
    def state(self) -> State:
        """Failed if anything failed, else unknown, else waiting; passed only if all that was asked passed.

        A failure outranks an unknown: what was seen to fail did fail, whatever else could not be seen.
        """
        states = {finding.state for finding in self.findings}
        for state in (State.FAILED, State.UNKNOWN, State.WAITING):
            if state in states:
                return state
        if not states or states == {State.SKIPPED}:
            return State.SKIPPED
        return State.PASSED

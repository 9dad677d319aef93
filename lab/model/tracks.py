"""What a pod went through, as facts to draw: states of its containers, probes, readiness, endpoints.

Times are cluster time in seconds since the Unix epoch. A track is replaced when something is added, never
changed, so whoever draws it compares by identity.
"""

from __future__ import annotations

from dataclasses import dataclass

WAITING, RUNNING, TERMINATED, UNKNOWN = "waiting", "running", "terminated", "unknown"
"""What a span can be of. Unknown: nobody looked."""


@dataclass(frozen=True, slots=True)
class ProbeMark:
    """One answer of a probe."""

    at: float
    """When it was asked; where only an event tells of it, when that was written."""
    kind: str
    """`startup`, `liveness` or `readiness`."""
    outcome: str
    """`success`, `failure` or `error`."""
    answer: str
    took: float | None = None
    """Seconds until the answer; None: not known."""
    run: int = 0
    """How often this outcome came in a row; 0: not known, or an error, which counts for nothing."""
    threshold: int = 0
    """How often it has to come in a row to count; 0: not known."""
    times: int = 1
    """More than 1: an event tells of so many failures up to here."""


@dataclass(frozen=True, slots=True)
class Span:
    """A state of a container that lasted."""

    since: float
    until: float | None
    """None: it lasts."""
    state: str
    reason: str = ""
    """`CrashLoopBackOff`, `OOMKilled`, `Completed`, …; empty while it runs."""
    message: str = ""
    exit_code: int | None = None
    restart: int = 0
    """How often the container had been started again by then."""
    instance: str = ""
    """The container's ID, where it has one."""
    backoff: float | None = None
    """Seconds the kubelet waits before it starts the container again; None: this is no such wait."""
    retry_at: float | None = None
    """When that wait is over: it counts from the end of the container."""
    killed: ProbeMark | None = None
    """Of an end: the failed probe for which the kubelet brought it about; None: none, or not known."""

    def left(self, now: float) -> float | None:
        """Seconds of the back-off that are left at a moment; None: there is none, or it is over."""
        if self.retry_at is None or (self.until is not None and self.until <= now):
            return None
        return max(0.0, self.retry_at - now)


@dataclass(frozen=True, slots=True)
class Flip:
    """From here on something has another value."""

    at: float
    value: str


@dataclass(frozen=True, slots=True)
class ContainerTrack:
    """One container of a pod."""

    name: str
    init: bool = False
    probes: tuple[str, ...] = ()
    """The kinds of probe it declares: `startup`, `liveness`, `readiness`."""
    spans: tuple[Span, ...] = ()
    """In order, without overlap; the last one lasts as long as the pod is there."""
    marks: tuple[ProbeMark, ...] = ()
    """In order."""
    marks_since: float = 0.0
    """Earlier answers are not known."""
    every_probe: bool = False
    """Whether every answer is here; if not, only the failures that events tell of."""

    @property
    def now(self) -> Span | None:
        """The latest span."""
        return self.spans[-1] if self.spans else None

    def at(self, moment: float) -> Span | None:
        """The span at a moment."""
        found = None
        for span in self.spans:
            if span.since > moment:
                break
            found = span
        return found


@dataclass(frozen=True, slots=True)
class PodTrack:
    """One pod, from when it was made (or first seen) to when it went."""

    uid: str
    name: str
    since: float
    until: float | None = None
    """When it was deleted; None: it is there."""
    containers: tuple[ContainerTrack, ...] = ()
    """Init containers first."""
    ready: tuple[Flip, ...] = ()
    """The pod's condition Ready: `True` or `False`."""
    services: tuple[tuple[str, tuple[Flip, ...]], ...] = ()
    """By Service: `in` (among its endpoints), `not ready` (known to it, but not given traffic), `out`."""

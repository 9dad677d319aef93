"""What happened when: the instant of each change of an object, and what each probe was answered.

The API tells neither: its timestamps have whole seconds, and a probe that succeeds leaves no trace at all. A
lab that shows time needs both. It lies beneath all that writes to it, because kubelet and server do not know
of each other.

Invariant: bounded. The oldest goes first, and a reader can tell that it has gone: probe results are numbered
without holes, and `moments` begins with the oldest revision still known.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Sequence

PROBES = 10_000
"""Probe results that are kept, of all pods together."""

MOMENTS = 20_000
"""Instants with changes that are kept."""


class ProbeResult(Struct, frozen=True):
    """One probe: who was asked, what came back, and what it counts for."""

    number: int
    """1 for the first result of this record, without holes."""
    asked: float
    """Seconds since the cluster's beginning."""
    answered: float
    namespace: str
    pod: str
    uid: str
    container: str
    instance: str
    """The container's ID: a restarted container has another one."""
    kind: str
    """`startup`, `liveness` or `readiness`."""
    outcome: str
    """`success`, `failure`, or `error` (could not be carried out; it counts for nothing)."""
    answer: str
    """What came back, in a line: `HTTP 404`, `exit code 1`, `connection refused`."""
    run: int
    """How often this outcome came in a row, this one included; 0 for an error."""
    threshold: int
    """How often it has to come in a row to count."""


class Record:
    """Changes and probe results of one cluster since it was started."""

    def __init__(self, began: float) -> None:
        """`began`: seconds since the cluster's beginning; what was before it is not in here."""
        self.began = began
        self._results: deque[ProbeResult] = deque(maxlen=PROBES)
        self._next = 1
        self._moments: deque[tuple[int, float]] = deque(maxlen=MOMENTS)

    @property
    def latest(self) -> int:
        """The number of the newest probe result; 0 before the first."""
        return self._next - 1

    def changed(self, revision: int, at: float) -> None:
        """An object took this revision at this instant; called in order."""
        if not self._moments or self._moments[-1][1] != at:
            self._moments.append((revision, at))

    def moments(self, after: int) -> Sequence[tuple[int, float]]:
        """(first revision, instant) for each instant that has changes after a revision.

        Each holds for all revisions up to the next one's. The first may have begun before `after`.
        """
        known = list(self._moments)
        first = bisect_right(known, after + 1, key=lambda moment: moment[0]) - 1
        return known[max(first, 0) :]

    def next_number(self) -> int:
        """The number of the result to be added next."""
        return self._next

    def probed(self, result: ProbeResult) -> None:
        """Add a result; its number is `next_number()`."""
        self._results.append(result)
        self._next = result.number + 1

    def results(self, namespace: str, after: int) -> Sequence[ProbeResult]:
        """The results of a namespace with a higher number, oldest first; of all namespaces if it is empty."""
        if after >= self._next - 1:
            return []
        start = max(0, len(self._results) - (self._next - 1 - after))
        newer = (self._results[index] for index in range(start, len(self._results)))
        return [result for result in newer if namespace in ("", result.namespace)]

    def whole_after(self) -> int:
        """Results with a number higher than this are all known."""
        return self._results[0].number - 1 if self._results else self._next - 1

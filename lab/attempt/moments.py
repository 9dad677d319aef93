"""When changes came, to the microsecond, and what each probe was answered: the embedded cluster's own record.

Other clusters have no such record. There a change is dated by the host's clock when it arrives, and of probes
only the failures are known, from events.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lab.model.tracks import ProbeMark

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.kube import Client
    from lab.model.observation import Change

PATH = "/podlab/record"


@dataclass(frozen=True)
class Probed:
    """A probe's answer and the container it is about."""

    uid: str
    container: str
    mark: ProbeMark


@dataclass(frozen=True)
class Reading:
    """What a look at the record brought."""

    now: float
    """Cluster time."""
    probes: Sequence[Probed] = ()
    """New since the last look."""
    moments: Sequence[tuple[int, float]] = ()
    """(first revision, moment) of the instants since the last look."""
    whole_since: float | None = None
    """Moment from which on every probe is known; None: this cluster has no such record."""
    missed: bool = False
    """Probes were dropped from the record before they could be read."""

    def dated(self, change: Change) -> float:
        """When a change came."""
        revision = str(change.object["metadata"].get("resourceVersion") or "")
        if not self.moments or not revision.isdecimal():
            return change.at
        index = bisect_right(self.moments, int(revision), key=lambda moment: moment[0]) - 1
        return self.moments[index][1] if index >= 0 else change.at


class Moments:
    """Reads the record of one cluster, each time what is new."""

    def __init__(self, client: Client, namespace: str) -> None:
        self._client = client
        self._namespace = namespace
        self._probe = 0
        self._revision = 0
        self._began: float | None = None

    def read(self) -> Reading:
        """Look now; costs one request, and on a cluster without a record nothing but the time.

        Raises:
            lab.errors.ObservationLost: the cluster does not answer.
        """
        if self._client.now_seen is None:
            now = self._client.now()
            if self._client.now_seen is None:
                return Reading(now)
        answer = self._ask()
        if answer["began"] != self._began:
            first = self._began is None
            self._began, self._probe, self._revision = answer["began"], 0, 0
            if not first:
                answer = self._ask()
        moments = [(int(revision), float(at)) for revision, at in answer["moments"]]
        missed = answer["wholeAfter"] > self._probe
        self._probe = answer["latest"]
        if moments:
            self._revision = max(self._revision, moments[-1][0] - 1)
        probes = [_probed(one) for one in answer["probes"]]
        whole = answer["began"] if not missed else (probes[0].mark.at if probes else answer["now"])
        return Reading(answer["now"], probes, moments, whole, missed)

    def _ask(self) -> dict[str, Any]:
        query = {
            "namespace": self._namespace, "probe": str(self._probe), "revision": str(self._revision),
        }  # fmt: skip
        return self._client.request("GET", PATH, query=query).json()


def _probed(one: dict[str, Any]) -> Probed:
    mark = ProbeMark(
        at=one["asked"],
        kind=one["kind"],
        outcome=one["outcome"],
        answer=one["answer"],
        took=one["answered"] - one["asked"],
        run=one["run"],
        threshold=one["threshold"],
    )
    return Probed(one["uid"], one["container"], mark)

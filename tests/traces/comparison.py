"""Comparing a replay with a recording, whole, within the tolerances that a real machine needs.

Times since the apply agree within 6 s plus 20 %, counts within one or 10 %; what stood for ten seconds must
appear in both. A difference is a sentence; no difference is an empty list.

Delays of a real kubelet add up: each restart comes some seconds after its back-off has ended, and the next
back-off begins there. Where they add up to more than the tolerance (`recording.DRIFTED` names each such
recording, and why), restarts are compared by the interval since the one before, and everything else by its
distance from the last restart (or the first start) before it.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tests.traces.recording import SECONDS, Happening, Row

if TYPE_CHECKING:
    from collections.abc import Sequence

LASTING = 10.0
START = 10.0
"""Seconds by which a first start may differ: a dozen scenarios shared two cores."""
_BEFORE = frozenset(("Pending", "ContainerCreating", "PodInitializing", "Init:0/1"))


def tolerance(interval: float) -> float:
    """By how many seconds two recordings of the same interval may differ."""
    return 6.0 + 0.2 * max(interval, 0.0)


def close(first: float, second: float) -> bool:
    """Whether two intervals are the same within the tolerance."""
    return abs(first - second) <= tolerance(max(first, second))


@dataclass(frozen=True)
class Alignment:
    """Instants of the recording and of the replay that are the same: first starts and restarts of one pod."""

    recorded: tuple[float, ...]
    replayed: tuple[float, ...]

    def to_recorded(self, at: float) -> float:
        """A time of the replay, moved to where the recording would have it."""
        index = bisect_right(self.replayed, at + 0.001) - 1
        return at if index < 0 else at - self.replayed[index] + self.recorded[index]


def restart_times(rows: Sequence[Row], pod: str) -> list[float]:
    """When a pod's container first started, and when RESTARTS first reached 1, 2, …."""
    own = [row for row in rows if row.pod == pod]
    times = [row.at for row in own if row.status not in _BEFORE][:1]
    for row in own:
        times += [row.at] * (row.restarts + 1 - len(times)) if times else []
    return times


def align(
    recorded: Sequence[Row], replayed: Sequence[Row], pod: str, *, drifted: bool
) -> tuple[Alignment, list[str]]:
    """The alignment of a pod (none unless drifted), and restarts that came at another time or not at all."""
    first, second = restart_times(recorded, pod), restart_times(replayed, pod)
    differences = []
    for index, (one, other) in enumerate(zip(first, second, strict=False)):
        since, until = (first[index - 1], second[index - 1]) if drifted and index else (0.0, 0.0)
        a, b = one - since, other - until
        if not (close(a, b) or (index == 0 and abs(a - b) <= START)):
            differences.append(f"{pod} restart {index}: recorded after {a:.1f} s, replayed after {b:.1f} s")
    count = min(len(first), len(second))
    alignment = Alignment(tuple(first[:count]), tuple(second[:count])) if drifted else Alignment((), ())
    for extra, word in ((first[count:], "recorded"), (second[count:], "replayed")):
        for at in extra[:1]:
            moved = at if word == "recorded" else alignment.to_recorded(at)
            if moved + tolerance(moved) < SECONDS:
                differences.append(f"{pod} restart {count} at {at:.1f} s only {word}")
    return alignment, differences


def compare_rows(recorded: Sequence[Row], replayed: Sequence[Row], *, drifted: bool) -> list[str]:
    """Restarts, and what lasted in one and is missing in the other, in either direction."""
    differences, moved = [], []
    for pod in sorted({row.pod for row in [*recorded, *replayed]}):
        alignment, found = align(recorded, replayed, pod, drifted=drifted)
        differences += found
        moved += [
            replace(row, at=alignment.to_recorded(row.at), until=alignment.to_recorded(row.until - 0.01))
            for row in replayed
            if row.pod == pod
        ]
    differences += [f"missing: {row}" for row in _missing(recorded, moved)]
    return differences + [f"not recorded: {row}" for row in _missing(moved, recorded)]


def _merged(rows: Sequence[Row]) -> list[Row]:
    """Rows with the two faces of a dead container joined."""
    result: list[Row] = []
    for row in rows:
        index = next((i for i in reversed(range(len(result))) if result[i].pod == row.pod), None)
        if index is not None and result[index].look == row.look:
            result[index] = replace(result[index], until=row.until)
        else:
            result.append(row)
    return result


def _missing(wanted: Sequence[Row], present: Sequence[Row]) -> list[Row]:
    others, missing = _merged(present), []
    for row in _merged(wanted):
        if row.until - row.at < LASTING or row.at + tolerance(row.at) > SECONDS:
            continue  # too short to be sure of, or perhaps after the end of the other recording
        if not any(each.look == row.look and close(each.at, row.at) for each in others):
            missing.append(row)
    return missing


def compare_events(
    recorded: Sequence[Happening], replayed: Sequence[Happening], alignment: Alignment
) -> list[str]:
    """Events that only one has, and those whose counts or times differ."""
    first, second = {each.key: each for each in recorded}, {each.key: each for each in replayed}
    differences = [f"only recorded: {first[key]}" for key in first if key not in second]
    differences += [f"only replayed: {second[key]}" for key in second if key not in first]
    for key in first.keys() & second.keys():
        one, other = first[key], second[key]
        if abs(one.count - other.count) > max(1.0, 0.1 * one.count):
            differences.append(f"count: recorded {one.count}, replayed {other.count}: {key}")
        for word, a, b in (("first", one.first, other.first), ("last", one.last, other.last)):
            if a is None or b is None or a > SECONDS:
                continue  # not kept in this form, or after the replay's end
            if not close(a, alignment.to_recorded(b)):
                differences.append(f"{word}: recorded {a:.1f} s, replayed {b:.1f} s: {key}")
    return differences


def compare_endpoints(
    recorded: Sequence[tuple[float, int, int]], replayed: Sequence[tuple[float, int, int]]
) -> list[str]:
    """Numbers of ready and unready addresses that lasted in one and do not appear in the other."""

    def as_rows(samples: Sequence[tuple[float, int, int]]) -> list[Row]:
        ends = [*(each[0] for each in samples[1:]), SECONDS][: len(samples)]
        return [
            Row(at, until, "endpoints", str(ready), str(unready), 0)
            for (at, ready, unready), until in zip(samples, ends, strict=True)
            if until - at >= LASTING
        ]

    first, second = as_rows(recorded), as_rows(replayed)
    looks = [[(row.ready, row.status) for row in rows] for rows in (first, second)]
    if looks[0] != looks[1]:
        return [f"endpoints (ready, not ready): recorded {looks[0]}, replayed {looks[1]}"]
    return [
        f"endpoints: recorded {one}, replayed {other}"
        for one, other in zip(first, second, strict=True)
        if abs(one.at - other.at) > max(START, tolerance(one.at))
    ]


def compare(
    recorded: tuple[Sequence[Row], Sequence[Happening], Sequence[tuple[float, int, int]]],
    replayed: tuple[Sequence[Row], Sequence[Happening], Sequence[tuple[float, int, int]]],
    until: float = SECONDS,
    *,
    drifted: bool = False,
) -> list[str]:
    """All differences; where `until` is earlier than the end, only rows that began before it are compared."""
    if until < SECONDS:
        return compare_rows(
            *(
                [replace(r, until=min(r.until, until)) for r in side[0] if r.at < until]
                for side in (recorded, replayed)
            ),
            drifted=drifted,
        )
    pods = sorted({row.pod for row in recorded[0]})
    alignment = Alignment((), ())
    if len(pods) == 1:
        alignment = align(recorded[0], replayed[0], pods[0], drifted=drifted)[0]
    return [
        *compare_rows(recorded[0], replayed[0], drifted=drifted),
        *compare_events(recorded[1], replayed[1], alignment),
        *compare_endpoints(recorded[2], replayed[2]),
    ]

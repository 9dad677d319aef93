"""How containers ended, what conditions pods had and what was logged: the rest of a recording, compared.

A container's restart number tells which of its instances ended: the state's own number for a state that is
terminated or waits to be restarted, the one before for `lastState` of one that runs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.traces.recording import SECONDS, Row, rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Json = dict[str, Any]
_NEWER = frozenset(("PodReadyToStartContainers", "DisruptionTarget"))
"""Conditions that v1.20 did not have."""


@dataclass(frozen=True)
class Ending:
    """What `state.terminated` said of one instance of a container."""

    pod: str
    container: str
    restart: int
    code: int
    reason: str
    message: str


def compact(status: Json) -> Json:
    """A container's status in the form of a recording."""

    def state(value: Json | None) -> Json:
        ((kind, facts),) = value.items() if value else (("none", {}),)
        chosen = {key: facts[key] for key in ("reason", "exitCode", "message") if facts.get(key) is not None}
        return {"state": kind, **chosen}

    last = state(status["lastState"]) if status.get("lastState") else None
    return {
        "name": status["name"],
        "restartCount": status["restartCount"],
        **state(status["state"]),
        "last": last,
    }


def _modern(message: str) -> str:
    """A runtime's message without what is the machine's own."""
    return re.sub(r"[0-9a-f]{64}", "ID", message)


def endings(samples: Iterable[Json]) -> set[Ending]:
    """All endings that a pod's statuses told of."""
    found = set()
    for sample in samples:
        for status in [*sample["init"], *sample["containers"]]:
            count = status["restartCount"]
            before = count if status["state"] == "waiting" else count - 1
            for number, state in ((count, status), (before, status["last"])):
                if state and state["state"] == "terminated":
                    found.add(
                        Ending(
                            sample["pod"],
                            status["name"],
                            number,
                            state["exitCode"],
                            state.get("reason", ""),
                            _modern(state.get("message", ""))[:590],
                        )
                    )
    return found


def compare_endings(recorded: set[Ending], replayed: set[Ending]) -> list[str]:
    """Endings that only one knows; the last instances may have ended in one recording only."""
    first, second = _latest(recorded), _latest(replayed)
    differences = []
    for word, own, other, until in (
        ("recorded", recorded, replayed, second),
        ("replayed", replayed, recorded, first),
    ):
        differences += [
            f"ending only {word}: {each}"
            for each in sorted(own - other, key=lambda ending: (ending.pod, ending.container, ending.restart))
            if each.restart <= until.get((each.pod, each.container), 0)
        ]
    return differences


def _latest(found: set[Ending]) -> dict[tuple[str, str], int]:
    latest: dict[tuple[str, str], int] = {}
    for each in found:
        key = each.pod, each.container
        latest[key] = max(latest.get(key, 0), each.restart)
    return latest


def condition_rows(samples: Sequence[Json]) -> list[Row]:
    """Conditions with their reasons, as rows whose `status` tells them."""
    seen = []
    for sample in samples:
        if sample["type"] == "DELETED":
            seen.append((sample["t"], sample["pod"], "", "", 0))
            continue
        told = {kind: value for kind, value in sample["conditions"].items() if kind not in _NEWER}
        text = " ".join(f"{kind}={told[kind]}" for kind in sorted(told))
        last = next((each for each in reversed(seen) if each[1] == sample["pod"]), None)
        if last is None or last[3] != text:
            seen.append((sample["t"], sample["pod"], sample["phase"] or "", text, 0))
    return rows(seen, SECONDS)

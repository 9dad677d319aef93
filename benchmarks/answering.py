"""Gives an application keys and takes the time until each is on screen; on its own: an empty application."""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import time
from typing import TYPE_CHECKING, Any

from benchmarks.empty_app import EmptyApp

if TYPE_CHECKING:
    from textual.app import App

KEYS = (
    "down",
    "down",
    "up",
    "4",
    "up",
    "pageup",
    "5",
    "pageup",
    "pagedown",
    "7",
    "left",
    "down",
    "3",
    "end",
    "home",
)
"""Up and down lists, from panel to panel, along the timeline."""
ROUNDS = 8
PAUSE = 0.02
"""Host seconds between two keys."""


class Frames:
    """When the last frame of an application was written."""

    def __init__(self, app: App[Any]) -> None:
        self.last = 0.0
        display = app._display  # noqa: SLF001 (where a frame is written)

        def displayed(*arguments: Any) -> None:
            display(*arguments)
            self.last = time.perf_counter()

        app._display = displayed  # type: ignore[method-assign, assignment]  # noqa: SLF001


async def answered(app: App[Any], frames: Frames, key: str) -> float:
    """Host milliseconds from a key to the first frame after it was dealt with."""
    begun = time.perf_counter()
    app.simulate_key(key)
    dealt_with = asyncio.Event()
    app.screen.call_later(dealt_with.set)
    await dealt_with.wait()
    handled = time.perf_counter()
    app.screen.refresh()
    while frames.last < handled:
        await asyncio.sleep(0.001)
    return (frames.last - begun) * 1000


async def take(app: App[Any], rounds: int = ROUNDS) -> list[float]:
    """The times of all keys, after one round that does not count."""
    frames = Frames(app)
    times = []
    for number in range(rounds + 1):
        for key in KEYS:
            took = await answered(app, frames, key)
            if number:
                times.append(took)
            await asyncio.sleep(PAUSE)
    return times


def told(times: list[float]) -> dict[str, float]:
    """The figures of a series."""
    ordered = sorted(times)
    return {
        "p95": ordered[int(len(ordered) * 0.95)],
        "median": statistics.median(ordered),
        "worst": ordered[-1],
        "keys": float(len(ordered)),
    }


async def main() -> None:
    """An empty application."""
    app = EmptyApp()
    async with app.run_test(size=(120, 40)):
        times = await take(app)
    sys.stdout.write(json.dumps(told(times)) + "\n")


if __name__ == "__main__":
    asyncio.run(main())

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
    from textual.dom import DOMNode
    from textual.message_pump import MessagePump

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


async def answered(app: App[Any], key: str) -> float:
    """Host milliseconds from a key until what it changed has been drawn."""
    begun, before = time.perf_counter(), app.focused
    app.simulate_key(key)
    # A key goes from the app to whoever has the keyboard and, if he has no use for it, from one to the next
    # around him back to the app, each with a queue of its own; when the keyboard moved by it, who lost it
    # and who got it tell those around them.
    await _through(app)
    await _through_all(before or app.screen)
    if app.focused is not before:
        await _through_all(before or app.screen)
        await _through_all(app.focused or app.screen)
    drawn = asyncio.Event()
    app.screen.call_after_refresh(drawn.set)
    await drawn.wait()
    return (time.perf_counter() - begun) * 1000


async def _through_all(widget: DOMNode) -> None:
    """From a widget out to the app."""
    for node in widget.ancestors_with_self:
        await _through(node)


async def _through(node: MessagePump) -> None:
    """Wait until somebody has dealt with all that was told him."""
    dealt_with = asyncio.Event()
    node.call_later(dealt_with.set)
    await dealt_with.wait()


async def take(app: App[Any], rounds: int = ROUNDS) -> list[float]:
    """The times of all keys, after one round that does not count."""
    times = []
    for number in range(rounds + 1):
        for key in KEYS:
            took = await answered(app, key)
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

"""Gives an application keys and takes the time until all that each changed has been written."""

# ruff: noqa: SLF001 (Textual and asyncio have no other word of whether all is done)

from __future__ import annotations

import asyncio
import statistics
import time
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from textual.app import App
    from textual.pilot import Pilot
    from textual.screen import Screen

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
LOOK = 0.0005
"""Host seconds between two looks at whether all is done."""


class Taken(NamedTuple):
    """What an answer took."""

    host: float
    """Milliseconds until all that was changed has been given to the terminal."""
    cpu: float
    """Milliseconds of computing, of the thread that draws."""


async def answered(app: App[Any], key: str) -> Taken:
    """What it took from a key until all that it changed was written."""
    return await done(app, lambda: app.simulate_key(key))


async def done(app: App[Any], act: Callable[[], object]) -> Taken:
    """The same of whatever the user does."""
    begun = last = time.perf_counter()
    computed = computed_last = time.thread_time()
    display = app._display

    def timed(*given: Any) -> None:
        nonlocal last, computed_last
        display(*given)
        last, computed_last = time.perf_counter(), time.thread_time()

    app._display = timed  # type: ignore[assignment,method-assign]
    try:
        act()
        while True:
            await asyncio.sleep(LOOK)
            if _at_rest(app.screen):
                break
    finally:
        app._display = display  # type: ignore[method-assign]
    return Taken((last - begun) * 1000, (computed_last - computed) * 1000)


def _at_rest(screen: Screen[Any]) -> bool:
    """Whether nobody has anything left to do: no message waits, nothing is to be drawn."""
    waiting = (
        screen._layout_required,
        screen._scroll_required,
        screen._repaint_required,
        screen._dirty_widgets,
        asyncio.get_running_loop()._ready,  # type: ignore[attr-defined]
    )
    return not any(waiting)


async def take(app: App[Any], keys: Sequence[str] = KEYS) -> list[Taken]:
    """The times of all keys, after one round that does not count."""
    times = []
    for number in range(ROUNDS + 1):
        for key in keys:
            took = await answered(app, key)
            if number:
                times.append(took)
            await asyncio.sleep(PAUSE)
    return times


def told(taken: list[Taken]) -> dict[str, float]:
    """The figures of a series."""
    ordered, computed = sorted(one.host for one in taken), sorted(one.cpu for one in taken)
    return {
        "cpu": computed[int(len(computed) * 0.95)],
        "p95": ordered[int(len(ordered) * 0.95)],
        "median": statistics.median(ordered),
        "worst": ordered[-1],
        "keys": float(len(ordered)),
    }


async def driven(app: App[Any], drive: Callable[[], Awaitable[dict[str, float]]]) -> dict[str, float]:
    """Run an application in the terminal this process has, until `drive` is done with it; its figures."""
    figures: dict[str, float] = {}

    async def pilot(_pilot: Pilot[Any]) -> None:
        figures.update(await drive())
        app.exit()

    await app.run_async(auto_pilot=pilot)
    if app._exception is not None:
        raise app._exception
    return figures

"""What is measured of keys, each alone in a terminal: `python -m benchmarks.sides SIDE FILE`.

The figures go into the file, since the terminal is the application's; its directory is the lab's home.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from textual import events
from textual.widgets import Static

from benchmarks.answering import answered, done, driven, take, told
from benchmarks.churning import Churn, Streams, begun
from benchmarks.empty_app import EmptyApp
from benchmarks.processes import own_megabytes
from lab.tui import settled
from lab.tui.app import PodlabApp
from lab.tui.screens.exercise import ExerciseScreen
from lab.tui.widgets.editor import Editor

if TYPE_CHECKING:
    from textual.events import Key

HOUR_STEP = 10.0
"""Cluster seconds a view when an hour goes by fast."""
LINES = 10_000
"""Of the long file."""
TYPED = (
    "x",
    "y",
    "enter",
    "down",
    "pagedown",
    "backspace",
    "up",
    "end",
    "z",
    "ctrl+end",
    "left",
    "ctrl+home",
)
"""In the long file: written, deleted, gone about."""


class EchoApp(EmptyApp):
    """An application of one line, which says the key."""

    def on_key(self, event: Key) -> None:
        """Say it."""
        self.query_one(Static).update(event.key, layout=False)


def _lab(churn: Churn) -> PodlabApp:
    """The lab, which opens the exercise that churns."""
    name = churn.attempt.exercise.name
    return PodlabApp(churn.lab.facade(), exercise=name, wall=lambda: churn.now)


async def _opened(app: PodlabApp) -> None:
    while (
        not isinstance(app.screen, ExerciseScreen)
        or app.screen.view.live is None
        or not app.screen.view.files
    ):
        await asyncio.sleep(0.05)


def _resident() -> float:
    """Megabytes of this process that are in memory, without what is garbage."""
    gc.collect()
    return own_megabytes()


async def _an_hour(churn: Churn) -> float:
    """Let an hour go by as fast as the screen takes it; memory at its end."""
    for _ in range(int(3600 / HOUR_STEP)):
        await asyncio.to_thread(churn.tick, HOUR_STEP)
    return _resident()


async def lab_side(home: Path) -> dict[str, float]:
    """The exercise screen: keys, then two hours; in the first, what is kept of the past grows full."""
    churn = begun(home)
    app = _lab(churn)

    async def drive() -> dict[str, float]:
        await _opened(app)
        settled()
        with Streams(churn):
            figures = told(await take(app))
        before = await _an_hour(churn)
        changes, views = churn.changes, churn.views
        after = await _an_hour(churn)
        hour = {"changes": churn.changes - changes, "views": churn.views - views}
        return {**figures, "before": before, "after": after, **hour}

    return await driven(app, drive)


async def empty_side(home: Path) -> dict[str, float]:
    """The application of one line; the same threads work beside it."""
    churn = begun(home)
    app = EchoApp()

    async def drive() -> dict[str, float]:
        settled()
        with Streams(churn):
            return told(await take(app))

    return await driven(app, drive)


async def long_file(home: Path) -> dict[str, float]:
    """Many lines pasted into the editor, then keys there; the cluster churns meanwhile."""
    churn = begun(home)
    app = _lab(churn)
    text = "".join(f"# line {number}\n" for number in range(LINES))

    async def drive() -> dict[str, float]:
        await _opened(app)
        settled()
        app.simulate_key("2")
        await answered(app, "enter")
        while not (isinstance(app.focused, Editor) and app.focused.editing):
            await asyncio.sleep(0.05)
        with Streams(churn):
            pasted = await done(app, lambda: app.post_message(events.Paste(text)))
            return {"paste": pasted.host, "paste_cpu": pasted.cpu, **told(await take(app, TYPED))}

    return await driven(app, drive)


SIDES = {"lab": lab_side, "empty": empty_side, "long-file": long_file}


async def main(side: str, out: Path) -> None:
    """One side."""
    figures = await SIDES[side](out.parent)
    out.write_text(json.dumps(figures))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))

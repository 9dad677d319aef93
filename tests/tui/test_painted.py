"""What was written to the terminal piece by piece is what a drawing of everything would show.

And each key writes what it changed: no layout but where panels come or go, nothing drawn a second time.
"""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from textual._compositor import ChopsUpdate
from textual.css.stylesheet import Stylesheet
from textual.strip import Strip

from lab.tui import drawing
from lab.tui.linter import Linter
from lab.tui.widgets import events
from lab.tui.widgets.coloured import ColouredText
from lab.tui.widgets.panel import Panel
from tests.tui.conftest import Driver, driven
from tests.tui.scripted import BROKEN, pod

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest
    from rich.segment import Segment
    from textual.geometry import Region
    from textual.screen import Screen
    from textual.widget import Widget

    from lab.attempt.views import EventRow
    from lab.tui.drawing import FrontCompositor
    from lab.tui.widgets.lines import Line
    from tests.tui.scripted import ScriptedLab

SIZE = (120, 40)
MANY = replace(BROKEN, pods=tuple(pod(f"web-{number}", uid=f"uid-{number}") for number in range(30)))
FEWER = replace(MANY, pods=MANY.pods[3:9], events=MANY.events * 4)

Cells = list[list["Segment"]]


def _cells(strip: Strip) -> list[Segment]:
    return [
        part
        for segment in strip
        for part in (type(segment)(sign, segment.style) for sign in segment.text)
        if part.text
    ]


def _whole(screen: Screen[Any]) -> Cells:
    """Everything, with nothing kept of earlier drawings."""
    for widget in screen.walk_children():
        if isinstance(widget, ColouredText):
            widget._drawn.clear()
            widget._line_cache.clear()
        if hasattr(widget, "_styles_cache"):
            widget._styles_cache.clear()
    return [_cells(strip) for strip in screen._compositor.render_strips()]


@contextmanager
def _painted(screen: Screen[Any]) -> Iterator[Cells]:
    """What a terminal shows that gets what is written from now on."""
    shown = _whole(screen)
    compositor = screen._compositor
    partial = compositor.render_partial_update

    def watched() -> ChopsUpdate | None:
        update = partial()
        if update is not None:
            assert isinstance(update, ChopsUpdate)
            for y, begin, end in update.spans:
                for x, strip in update.chops[y].items():
                    if strip is not None:
                        for at, cell in enumerate(_cells(strip), x):
                            if begin <= at < end:
                                shown[y][at] = cell
        return update

    compositor.render_partial_update = watched  # type: ignore[method-assign]
    try:
        yield shown
    finally:
        compositor.render_partial_update = partial  # type: ignore[method-assign]


async def _at_rest(driver: Driver) -> None:
    await driver.pilot.pause()
    await driver.pilot.pause()


async def test_what_was_written_is_what_there_is_to_see(lab: ScriptedLab) -> None:
    lab.attempt("wrong-path").stream.view = MANY
    async with driven(lab, SIZE) as driver:
        await driver.begin()
        await _at_rest(driver)
        screen = driver.exercise
        with _painted(screen) as shown:
            for key in ("4", "7", "left", "3", "down", "end", "2", "enter", "x", "enter", "escape"):
                await driver.press(key)
                await _at_rest(driver)
                assert shown == _whole(screen), f"after {key}"
            for live, key in ((FEWER, "4"), (MANY, "7")):
                screen.change(live=live)
                await driver.press(key)
                await _at_rest(driver)
                assert shown == _whole(screen), f"after {key}"


def _draws(compositor: FrontCompositor, monkeypatch: pytest.MonkeyPatch) -> list[set[Region]]:
    """What is drawn from now on."""
    partial, drawn = compositor.render_partial_update, []

    def watched() -> ChopsUpdate | None:
        drawn.append(set(compositor._dirty_regions))
        return partial()

    monkeypatch.setattr(compositor, "render_partial_update", watched)
    return drawn


async def test_a_panel_that_comes_into_view_is_drawn_once_and_restyles_nothing(
    lab: ScriptedLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawing, "LONGEST", 60.0)
    lab.attempt("wrong-path").stream.view = MANY
    async with driven(lab, SIZE) as driver:
        await driver.begin()
        for key in ("4", "5", "3"):
            await driver.press(key)
            await _at_rest(driver)
        driver.app.bridge.unwatch()  # a log or a clock that is read meanwhile would draw as well
        await _at_rest(driver)
        compositor = driver.exercise._compositor
        assert isinstance(compositor, drawing.FrontCompositor)
        drawn = _draws(compositor, monkeypatch)
        restyled: list[object] = []
        monkeypatch.setattr(Stylesheet, "apply", lambda _sheet, node, **_rest: restyled.append(node))
        for count, key in enumerate(("4", "5"), 1):
            await driver.press(key)
            await _at_rest(driver)
            assert len([regions for regions in drawn if regions]) == count
        assert restyled == []
        checks = driver.exercise.query_one("#checks", Panel).region
        assert not any(region.overlaps(checks) for regions in drawn for region in regions)


async def test_words_in_a_border_draw_its_lines_alone(
    lab: ScriptedLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with driven(lab, SIZE) as driver:
        await driver.begin()
        await _at_rest(driver)
        panel = driver.exercise.query_one("#pods", Panel)
        compositor = driver.exercise._compositor
        assert isinstance(compositor, drawing.FrontCompositor)
        driver.app.bridge.unwatch()  # a clock that is read meanwhile would draw as well
        await _at_rest(driver)
        drawn = _draws(compositor, monkeypatch)
        panel.border_subtitle = "something else"
        await _at_rest(driver)
        lines = {y for regions in drawn for region in regions for y in region.line_range}
        assert lines == {panel.region.y, panel.region.bottom - 1}
        drawn.clear()
        panel.border_subtitle = "something else"
        await _at_rest(driver)
        assert not any(drawn)


async def test_of_events_those_in_view_are_put_into_words(
    lab: ScriptedLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = tuple(replace(MANY.events[0], count=number) for number in range(2, 280))
    lab.attempt("wrong-path").stream.view = replace(MANY, events=many)
    head, made = events._head, Counter[int]()

    def counted(event: EventRow) -> Line:
        made[event.count] += 1
        return head(event)

    monkeypatch.setattr(events, "_head", counted)
    async with driven(lab, SIZE) as driver:
        await driver.begin()
        await driver.press("4")
        await _at_rest(driver)
        assert 0 < len(made) < 20


async def test_a_letter_draws_its_line_and_a_new_line_lays_nothing_out(
    lab: ScriptedLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What a thread finds in the text changes the list of mistakes when it comes, and the layout with it.
    monkeypatch.setattr(Linter, "look", lambda *_asked: None)
    async with driven(lab, SIZE) as driver:
        await driver.begin()
        await driver.press("2")
        await driver.press("enter")
        await driver.until(lambda: driver.exercise.query_one(ColouredText).has_focus, "the file is edited")
        editor = driver.exercise.query_one(ColouredText)
        editor.insert("".join(f"# line {number}\n" for number in range(3000)), (0, 0))
        for key in ("x", "enter"):
            await driver.press(key)
            await _at_rest(driver)
        drawn: list[object] = []

        class Watched(dict[tuple[object, ...], Strip]):
            def __setitem__(self, key: tuple[object, ...], strip: Strip) -> None:
                drawn.append(key)
                super().__setitem__(key, strip)

        editor._drawn = Watched(editor._drawn)
        compositor = driver.exercise._compositor
        reflow, layouts = compositor.reflow, []

        def laid_out(parent: Widget, room: object) -> object:
            layouts.append(parent)
            return reflow(parent, room)  # type: ignore[arg-type]

        monkeypatch.setattr(compositor, "reflow", laid_out)
        await driver.press("y")
        await _at_rest(driver)
        assert drawn == []
        await driver.press("enter")
        await _at_rest(driver)
        assert len(drawn) <= editor.size.height
        assert layouts == []

"""What is drawn: as Textual would write it, what changed only, and once for all that a key changes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from textual._compositor import ChopsUpdate, Compositor
from textual.geometry import Region

from lab.tui import drawing
from lab.tui.screens.help import HelpScreen
from lab.tui.widgets.row_list import RowList
from tests.tui.conftest import Driver, driven
from tests.tui.scripted import BROKEN, pod

if TYPE_CHECKING:
    import pytest
    from textual.geometry import Size
    from textual.screen import Screen
    from textual.strip import Strip
    from textual.widget import Widget

    from tests.tui.scripted import ScriptedLab

PODS = replace(BROKEN, pods=tuple(pod(f"web-{number}", uid=f"uid-{number}") for number in range(5)))
SIZE = (120, 40)


def _as_textual(screen: Screen[object], regions: list[Region]) -> str:
    """What Textual's own compositor writes for these regions."""
    compositor = screen._compositor
    spans = list(compositor._regions_to_spans(regions))
    crop = Region.from_union(regions)
    chops = Compositor._render_chops(compositor, crop, {y for y, _, _ in spans}.__contains__)
    ends = [cuts[1:] for cuts in compositor.cuts]
    return ChopsUpdate(chops, spans, ends).render_segments(screen.app.console)


def _as_drawn(screen: Screen[object], regions: list[Region]) -> str:
    compositor = screen._compositor
    assert isinstance(compositor, drawing.FrontCompositor)
    compositor._dirty_regions.clear()
    compositor._dirty_regions.update(regions)
    update = compositor.render_partial_update()
    assert update is not None
    return update.render_segments(screen.app.console)


REGIONS = (
    [Region(0, 0, *SIZE)],
    [Region(3, 2, 1, 1)],
    [Region(0, 1, 120, 1), Region(70, 9, 20, 6), Region(0, 39, 120, 1)],
    [Region(50, 5, 30, 30), Region(55, 20, 40, 2)],
)


async def test_what_is_written_is_what_textual_writes(lab: ScriptedLab) -> None:
    async with driven(lab, SIZE) as driver:
        await driver.begin()
        for regions in REGIONS:
            assert _as_drawn(driver.app.screen, regions) == _as_textual(driver.app.screen, regions)
        await driver.press("question_mark")
        await driver.on(HelpScreen)
        for regions in REGIONS:
            assert _as_drawn(driver.app.screen, regions) == _as_textual(driver.app.screen, regions)


async def test_another_panel_is_one_layout(lab: ScriptedLab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "LONGEST", 60.0)
    async with driven(lab, SIZE) as driver:
        await driver.begin()
        for key in ("4", "5", "7", "3"):
            await driver.press(key)
        compositor = driver.app.screen._compositor
        reflow, layouts = compositor.reflow, []

        def counted(parent: Widget, size: Size) -> object:
            layouts.append(size)
            return reflow(parent, size)

        monkeypatch.setattr(compositor, "reflow", counted)
        for count, key in enumerate(("4", "5", "7"), 1):
            await driver.press(key)
            await driver.pilot.pause()
            assert len(layouts) == count


async def test_of_a_list_the_rows_are_drawn_that_the_cursor_leaves_and_enters(
    lab: ScriptedLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.attempt("wrong-path").stream.view = PODS
    async with driven(lab, SIZE) as driver:
        await driver.begin()
        await driver.press("3")
        rows = driver.app.screen.query_one(RowList)
        drawn: set[int] = set()
        draw = rows.render_line

        def watched(y: int) -> Strip:
            drawn.add(y)
            return draw(y)

        monkeypatch.setattr(rows, "render_line", watched)
        await driver.press("down")
        await driver.until(lambda: rows.at == 1, "the cursor has moved")
        assert drawn <= {1, 2}
        await _show(driver, replace(PODS, pods=(*PODS.pods[:4], replace(PODS.pods[4], restarts=7))))
        assert drawn <= {1, 2, 5}


async def _show(driver: Driver, live: object) -> None:
    screen = driver.exercise
    screen.change(live=live)
    await driver.pilot.pause()

"""The editor in place: nothing is typed into a file unasked, and everything in the order it was typed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from textual import events
from textual.app import App, ComposeResult

from lab.attempt.views import FileRole, FileState, WorkspaceFile
from lab.tui.view import FileText
from lab.tui.widgets.editor import Editor

if TYPE_CHECKING:
    from textual.pilot import Pilot

TEXT = "name: web\nmemory: 64Mi\n---\nkind: Service\n"


class _Alone(App[int]):
    """Nothing but an editor; `heard` are the keys it left to the screen."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str] = []

    def compose(self) -> ComposeResult:
        file = WorkspaceFile(Path("app.yaml"), "app.yaml", FileRole.MANIFEST, FileState.UNCHANGED)
        yield Editor(FileText(file, TEXT))

    def on_key(self, event: events.Key) -> None:
        self.heard.append(event.key)


def _type(app: App[int], *keys: str) -> None:
    """All keys at once, as they come from a terminal when the machine is busy."""
    for key in keys:
        app.post_message(events.Key(key, key if len(key) == 1 else None))


async def _begun(pilot: Pilot[int]) -> Editor:
    editor = pilot.app.query_one(Editor)
    editor.focus()
    await pilot.press("enter")
    assert editor.editing
    return editor


async def test_until_it_is_begun_letters_are_the_screens() -> None:
    app = _Alone()
    async with app.run_test() as pilot:
        editor = app.query_one(Editor)
        editor.focus()
        await pilot.press("c", "6", "down", "backspace", "ctrl+k")
        assert editor.text == TEXT
        assert editor.cursor_location == (1, 0)
        assert {"c", "6"} <= set(app.heard)
        app.post_message(events.Paste("pasted"))
        await pilot.pause()
        assert editor.text == TEXT
        assert any("Enter begins" in one.message for one in app._notifications)
        await pilot.click(Editor, offset=(12, 2))
        assert editor.editing
        await pilot.press("6")
        assert "6" in editor.text


async def test_keys_act_in_the_order_they_were_typed() -> None:
    app = _Alone()
    async with app.run_test() as pilot:
        editor = await _begun(pilot)
        _type(app, "down", "end", *["backspace"] * 4, *"256Mi", "home", "right", "x", "escape", "y")
        await pilot.pause()
        await pilot.pause()
        assert editor.text == TEXT.replace("memory: 64Mi", "mxemory: 256Mi")
        assert not editor.editing
        assert app.heard[-1] == "y"


async def test_a_new_line_begins_where_the_one_before_did() -> None:
    app = _Alone()
    async with app.run_test() as pilot:
        editor = await _begun(pilot)
        editor.text = "spec:\n    ports:\n"
        editor.move_cursor((1, 10))
        await pilot.press("enter", "x", "ctrl+z", "ctrl+z")
        assert editor.text == "spec:\n    ports:\n"
        await pilot.press("enter", "x")
        assert editor.text == "spec:\n    ports:\n    x\n"


async def test_a_long_paste_is_taken_whole() -> None:
    app = _Alone()
    async with app.run_test() as pilot:
        editor = await _begun(pilot)
        lines = "".join(f"line-{number}: value\n" for number in range(10_000))
        app.post_message(events.Paste(lines))
        await pilot.pause()
        assert editor.text == lines + TEXT

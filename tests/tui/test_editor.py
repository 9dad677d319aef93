"""The editor in place: nothing is typed into a file unasked, and everything in the order it was typed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from textual import events
from textual.app import App, ComposeResult
from textual.widgets.text_area import Selection

from lab.attempt.views import FileRole, FileState, WorkspaceFile
from lab.tui import indenting
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


async def test_a_new_line_begins_where_the_one_before_asks_for() -> None:
    app = _Alone()
    async with app.run_test() as pilot:
        editor = await _begun(pilot)
        editor.text = "spec:\n    ports:\n"
        editor.move_cursor((1, 10))
        await pilot.press("enter", "x", "ctrl+z", "ctrl+z")
        assert editor.text == "spec:\n    ports:\n"
        await pilot.press("enter", *"- a:", "enter", "b", "enter", "c")
        assert editor.text == "spec:\n    ports:\n      - a:\n          b\n          c\n"
        await pilot.press("left", "backspace", "backspace", "right", "backspace", "d")
        assert editor.text.endswith("- a:\n          b\n      d\n"), "one level, one level, one character"


async def test_lines_are_shifted_and_the_keyboard_stays() -> None:
    app = _Alone()
    async with app.run_test() as pilot:
        editor = await _begun(pilot)
        editor.text = "spec:\n  ports:\n    - 80\n"
        editor.move_cursor((1, 4))
        await pilot.press("shift+tab")
        assert (editor.text, editor.cursor_location) == ("spec:\nports:\n    - 80\n", (1, 2))
        editor.selection = Selection((1, 2), (2, 1))
        await pilot.press("tab")
        assert editor.text == "spec:\n  ports:\n      - 80\n"
        assert editor.selection == Selection((1, 4), (2, 3))
        await pilot.press("ctrl+z", "right", "tab", "x")
        assert editor.text == "spec:\nports:\n  x   - 80\n", "a tab where nothing is selected is text"
        assert editor.has_focus


@pytest.mark.parametrize(
    ("before", "below", "begins"),
    [
        ("spec:", "", "  "),
        ("  containers:  # the app", "", "    "),
        ("  containers:", "  - name: web", "  "),
        ("  - name: web", "", "    "),
        ("  - name:", "", "      "),
        ("  - 'a: b'", "", "  "),
        ("  - sleep 1", "", "  "),
        ("  - ", "", "    "),
        ("  image: podlab/healthz:1", "", "  "),
        ("  url: http://web:8080/  # at last:", "", "  "),
        ("  run: |-", "", "    "),
        ("      args: [a, b]", "", "      "),
        ("   ", "", "   "),
        ("", "", ""),
    ],
)
def test_yaml_says_where_a_line_begins(before: str, below: str, begins: str) -> None:
    assert indenting.of_new_line(before, below, "yaml") == begins


def test_other_languages_say_less() -> None:
    assert indenting.of_new_line("    if well:  # so far", "", "python") == " " * 8
    assert indenting.of_new_line("  key:", "", "json") == "  "


async def test_a_letter_on_the_heels_of_escape_is_not_text() -> None:
    app = _Alone()
    async with app.run_test() as pilot:
        editor = await _begun(pilot)
        app.post_message(events.Key("alt+c", "c"))
        await pilot.pause()
        assert not editor.editing
        assert editor.text == TEXT
        assert app.heard[-1] == "c"


async def test_a_long_paste_is_taken_whole() -> None:
    app = _Alone()
    async with app.run_test() as pilot:
        editor = await _begun(pilot)
        lines = "".join(f"line-{number}: value\n" for number in range(10_000))
        app.post_message(events.Paste(lines))
        await pilot.pause()
        assert editor.text == lines + TEXT


async def test_lines_are_seen_from_their_beginning_where_the_cursor_leaves_room() -> None:
    app = _Alone()
    async with app.run_test(size=(40, 10)) as pilot:
        editor = await _begun(pilot)
        editor.insert("x" * 80, (0, 0))
        await pilot.press("home", "end")
        assert editor.scroll_x > 0
        await pilot.press("down")
        assert editor.cursor_location == (1, len("memory: 64Mi"))
        assert editor.scroll_x == 0

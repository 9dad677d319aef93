"""From an empty home to a solved exercise by keys, in a terminal, and through a kill in the middle of it."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

from tests.tui.terminal.tmux import terminal

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

FAULT = 31
"""Line of web.yaml that is wrong: `path: /health`."""


def test_from_an_empty_home_to_solved_by_keys_and_through_a_kill(
    tmp_path: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PODLAB_PROVIDER", "embedded")
    home = own_home / "podlab"
    with terminal(tmp_path, 80, 24) as pane:
        pane.see("0 of 8 solved", "Enter starts it")
        pane.press("/")
        pane.type("restarted")
        pane.until(lambda: "Dead on arrival" not in pane.screen, "only what was searched for is left")
        pane.press("Enter")
        pane.see("F4 ends the tour", "RESTARTS column keeps growing")
        pane.press("F4", "c")
        pane.see("Not yet", "h a hint")
        pane.press("2", "Enter")
        pane.see("EDITING")
        pane.press(*["Down"] * (FAULT - 1), "End")
        pane.type("z")
        pane.see("path: /healthz")
        draft = home / "drafts" / "wrong-path.json"
        pane.until(lambda: draft.exists() and "/healthz" in draft.read_text(), "the draft is on disk")
        os.kill(pane.program, signal.SIGKILL)
        pane.until(lambda: pane.ended, "the lab is gone")

        pane.again()
        pane.see("edits of last time are back")
        pane.see("path: /healthz")
        assert "path: /healthz" not in (home / "workspaces" / "wrong-path" / "web.yaml").read_text()
        pane.press("C-s")
        pane.see("S O L V E D", "opens the debrief")
        pane.press("F2")
        pane.see("What it was", "goes on to:")
        pane.press("3")
        pane.see("path: /healthz", "as you left it")
        pane.press("q", "q")
        pane.see("1 of 8 solved")
        pane.press("q")
        pane.until(lambda: pane.ended, "the lab was left")
        pane.again()
        pane.see("1 of 8 solved", "Search")


def test_in_60_by_20_it_is_usable_and_in_less_it_says_what_it_needs(tmp_path: Path) -> None:
    with terminal(tmp_path, 60, 20) as pane:
        pane.see("0 of 8 solved", "? Help")
        pane.run("resize-window", "-x", "20", "-y", "5")
        pane.see("at least 60 by 16")
        pane.run("resize-window", "-x", "200", "-y", "50")
        pane.see("0 of 8 solved", "Afterwards you can")

"""kubectl in place: typed, completed, run, streamed, stopped, refused, found again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from textual.widgets import OptionList

from lab.tui.command_history import MOST, CommandHistory
from lab.tui.widgets.console import Console
from lab.tui.widgets.output import Output, Written
from lab.tui.widgets.prompt import Prompt
from tests.tui.conftest import Driver, driven

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.tui.scripted import ScriptedLab

KUBECTL = """#!/bin/sh
case "$*" in
  "__complete get ") printf 'pods\\npoddisruptionbudgets\\n:4\\n';;
  __complete*) printf ':4\\n';;
  *" get pods -w") echo first; sleep 600;;
  *" get pods") echo "NAME READY"; echo "web-1 0/1"; echo "$PWD $KUBECTL_KUBERC";;
  *) echo "error: no such" >&2; exit 1;;
esac
"""


def with_kubectl(lab: ScriptedLab, directory: Path) -> None:
    """A kubectl of the test's own."""
    program = directory / "kubectl"
    program.write_text(KUBECTL)
    program.chmod(0o755)
    lab.settings = replace(lab.settings, kubectl=str(program))


class Drawer:
    """The console of the exercise on screen."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    @property
    def console(self) -> Console:
        return self._driver.exercise.query_one(Console)

    @property
    def line(self) -> str:
        return self.console.query_one(Prompt).value

    @property
    def output(self) -> str:
        return "\n".join(self.console.query_one(Output).texts)

    @property
    def rows(self) -> list[str]:
        return [str(one.prompt) for one in self.console.query_one(OptionList).options]

    async def type(self, text: str, *keys: str) -> None:
        names = {" ": "space", "-": "minus", "|": "vertical_line", "/": "slash"}
        await self._driver.press(*(names.get(char, char) for char in text), *keys)

    async def says(self, text: str) -> None:
        await self._driver.until(lambda: text in self.output, f"the output has {text!r}")


def opened(drawer: Drawer) -> bool:
    """Whether the drawer is in view."""
    return drawer.console.is_open


async def test_a_command_line_from_first_key_to_last(lab: ScriptedLab, tmp_path: Path) -> None:
    with_kubectl(lab, tmp_path)
    async with driven(lab) as driver:
        attempt = await driver.begin()
        drawer = Drawer(driver)
        await driver.press("colon")
        assert opened(drawer)
        await drawer.type("get po", "tab")
        await driver.until(lambda: len(drawer.rows) == 2, "two ways on")
        assert drawer.line == "get pod", "as far as they are the same"
        await driver.press("tab", "enter")
        assert drawer.line == "get pods "
        await driver.press("backspace", "enter")
        await drawer.says("exit 0")
        assert "web-1 0/1" in drawer.output
        assert f"{attempt.workspace} false" in drawer.output, "in the workspace, without own aliases"
        await drawer.type("get pods -w", "enter")
        await drawer.says("first")
        await drawer.type("top pods", "enter")
        assert drawer.line == "top pods", "one at a time: the line stays"
        await driver.press("escape")
        await drawer.says("stopped after")
        await driver.press("enter")
        await drawer.says("exit 1")
        assert "error: no such" in drawer.output
        await drawer.type("get pods | grep web", "enter")
        await drawer.says("is a pipe")
        await drawer.type("delete pod web -n kube-system", "enter")
        await drawer.says("namespace kube-system")
        await driver.press("up", "up", "up")
        assert drawer.line == "top pods"
        await driver.press("ctrl+r", "w", "enter")
        assert drawer.line == "delete pod web -n kube-system"
        await driver.press("ctrl+r")
        await drawer.type("pods -w", "enter")
        assert drawer.line == "get pods -w"
        await driver.press("escape")
        assert not opened(drawer)
        assert driver.exercise.query_one("#brief").has_focus_within, "the keyboard is where it was"
    assert CommandHistory(lab.settings.home).lines[-1] == "delete pod web -n kube-system"


async def test_the_output_is_searched_and_the_terminal_handed_over(
    lab: ScriptedLab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_kubectl(lab, tmp_path)
    async with driven(lab) as driver:
        await driver.begin()
        drawer = Drawer(driver)
        await driver.press("k")
        await drawer.type("get pods", "enter")
        await drawer.says("exit 0")
        await driver.press("shift+tab", "slash")
        await drawer.type("ready", "enter")
        output = drawer.console.query_one(Output)
        assert output.has_focus
        assert "1 line holds it" in str(drawer.console.border_subtitle)
        assert any(span.look == "here" for row in range(len(output._lines)) for span in output.spans(row))
        await driver.press("c")
        assert driver.app.clipboard.startswith("NAME READY\nweb-1 0/1\n")
        output.add([Written("NAME " * 40)])
        rows = len(output._lines)
        await driver.press("w", "N")
        assert len(output._lines) < rows, "cut, not broken"
        assert output._lines[-1][-1].text == "…", "and it is shown that there is more"
        await driver.press(*["right"] * 40)
        assert output._lines[-1][0].text == "…"
        assert "NAME" in output._lines[-1][-1].text, "not beyond the end"
        await driver.press("colon", "ctrl+o")
        assert not driver.exercise.query_one("#panels").is_on_screen
        await driver.press("ctrl+l")
        assert not output.texts
        await drawer.type("exec -it web -- sh", "enter")
        await drawer.says("cannot be handed to another program")
        monkeypatch.setattr(type(driver.exercise), "hand_over", lambda _self, _what, run: bool(run()) or True)
        await driver.press("up", "enter")
        await drawer.says("it had the terminal · exit 0")
        argv, _ = driver.handover.calls[-1]
        assert argv.endswith("--namespace=podlab-wrong-path exec -it web -- sh")
        lab.settings = replace(lab.settings, kubectl="")
        await drawer.type("get pods", "enter")
        await drawer.says("no kubectl on this machine")


def test_history_is_bounded_shared_and_forgives(tmp_path: Path) -> None:
    one, other = CommandHistory(tmp_path), CommandHistory(tmp_path)
    one.add("get pods")
    one.flush()
    other.add("get svc")
    other.add("get pods ")
    other.flush()
    assert CommandHistory(tmp_path).lines == ("get svc", "get pods")
    for number in range(MOST + 5):
        one.add(f"get {number}")
    one.flush()
    found = CommandHistory(tmp_path)
    assert len(found.lines) == MOST
    assert found.beginning("get 50") == "get 504"
    assert found.matching("GET 42")[0] == "get 442"
    path = tmp_path / "kubectl-history.json"
    assert path.stat().st_mode & 0o077 == 0, "a command line may have a password in it"
    path.write_text("{")
    assert CommandHistory(tmp_path).lines == ()

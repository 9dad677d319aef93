"""A real terminal: tmux on a socket of the test's own, keys in, the screen as a person sees it out."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PATIENCE = 60.0
"""Host seconds after which a condition is given up: a failure, never a pass."""
_HANDED_ON = ("PODLAB", "XDG")
"""Beginnings of the names of variables that lead into the test's own home."""
TURN = 0.1
"""Host seconds between two looks at a condition."""


def tmux() -> str:
    """The program, or a skip that says what is missing; where CI is set, its absence is a failure."""
    found = shutil.which("tmux")
    if found is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("no tmux here: apt install tmux")
    return str(found)


@dataclass(frozen=True)
class Terminal:
    """One pane with the lab in it."""

    socket: Path

    def run(self, *arguments: str) -> str:
        """A tmux command, its output."""
        command = [tmux(), "-S", str(self.socket), "-f", "/dev/null", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout

    @property
    def screen(self) -> str:
        """What is to be seen."""
        return self.run("capture-pane", "-p")

    @property
    def program(self) -> int:
        """The process in the pane."""
        return int(self.run("display-message", "-p", "#{pane_pid}"))

    @property
    def ended(self) -> bool:
        """Whether the program ended."""
        return self.run("display-message", "-p", "#{pane_dead}").strip() == "1"

    def press(self, *keys: str) -> None:
        """Press keys, by tmux's names."""
        self.run("send-keys", *keys)

    def type(self, text: str) -> None:
        """Type letters."""
        self.run("send-keys", "-l", text)

    def again(self) -> None:
        """Start the program again in the same pane."""
        self.run("respawn-pane", "-k")

    def until(self, condition: Callable[[], object], named: str) -> None:
        """Wait for a condition; fail by its name, with what was to be seen instead."""
        given_up = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > given_up:
                pytest.fail(f"never happened: {named}; on the screen:\n{self.screen}", pytrace=False)
            time.sleep(TURN)

    def see(self, *texts: str) -> None:
        """Wait until all of these are on the screen."""
        self.until(lambda: all(text in self.screen for text in texts), f"{' and '.join(texts)} to be seen")


@contextmanager
def terminal(directory: Path, width: int, height: int) -> Iterator[Terminal]:
    """The lab in a terminal of this size, with the environment of the test."""
    made = Terminal(directory / "tmux")
    environment = [
        f"{name}={value}" for name, value in os.environ.items() if name.startswith(("PODLAB", "XDG"))
    ]
    without = ["-u", "COLUMNS", "-u", "LINES"]  # a test runner's own; the terminal has its size
    own = [f"{name}={os.environ[name]}" for name in ("HOME", "KUBECONFIG")]
    path = f"PYTHONPATH={Path(__file__).parents[3]}"
    lab = [sys.executable, "-m", "lab"]
    command = ["env", *without, "TERM=tmux-256color", path, *own, *environment, *lab]
    made.run("new-session", "-d", "-x", str(width), "-y", str(height), *command)
    made.run("set-option", "-g", "remain-on-exit", "on")
    try:
        yield made
    finally:
        made.run("kill-server")

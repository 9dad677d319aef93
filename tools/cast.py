"""The README's cast: the program in a terminal, from an empty home to a solved exercise, as asciinema v2.

Usage: python tools/cast.py [FILE]

Writes docs/images/podlab.cast. The program runs in tmux, which says what is on the screen; of that the lines
that changed are kept, a few times a second, instead of all that was ever written. Keys are pressed when what
they answer is to be seen; nothing is faked. Pauses are shortened, and a little is left to read by.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from lab.attempt.preferences import Preferences
from lab.tui.choices import DONE

if TYPE_CHECKING:
    from collections.abc import Mapping

COLUMNS, ROWS, TERM = 80, 24, "xterm-256color"
PATIENCE = 120.0
"""Host seconds after which the cast cannot be made."""
FRAME = 0.2
"""Seconds between two looks at the screen."""
LONGEST_PAUSE = 0.6
"""Seconds of the cast that nothing moves, at most."""
READING = 1.2
"""Seconds of the cast before a key is pressed."""

PLAYED: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Enter starts it", ("/",)),
    ("Show all", tuple("restarted")),
    ("0 of 8 solved", ("Enter",)),
    ("RESTARTS column keeps growing", ("3",)),
    ("READY", ("n",)),
    ("CrashLoopBackOff", ("c",)),
    ("Not yet", ("2",)),
    ("apiVersion", ("Enter",)),
    ("EDITING", ("C-g",)),
    ("go to line:", ("3", "1", "Enter")),
    ("line 31:", ("End",)),
    ("path: /health", ("z",)),
    ("not in the cluster", ("C-s",)),
    ("S O L V E D", ("F2",)),
    ("goes on to", ("3",)),
    ("as you left it", ("q",)),
    ("S O L V E D", ("C-q",)),
)
"""What is to be seen, and the keys pressed then."""

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class Cast:
    """What was on the screen, with its moments in the time of the cast."""

    def __init__(self, home: Path, environment: Mapping[str, str]) -> None:
        """Start the program in a tmux of its own, which hands its environment on."""
        self._server = ["tmux", "-S", str(home / "tmux"), "-f", "/dev/null"]
        self._environment = environment
        self._at, self._last = 0.0, time.monotonic()
        self._shown = [""] * ROWS
        self.lines: list[str] = []
        size = ["-x", str(COLUMNS), "-y", str(ROWS)]
        self._tmux("new-session", "-d", "-s", "cast", *size, sys.executable, "-m", "lab")

    def _tmux(self, *arguments: str) -> str:
        done = subprocess.run(
            [*self._server, *arguments], capture_output=True, text=True, check=False, env=self._environment
        )
        return done.stdout if done.returncode == 0 else ""

    def look(self) -> bool:
        """Keep the lines that changed; False: none did."""
        found = self._tmux("capture-pane", "-p", "-e", "-t", "cast").split("\n")[:ROWS]
        if len(found) < ROWS:
            return False
        changed = [row for row, line in enumerate(found) if line != self._shown[row]]
        if not changed:
            return False
        now = time.monotonic()
        self._at += min(now - self._last, LONGEST_PAUSE)
        self._last = now
        text = "".join(f"\x1b[{row + 1}H\x1b[m{found[row]}\x1b[m\x1b[K" for row in changed)
        self.lines.append(json.dumps([round(self._at, 2), "o", text], ensure_ascii=False))
        self._shown = found
        return True

    def until(self, wanted: str) -> None:
        """Look until something is on the screen, and what comes with it is, too."""
        given_up = time.monotonic() + PATIENCE
        while wanted not in _COLOURS.sub("", "\n".join(self._shown)):
            if time.monotonic() > given_up:
                sys.exit(f"cast: never seen: {wanted}")
            time.sleep(FRAME)
            self.look()
        for _ in range(5):
            time.sleep(FRAME)
            if not self.look():
                break

    def press(self, *keys: str) -> None:
        """Leave time to read, then press."""
        self._at += READING
        self._last = time.monotonic()
        for key in keys:
            self._tmux("send-keys", "-t", "cast", key)
            time.sleep(FRAME / 2)
            self.look()

    def end(self) -> None:
        """Whatever still runs there."""
        self._tmux("kill-server")


def record(home: Path, environment: Mapping[str, str]) -> list[str]:
    """Play, and return the lines of the cast."""
    Preferences(home).keep(toured=DONE)
    cast = Cast(home, environment)
    try:
        for wanted, keys in PLAYED:
            cast.until(wanted)
            cast.press(*keys)
    finally:
        cast.end()
    head = {"version": 2, "width": COLUMNS, "height": ROWS, "title": "podlab", "env": {"TERM": TERM}}
    return [json.dumps(head), json.dumps([0.0, "o", "\x1b[?25l\x1b[2J"]), *cast.lines]


def main() -> None:
    """Make the cast, and bring the cluster down again."""
    file = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/images/podlab.cast")
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="podlab-cast-") as name:
        # not the size of another terminal: the program has one of its own
        kept = {key: value for key, value in os.environ.items() if key not in {"COLUMNS", "LINES"}}
        environment = {**kept, "PODLAB_HOME": name, "PODLAB_PROVIDER": "embedded", "TERM": TERM}
        try:
            lines = record(Path(name), environment)
        finally:
            down = [sys.executable, "-m", "lab", "cluster", "down", "--yes"]
            subprocess.run(down, env=environment, check=False, stderr=subprocess.DEVNULL)
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(file)


if __name__ == "__main__":
    main()

"""The README's cast: the program in a terminal, from an empty home to a solved exercise, as asciinema v2.

Usage: python tools/cast.py [FILE]

Writes docs/images/podlab.cast. Keys are pressed when what they answer is to be seen; nothing is faked. Pauses
are shortened, and a little is left to read by.
"""

from __future__ import annotations

import codecs
import fcntl
import json
import os
import pty
import re
import select
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

from lab.attempt.preferences import Preferences
from lab.tui.choices import DONE

COLUMNS, ROWS, TERM = 80, 24, "xterm-256color"
PATIENCE = 120.0
"""Host seconds after which the cast cannot be made."""
LONGEST_PAUSE = 0.6
"""Seconds of the cast that nothing moves, at most."""
READING = 1.5
"""Seconds of the cast before a key is pressed."""

PLAYED = (
    ("Enter starts it", "/"),
    ("Show all", "restarted"),
    ("restarted", "\r"),
    ("RESTARTS column keeps growing", "3"),
    ("READY", "n"),
    ("CrashLoopBackOff", "c"),
    ("Not yet", "2"),
    ("apiVersion", "\r"),
    ("EDITING", "\x07"),
    ("line", "31\r"),
    ("path: /health", "\x1b[F"),
    ("", "z"),
    ("not in the cluster", "\x13"),
    ("S O L V E D", "\x1bOQ"),
    ("goes on to", "3"),
    ("as you left it", "q"),
    ("S O L V E D", "\x11"),
)
"""What is to be seen since the key before, and the key pressed then."""

_CONTROL = re.compile(r"\x1b\[[0-9;?$]*[a-zA-Z]|\x1b[()][AB0]|\x1b[=>]")


class Cast:
    """What the program wrote, with its moments in the time of the cast."""

    def __init__(self, terminal: int) -> None:
        self._terminal = terminal
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._at, self._last = 0.0, time.monotonic()
        self._unseen = ""
        self.lines: list[str] = []

    def read(self, seconds: float) -> bool:
        """Take what is written within `seconds`; False: the program ended."""
        ready, _, _ = select.select([self._terminal], [], [], seconds)
        if not ready:
            return True
        try:
            content = os.read(self._terminal, 65536)
        except OSError:
            return False
        text, now = self._decode(content), time.monotonic()
        self._at += min(now - self._last, LONGEST_PAUSE)
        self._last = now
        self.lines.append(json.dumps([round(self._at, 3), "o", text], ensure_ascii=False))
        self._unseen += _CONTROL.sub("", text)
        return bool(content)

    def until(self, wanted: str) -> None:
        """Record until something is written; what was written before it counts no longer."""
        given_up = time.monotonic() + PATIENCE
        while wanted not in self._unseen:
            if time.monotonic() > given_up or not self.read(0.1):
                sys.exit(f"cast: never seen: {wanted}")
        while self.read(0.3) and select.select([self._terminal], [], [], 0.3)[0]:
            pass

    def press(self, keys: str) -> None:
        """Leave time to read, then press."""
        self._at += READING
        self._last = time.monotonic()
        self._unseen = ""
        for key in re.findall(r"\x1b\[.|\x1bO.|.|\r", keys):
            os.write(self._terminal, key.encode())
            self.read(0.05)


def record(home: Path) -> list[str]:
    """Play, and return the lines of the cast."""
    Preferences(home).keep(toured=DONE)
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    environment = {
        **os.environ,
        "PODLAB_HOME": str(home),
        "PODLAB_PROVIDER": "embedded",
        "TERM": TERM,
    }
    environment = {name: value for name, value in environment.items() if name not in {"COLUMNS", "LINES"}}
    process = subprocess.Popen(
        [sys.executable, "-m", "lab"], stdin=theirs, stdout=theirs, stderr=theirs, env=environment,
        start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    cast = Cast(ours)
    try:
        for wanted, keys in PLAYED:
            cast.until(wanted)
            cast.press(keys)
        while cast.read(5.0) and process.poll() is None:
            pass
    finally:
        process.terminate()
        process.wait(30)
        os.close(ours)
    head = {
        "version": 2,
        "width": COLUMNS,
        "height": ROWS,
        "title": "podlab",
        "env": {"TERM": TERM},
    }
    return [json.dumps(head), *cast.lines]


def main() -> None:
    """Make the cast, and bring the cluster down again."""
    file = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/images/podlab.cast")
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="podlab-cast-") as name:
        home = Path(name)
        try:
            lines = record(home)
        finally:
            down = [sys.executable, "-m", "lab", "cluster", "down", "--yes", "--provider", "embedded"]
            subprocess.run(
                down, env={**os.environ, "PODLAB_HOME": name}, check=False, stderr=subprocess.DEVNULL
            )
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(file)


if __name__ == "__main__":
    main()

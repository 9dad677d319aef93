"""What the learner chose about the looks, kept from one sitting to the next."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from lab.attempt import durable
from lab.errors import LabError

if TYPE_CHECKING:
    from pathlib import Path


class Preferences:
    """A small file beside the lab's other state; damaged or unwritable, it only forgets."""

    def __init__(self, home: Path) -> None:
        self._path = home / "tui.json"

    def theme(self) -> str:
        """The name of the theme chosen last; empty: none was."""
        try:
            return str(json.loads(self._path.read_bytes())["theme"])
        except (OSError, ValueError, KeyError, TypeError):
            return ""

    def keep_theme(self, name: str) -> None:
        """Remember this theme."""
        try:
            durable.write(self._path, json.dumps({"theme": name}).encode())
        except LabError:
            return  # a read-only home: the choice holds for this sitting

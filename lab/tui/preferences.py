"""What the learner chose, kept from one sitting to the next: the looks, and an editor where none is set."""

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
        return self._read().get("theme", "")

    def keep_theme(self, name: str) -> None:
        """Remember this theme."""
        self._keep("theme", name)

    def editor(self) -> str:
        """The editor's command that was chosen; empty: none was."""
        return self._read().get("editor", "")

    def keep_editor(self, command: str) -> None:
        """Remember this editor."""
        self._keep("editor", command)

    def _read(self) -> dict[str, str]:
        try:
            found = json.loads(self._path.read_bytes())
            return {str(name): str(value) for name, value in found.items()}
        except (OSError, ValueError, AttributeError):
            return {}

    def _keep(self, name: str, value: str) -> None:
        try:
            durable.write(self._path, json.dumps({**self._read(), name: value}).encode())
        except LabError:
            return  # a read-only home: the choice holds for this sitting

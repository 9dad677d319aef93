"""What the learner chose, kept from one sitting to the next: looks, cluster, editor, what a save does.

Chosen in the screens' settings; the cluster holds for the command line as well (`clusters.choice`).

One small versioned file beside the lab's other state, written whole or not at all and under a lock, so that
two labs do not undo each other's choices. Damaged, unwritable or of a newer lab, it only forgets: a newer
lab's file is left as it is, and the choices hold for this sitting.
"""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any, NamedTuple

from lab.attempt import durable
from lab.errors import LabError

if TYPE_CHECKING:
    from pathlib import Path

FORMAT = 1
"""Version written by this lab. A file without one is of the first lab, and is read as such."""

LOCK_SECONDS = 2.0
"""Host seconds to wait for another lab that writes its choices."""


class Chosen(NamedTuple):
    """All choices; the defaults are those of somebody who never chose."""

    theme: str = ""
    """Name of the theme; empty: the lab's own first one."""
    editor: str = ""
    """Command of the editor; empty: none was chosen. `$VISUAL` and `$EDITOR` come first."""
    provider: str = ""
    """Where exercises are started; empty: `auto`. `--provider` and `PODLAB_PROVIDER` come first."""
    check_on_save: bool = True
    """Whether a save is not only applied but checked as well."""
    rate: float = 1.0
    """Cluster seconds a host second that an exercise is opened with, where the clock can be set."""
    toured: str = ""
    """How far the tour is: empty (never begun), the name of its next step, or `done`."""


class Preferences:
    """Reads and keeps the choices."""

    def __init__(self, home: Path) -> None:
        self.path = home / "tui.json"
        """Where they are kept."""
        self._sitting: dict[str, object] = {}
        """Chosen in this sitting: it holds also where it cannot be kept."""

    @property
    def chosen(self) -> Chosen:
        """The choices as they are now."""
        return _decoded(self._read())._replace(**self._sitting)  # type: ignore[arg-type]  # names are checked by `keep`

    def keep(self, **choices: object) -> None:
        """Remember these choices.

        Raises:
            TypeError: there is no such choice.
        """
        Chosen(**choices)  # type: ignore[arg-type]  # a wrong name raises here
        self._sitting.update(choices)
        with contextlib.suppress(LabError):  # a read-only home: it holds for this sitting
            self._write(choices)

    def theme(self) -> str:
        """The name of the theme chosen last; empty: none was."""
        return self.chosen.theme

    def keep_theme(self, name: str) -> None:
        """Remember this theme."""
        self.keep(theme=name)

    def editor(self) -> str:
        """The editor's command that was chosen; empty: none was."""
        return self.chosen.editor

    def keep_editor(self, command: str) -> None:
        """Remember this editor."""
        self.keep(editor=command)

    def _write(self, choices: dict[str, object]) -> None:
        from lab.attempt import locks

        lock = self.path.with_name(f"{self.path.name}.lock")
        with locks.held(lock, LOCK_SECONDS, "another podlab is writing its settings"):
            found = self._read()
            if _format(found) > FORMAT:
                return
            kept = {"format": FORMAT, **_decoded(found)._asdict(), **choices}
            durable.write(self.path, json.dumps(kept, indent=1, sort_keys=True).encode() + b"\n")

    def _read(self) -> dict[str, Any]:
        try:
            found = json.loads(self.path.read_bytes())
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}


def _format(document: dict[str, Any]) -> int:
    found = document.get("format", FORMAT)
    return found if isinstance(found, int) else FORMAT


def _decoded(document: dict[str, Any]) -> Chosen:
    """The choices of a document; what is missing or of another type is as if never chosen."""
    defaults = Chosen()
    if _format(document) > FORMAT:
        return defaults
    known: dict[str, Any] = {}
    for name, default in defaults._asdict().items():
        value = document.get(name)
        if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if type(value) is type(default):
            known[name] = value
    return defaults._replace(**known)

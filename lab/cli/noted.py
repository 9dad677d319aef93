"""What a terminal was told already: a note that holds for long is said once in each, not with every command.

Terminals are known by their session's number, the latest few are remembered. A file that cannot be read or
written only means that the note is said again.
"""

from __future__ import annotations

import contextlib
import json
import os
from typing import TYPE_CHECKING

from lab.attempt import durable
from lab.errors import LabError

if TYPE_CHECKING:
    from pathlib import Path

MOST = 30
"""Terminals that are remembered."""


def anew(home: Path, note: str) -> bool:
    """Whether `note` is not what this terminal was told last; from now on it is. `home`: the lab's state."""
    path, here = home / "shell" / "noted.json", str(os.getsid(0))
    try:
        known = {str(key): str(value) for key, value in json.loads(path.read_bytes()).items()}
    except (OSError, ValueError, AttributeError):
        known = {}
    if known.pop(here, "") == note:
        return False
    latest = dict([*known.items(), (here, note)][-MOST:])
    with contextlib.suppress(LabError):
        durable.write(path, json.dumps(latest).encode())
    return True

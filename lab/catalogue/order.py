"""Where exercises lie below a directory of tracks, and their order in the catalogue.

Imports nothing of weight: the first frame of the lab needs it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lab.model.card import TRACKS

if TYPE_CHECKING:
    from pathlib import Path

HEADER = "exercise.yaml"
DIRECTORY = re.compile(r"^(\d\d)-([a-z0-9-]+)$")
"""An exercise's directory: its number and its name."""


def headers(root: Path) -> list[Path]:
    """The header files of all exercises below `root`, by path."""
    return sorted(root.glob(f"*/*/{HEADER}"))


def place(track: str, order: int, name: str) -> tuple[int, str, int, str]:
    """What the catalogue is sorted by."""
    rank = list(TRACKS).index(track) if track in TRACKS else len(TRACKS)
    return rank, track, order, name

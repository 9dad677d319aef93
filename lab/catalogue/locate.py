"""Where the exercises lie: named by the user, in a checkout, or in the installed package.

An editable installation has no `_data` directory, so the checkout is looked at before it.
"""

from __future__ import annotations

import os
from pathlib import Path

from lab.errors import ContentError

VARIABLE = "PODLAB_EXERCISES"

_PACKAGE = Path(__file__).resolve().parent.parent


def locate(named: Path | None = None) -> Path:
    """The directory with the tracks: `named` (a flag), else $PODLAB_EXERCISES, the checkout, the package.

    Raises:
        ContentError: the named directory does not exist, or there is none at all.
    """
    chosen = named or (Path(value) if (value := os.environ.get(VARIABLE)) else None)
    if chosen is not None:
        if chosen.is_dir():
            return chosen.resolve()
        raise ContentError(
            "there is no such directory of exercises",
            where=str(chosen),
            remedy=f"name the directory that holds the tracks, or unset {VARIABLE} to use the lab's own",
        )
    return shipped("exercises")


def shipped(kind: str) -> Path:
    """A directory the lab ships (`exercises`, `manifests`, `images`), in the checkout or the package.

    Raises:
        ContentError: the installation is incomplete.
    """
    checkout = _PACKAGE.parent / kind
    if (_PACKAGE.parent / "pyproject.toml").is_file() and checkout.is_dir():
        return checkout
    packaged = _PACKAGE / "_data" / kind
    if packaged.is_dir():
        return packaged
    raise ContentError(
        f"the lab's own {kind} are missing from this installation",
        where=str(packaged),
        remedy=f"install podlab again, or set {VARIABLE} to a directory of exercises",
    )

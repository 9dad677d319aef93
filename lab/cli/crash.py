"""What happens when podlab itself is wrong: a short message, and the whole story in a file."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import time
import traceback
from pathlib import Path


def write_log(error: BaseException, directory: Path) -> Path:
    """Write the trace into a new file in `directory`, or else in the temporary directory."""
    text = "\n".join(
        [
            f"podlab {' '.join(sys.argv[1:])}",
            f"{platform.platform()}, Python {platform.python_version()}",
            "",
            "".join(traceback.format_exception(error)),
        ]
    )
    name = f"crash-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.log"
    for place in (directory, Path(tempfile.gettempdir())):
        try:
            place.mkdir(parents=True, exist_ok=True)
            path = place / name
            path.write_text(text, encoding="utf-8")
        except OSError:
            continue
        return path
    return Path(os.devnull)

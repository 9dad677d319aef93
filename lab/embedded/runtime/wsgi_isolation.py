"""What the operating system can put around a child process that runs edited code: Linux namespaces.

`isolation_available` asks once, by trying; `enter` is called by the child itself (it imports nothing of the
lab). Inside there are no network, no other processes, no files but the Python installation's (read-only)
and an empty directory, and no right that could get any of it back.
"""

from __future__ import annotations

import functools
import subprocess
import sys
from pathlib import Path

CHECK = Path(__file__).with_name("wsgi_namespaces.py")
PATIENCE = 10
"""Seconds of host time the trial has."""


@functools.cache
def isolation_available() -> str | None:
    """None when edited code can be isolated on this machine; else why not, as one clause for a user."""
    if not sys.platform.startswith("linux"):
        return f"isolation needs Linux namespaces, and this is {sys.platform}"
    try:
        tried = subprocess.run(
            [sys.executable, "-I", "-B", str(CHECK), "--check"],
            capture_output=True,
            check=False,
            text=True,
            timeout=PATIENCE,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.SubprocessError) as error:
        return f"the isolation of edited code could not be tried: {error}"
    if tried.returncode == 0:
        return None
    reason = (tried.stderr.strip().splitlines() or ["no reason was given"])[-1]
    return f"this machine allows no unprivileged Linux namespaces ({reason})"

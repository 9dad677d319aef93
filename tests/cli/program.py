"""`podlab` as its users meet it: a process, its two outputs, its exit code."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

SECONDS = 120
"""Host time one command may take before the test fails."""


@dataclass(frozen=True)
class Ran:
    """What one command said and how it ended."""

    code: int
    out: str
    err: str


def in_process(*arguments: str, **environment: str) -> Ran:
    """Run the command line in this process, without a terminal: less an interpreter's start."""
    from lab.cli.main import run

    out, err = io.StringIO(), io.StringIO()
    with (
        mock.patch.dict(os.environ, environment),
        mock.patch.object(sys, "stdin", io.StringIO()),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        code = run(arguments)
    assert "stumbled" not in err.getvalue(), err.getvalue()
    return Ran(code, out.getvalue(), err.getvalue())


def podlab(*arguments: str, stdin: str = "", cwd: Path | None = None, **environment: str) -> Ran:
    """Run `python -m lab` with these arguments, in the test's own environment and `environment` over it."""
    done = subprocess.run(
        [sys.executable, "-m", "lab", *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=SECONDS,
        cwd=cwd,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), **environment},
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Ran(done.returncode, done.stdout, done.stderr)

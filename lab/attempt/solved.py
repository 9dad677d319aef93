"""What was so when an exercise was solved: the findings with their evidence, and the learner's files.

Kept beside the progress, one file an exercise, the latest verdict that passed; so the debrief can be read in
any later sitting without checking anything again. A file that makes no sense is taken for none.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from lab.attempt import answers, durable
from lab.attempt.views import FileState
from lab.errors import LabError
from lab.model.debrief import Solved
from lab.model.verdict import State

if TYPE_CHECKING:
    from pathlib import Path

    from lab.attempt.attempt import Attempt
    from lab.model.verdict import Verdict

_FORMAT = 1
LARGEST_BYTES = 256 * 1024
"""Larger files of the learner's are not kept."""


def keep(attempt: Attempt, verdict: Verdict) -> None:
    """Keep a verdict if it passed; a place that cannot be written costs the debrief its evidence, no more."""
    if verdict.state is not State.PASSED:
        return
    with contextlib.suppress(LabError):
        document = {
            "format": _FORMAT,
            "at": attempt.progress_file.now(),
            "cluster_seconds": verdict.cluster_seconds,
            "findings": [asdict(one) for one in verdict.findings],
            "files": files_of(attempt),
            "replaced": list(verdict.replaced),
        }
        durable.write(_path(attempt), json.dumps(document).encode())


def of(attempt: Attempt) -> Solved | None:
    """What was kept; None: it was not solved yet, or what was kept cannot be read."""
    try:
        found = json.loads(_path(attempt).read_bytes())
        if found["format"] != _FORMAT:
            return None
        findings = answers.restored({str(index): one for index, one in enumerate(found["findings"])})
        return Solved(
            at=float(found["at"]),
            cluster_seconds=float(found["cluster_seconds"]),
            findings=tuple(findings.values()),
            files={str(name): str(text) for name, text in found["files"].items()},
            replaced=frozenset(map(str, found.get("replaced", ()))),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def files_of(attempt: Attempt) -> dict[str, str]:
    """The learner's files that are text, by name, as they are now; none where the workspace is gone.

    Raises:
        LabError: the workspace is gone, or none of this exercise's.
    """
    texts = {}
    for one in attempt.files():
        if one.state in {FileState.FOREIGN, FileState.MISSING}:
            continue
        with contextlib.suppress(OSError, UnicodeDecodeError):
            content = one.path.read_bytes()
            if len(content) <= LARGEST_BYTES:
                texts[one.name] = content.decode("utf-8")
    return texts


def _path(attempt: Attempt) -> Path:
    return attempt.settings.home / "solved" / f"{attempt.exercise.name}.json"

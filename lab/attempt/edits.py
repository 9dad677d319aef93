"""Which files the cluster was given last, so that only what was edited since is applied.

Kept as an annotation of the exercise's namespace: it goes with the objects it tells of, and every lab that
looks at them sees it. What somebody changed in the cluster otherwise than by files is not undone by the way.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from lab.attempt.views import FileRole, FileState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lab.attempt.attempt import Attempt
    from lab.attempt.manifests import Manifest
    from lab.attempt.views import Drift
    from lab.kube import Client

APPLIED = "podlab.dev/applied"
"""The annotation: a digest of the files that were applied last."""


def digest(attempt: Attempt) -> str:
    """Of names and contents of every file that is applied or built.

    Raises:
        ContentError: the workspace is gone.
    """
    found = hashlib.sha256()
    for file in sorted(attempt.files(), key=lambda one: one.name):
        if file.role is FileRole.OTHER or file.state in {FileState.MISSING, FileState.FOREIGN}:
            continue
        content = file.path.read_bytes()
        found.update(f"{file.name}\0{len(content)}\0".encode())
        found.update(content)
    return found.hexdigest()


def applied(client: Client, namespace: str, of: str) -> None:
    """Write down that the files of this digest are what the cluster has been given."""
    client.patch("Namespace", None, namespace, {"metadata": {"annotations": {APPLIED: of}}}, style="merge")


def waiting(attempt: Attempt) -> bool:
    """Whether files were edited since they were applied last, by whichever lab."""
    live = attempt.client.find("Namespace", None, attempt.namespace)
    known = ((live or {}).get("metadata") or {}).get("annotations") or {}
    return bool(known.get(APPLIED) != digest(attempt))


def missing(manifests: Iterable[Manifest], drift: Iterable[Drift]) -> list[Manifest]:
    """Those whose objects are not in the cluster at all."""
    gone = {one.object for one in drift if one.file and not one.path}
    return [one for one in manifests if one.reference in gone]


def named(undone: Iterable[Drift]) -> str:
    """What applying would undo, a line each: what runs, and what the file says."""
    return "\n".join(
        f"  {one.object} {one.path}: {one.live}; in {Path(one.file).name}: {one.in_file}" for one in undone
    )

"""What the cluster was given last, so that only what was edited since is applied, and nothing undone unasked.

Kept as annotations of the exercise's namespace: they go with the objects they tell of, and every lab that
looks at them sees them. What somebody changed or deleted in the cluster otherwise than by files is told
before files are applied over it.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

from lab.attempt import live_objects, manifests
from lab.attempt.views import FileRole, FileState
from lab.errors import ContentError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lab.attempt.attempt import Attempt
    from lab.attempt.manifests import Manifest
    from lab.attempt.views import Drift
    from lab.kube import Client

APPLIED = "podlab.dev/applied"
"""The annotation: the digests of the files that were applied last, by name, as JSON."""

DECLARED = "podlab.dev/declared"
"""The annotation: what they declared, `deployment/web=2fd4e1c6`: a deletion is told from a new object."""


def digest(attempt: Attempt) -> str:
    """Of every file that is applied or built, by its name.

    Raises:
        ContentError: the workspace is gone.
    """
    return json.dumps(_digests(attempt), sort_keys=True)


def _digests(attempt: Attempt) -> dict[str, str]:
    return {
        file.name: hashlib.sha256(file.path.read_bytes()).hexdigest()[:32]
        for file in attempt.files()
        if file.role is not FileRole.OTHER and file.state not in {FileState.MISSING, FileState.FOREIGN}
    }


def edited(attempt: Attempt) -> tuple[str, ...]:
    """Names of the files that came, went or were edited since they were applied last, by whichever lab.

    None where nothing was applied, or that was written down by a lab that kept less.

    Raises:
        ContentError: the workspace is gone.
    """
    try:
        given = dict(json.loads(_annotations(attempt).get(APPLIED, "")))
    except (ValueError, TypeError):
        return ()
    now = _digests(attempt)
    return tuple(sorted(name for name in {*given, *now} if given.get(name) != now.get(name)))


def applied(client: Client, namespace: str, of: str, given: Iterable[Manifest]) -> None:
    """Write down that the files of this digest, with these objects, are what the cluster has been given."""
    annotations = {APPLIED: of, DECLARED: " ".join(map(_declaration, given))}
    client.patch("Namespace", None, namespace, {"metadata": {"annotations": annotations}}, style="merge")


def under_way(attempt: Attempt) -> bool:
    """Whether this cluster was given the exercise's files, all of them, and has the namespace still."""
    return bool(_annotations(attempt).get(APPLIED))


def waiting(attempt: Attempt) -> bool:
    """Whether files were edited since they were applied last, by whichever lab."""
    return _annotations(attempt).get(APPLIED) != digest(attempt)


def undone(attempt: Attempt, texts: Mapping[str, str]) -> tuple[Drift, ...]:
    """What applying the files, with these texts by name in place of theirs, would undo in the cluster.

    An object that was deleted is not wanted again until its declaration is edited.

    Raises:
        ContentError: a manifest is wrong; `where` has file and line.
    """
    wanted: list[Manifest] = []
    for file in attempt.files():
        if file.role is not FileRole.MANIFEST or file.state is FileState.FOREIGN:
            continue
        if file.name in texts:
            wanted += manifests.parse(texts[file.name], str(file.path))
        elif file.state is not FileState.MISSING:
            wanted += manifests.load(file.path)
    given = _annotations(attempt).get(DECLARED, "").split()
    unchanged = frozenset(one.reference for one in wanted if _declaration(one) in given)
    return live_objects.overwritten(attempt.client, wanted, attempt.namespace, unchanged)


def found(attempt: Attempt) -> str:
    """What a start finds where the exercise is under way; empty: all is as in the files."""
    try:
        different, edited = attempt.drift(), waiting(attempt)
    except ContentError as error:
        return f"your files were not applied, and cannot be: {error.what}\n  {error.where}"
    if different:
        return f"nothing was applied; the cluster is otherwise than your files\n{named(different)}"
    return "nothing was applied; files were edited since they were applied last" if edited else ""


def named(different: Iterable[Drift]) -> str:
    """Where cluster and files differ, a line each: what runs, and what the file says."""
    return "\n".join(f"  {_difference(one)}" for one in different)


def _difference(one: Drift) -> str:
    what = f"{one.object} {one.path}".rstrip()
    return f"{what}: {one.live}; in {Path(one.file).name or 'the files'}: {one.in_file}"


def _annotations(attempt: Attempt) -> Mapping[str, str]:
    live = attempt.client.find("Namespace", None, attempt.namespace)
    return ((live or {}).get("metadata") or {}).get("annotations") or {}


def _declaration(manifest: Manifest) -> str:
    written = json.dumps(manifest.object, sort_keys=True, default=str)
    return f"{manifest.reference}={hashlib.sha256(written.encode()).hexdigest()[:8]}"

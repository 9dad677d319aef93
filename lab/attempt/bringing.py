"""The workspace's way into the cluster, and what was there out of it again.

Callers hold the exercise's lock (`Attempt.alone`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lab.attempt import applying, deeds, edits, image_files, last_verdict, nodes, undoing
from lab.attempt.views import FileRole, FileState
from lab.errors import NotAbleError

if TYPE_CHECKING:
    from pathlib import Path

    from lab.attempt.attempt import Attempt
    from lab.attempt.cancel import Cancel, Narrate
    from lab.attempt.views import ApplyResult


def bring(attempt: Attempt, narrate: Narrate, cancel: Cancel | None) -> ApplyResult:
    """Bring all of it: images that were edited are rebuilt, manifests applied, what is gone pruned.

    Raises:
        ContentError: a manifest is wrong; `where` has file and line.
    """
    digest, manifests = edits.digest(attempt), attempt.manifests()
    if attempt.ensure_namespace(cancel):  # a cluster made anew has none of the lab's images either
        deeds.begin(attempt)
        last_verdict.forget(attempt)
        image_files.load_lab_images(attempt.exercise, attempt.provider, attempt.client, narrate)
    require_running(attempt, narrate)
    rebuilt: tuple[str, ...] = ()
    build = attempt.exercise.header.build
    if build is not None:
        scratch = attempt.settings.home / "builds" / attempt.exercise.name
        source = image_files.lay_out(build, _image_files(attempt), scratch)
        if image_files.rebuild(source, attempt.provider, attempt.client, attempt.namespace, narrate):
            rebuilt = (build.tag,)
    began = attempt.client.now()
    result = applying.apply_manifests(
        attempt.client, manifests, attempt.namespace, narrate=narrate, cancel=cancel
    )
    edits.applied(attempt.client, attempt.namespace, digest, manifests)
    result = replace(result, images=rebuilt)
    deeds.applied(attempt, result, began)
    return result


def begin_anew(attempt: Attempt, narrate: Narrate, cancel: Cancel | None) -> Path | None:
    """The broken files, in an empty namespace. Returns the backup of what was edited; None: nothing was."""
    if not attempt.workspace.is_dir():
        for line in attempt.place.create():
            narrate(line)
    backup = attempt.place.reset()
    if backup is not None:
        narrate(f"your files are kept in {backup}")
    _remove_namespace(attempt, narrate, cancel)
    bring_nodes_back(attempt, narrate)
    began = attempt.client.now()
    bring(attempt, narrate, cancel)
    deeds.was_reset(attempt, began)
    return backup


def bring_nodes_back(attempt: Attempt, narrate: Narrate) -> None:
    """Nodes of the lab's own cluster as they began: none keeps a cordon or taint of an exercise before."""
    attempt.brought_back = nodes.bring_back(attempt.provider, attempt.client)
    for line in attempt.brought_back:
        narrate(line)


def require_running(attempt: Attempt, narrate: Narrate) -> None:
    """Go on only where the exercise runs; what a killed lab left injected there is put back.

    Raises:
        NotAbleError: it does not run on this cluster, or the namespace is not the lab's.
    """
    live = attempt.client.find("Namespace", None, attempt.namespace)
    name = attempt.exercise.name
    if live is None or live["metadata"].get("deletionTimestamp"):
        raise NotAbleError(
            f"{name} does not run on this cluster: there is no namespace {attempt.namespace}",
            remedy=f"podlab start {name} (your files are kept)",
        )
    applying.require_owned(live)
    undoing.repair(attempt.client, live, narrate)


def _remove_namespace(attempt: Attempt, narrate: Narrate, cancel: Cancel | None) -> None:
    """Delete what is in the namespace with it: a reset leaves nothing behind, whoever made it."""
    live = attempt.client.find("Namespace", None, attempt.namespace)
    if live is None:
        return
    applying.require_owned(live)
    if cancel is not None:
        cancel.check()
    narrate(f"deleting the namespace {attempt.namespace}")
    attempt.client.delete("Namespace", None, attempt.namespace)


def _image_files(attempt: Attempt) -> dict[str, bytes]:
    return {
        file.name: file.path.read_bytes()
        for file in attempt.files()
        if file.role is FileRole.IMAGE and file.state is not FileState.MISSING
    }

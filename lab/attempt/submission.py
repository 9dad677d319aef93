"""Live objects into a directory that `podlab grade` takes: one file an object, cleaned."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from lab.attempt import durable, live_objects
from lab.attempt.workspace import MARKER, Marker, write_marker
from lab.errors import NotAbleError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lab.kube import Client


def export(
    client: Client,
    namespace: str,
    exercise: str,
    directory: Path,
    *,
    images: Mapping[str, bytes],
    force: bool,
) -> tuple[Path, ...]:
    """Write the submission; `images` are edited image files by name. Returns the files written.

    Raises:
        UsageError: the directory has files in it and `force` is not given.
        NotAbleError: there is nothing in the namespace, or the directory cannot be written.
    """
    if directory.exists() and not directory.is_dir():
        raise UsageError(
            "this is not a directory", where=str(directory), remedy="name a directory to write into"
        )
    if directory.is_dir() and any(directory.iterdir()) and not force:
        raise UsageError(
            "the directory is not empty",
            where=str(directory),
            remedy="name a new one, or add --force to write into it (files of the same name are replaced)",
        )
    written = []
    for live in live_objects.own_objects(client, namespace):
        document = live_objects.cleaned(live)
        text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, default_flow_style=False)
        path = directory / f"{live['kind'].lower()}-{live['metadata']['name']}.yaml"
        durable.write(path, text.encode(), mode=0o600 if live["kind"] == "Secret" else 0o644)
        written.append(path)
    if not written:
        raise NotAbleError(
            f"there is nothing in the namespace {namespace}", remedy=f"podlab start {exercise} brings it back"
        )
    for name, content in images.items():
        durable.write(directory / name, content, mode=0o644)
        written.append(directory / name)
    write_marker(directory, Marker(exercise, {}))
    return (*written, directory / MARKER)

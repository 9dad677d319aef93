"""Reading and writing the learner's files for the editor in place: text in, text out, nothing lost.

A file is written whole or not at all; a file that somebody else changed is never overwritten unseen.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lab.attempt import durable
from lab.attempt.views import FileState
from lab.errors import ContentError, LabError, UsageError
from lab.tui.view import FileText

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from lab.attempt.attempt import Attempt
    from lab.attempt.views import WorkspaceFile

EDITABLE_BYTES = 512 * 1024
"""Larger files are left to the learner's own editor."""


def read_all(attempt: Attempt) -> tuple[FileText, ...]:
    """The workspace as it is on disk now; nothing where it is gone: applying and checking say so."""
    try:
        return tuple(read(file) for file in attempt.files())
    except LabError:
        return ()


def changed(before: Sequence[FileText], now: Sequence[FileText]) -> tuple[str, ...]:
    """Names of the exercise's files that came, went, or have another text."""
    texts = [{one.file.name: one.text for one in some if _counts(one)} for some in (before, now)]
    names = dict.fromkeys((*texts[0], *texts[1]))
    return tuple(name for name in names if texts[0].get(name) != texts[1].get(name))


def without(some: Sequence[FileText], names: Collection[str]) -> tuple[FileText, ...]:
    """What was applied, where of these files it is known only that it was otherwise."""
    return tuple(
        replace(one, text=_OTHERWISE, file=replace(one.file, state=FileState.EDITED))
        if one.file.name in names
        else one
        for one in some
    )


_OTHERWISE = "\0"
"""No text a file here has: one that is not known."""


def _counts(content: FileText) -> bool:
    return content.file.state not in {FileState.FOREIGN, FileState.MISSING}


def read(file: WorkspaceFile) -> FileText:
    """A workspace file with its text; what cannot be edited here says why instead of raising."""
    try:
        size = file.path.stat().st_size
        if size > EDITABLE_BYTES:
            return FileText(file, "", f"{size // 1024} KiB: too large to edit here; e opens your editor")
        return FileText(file, file.path.read_bytes().decode("utf-8"))
    except FileNotFoundError:
        return FileText(file, "", "the file is gone; r brings everything back as it was at the start")
    except UnicodeDecodeError:
        return FileText(file, "", "not a text file; e opens your editor")
    except OSError as problem:
        return FileText(file, "", f"cannot be read: {problem.strerror or problem}")


def write(file: WorkspaceFile, text: str, *, before: str) -> None:
    """Write an edited file, provided that it still holds `before`.

    Raises:
        UsageError: somebody else changed it since it was read.
        ContentError: it is no longer a text file.
        lab.errors.NotAbleError: the place is read-only or full.
    """
    try:
        found = file.path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        found = before
    except UnicodeDecodeError as problem:
        raise ContentError("no longer a text file", where=file.name, remedy="look at it first") from problem
    if found not in {before, text}:
        raise UsageError(
            "the file was changed by another program since it was opened here",
            where=file.name,
            remedy="u in the files panel takes the version on disk; Ctrl+S again keeps yours",
        )
    durable.write(file.path, text.encode("utf-8"), mode=0o644)

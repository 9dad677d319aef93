"""What a directory contributes to an image, and its identity: nothing but the files decides.

Invariant: two directories have the same digest exactly when they hold the same files with the same content
and the same executable bits, whatever their owners, times and order on disk; caches and what `.dockerignore`
names do not count. The Dockerfile counts even where `.dockerignore` names it, as it does for the engine.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from lab.errors import ContentError

if TYPE_CHECKING:
    from collections.abc import Iterator

IGNORE_FILE = ".dockerignore"
ALWAYS = frozenset({"Dockerfile", IGNORE_FILE})
"""Sent to the engine whatever `.dockerignore` says."""

CACHES = frozenset({"__pycache__", ".git", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".DS_Store"})
LARGEST = 64 * 1024 * 1024
"""Bytes a directory may hold: above, somebody has put something there that does not belong in an exercise."""


@dataclass(frozen=True)
class Pattern:
    """One line of a `.dockerignore`."""

    expression: re.Pattern[str]
    keeps: bool
    """Whether it takes files back in (`!…`)."""


def files_of(directory: Path) -> dict[str, bytes]:
    """The files of an image's directory by their path in it (`/` between parts), sorted.

    Raises:
        ContentError: the directory cannot be read, links out of itself, or is too large.
    """
    if not directory.is_dir():
        raise ContentError("there is no such directory of an image", where=str(directory))
    patterns = _patterns(directory)
    found: dict[str, bytes] = {}
    size = 0
    for path in sorted(_walk(directory, directory.resolve())):
        name = path.relative_to(directory).as_posix()
        if name not in ALWAYS and _ignored(name, patterns):
            continue
        try:
            found[name] = path.read_bytes()
        except OSError as error:
            raise ContentError(f"cannot be read: {error.strerror}", where=str(path)) from error
        size += len(found[name])
        if size > LARGEST:
            raise ContentError(
                f"more than {LARGEST // 1024 // 1024} MiB of files for one image",
                where=str(directory),
                remedy=f"remove what does not belong there, or name it in {IGNORE_FILE}",
            )
    return dict(sorted(found.items()))


def digest_of(directory: Path) -> str:
    """`sha256:…` of the directory's content, the same on every machine.

    Raises:
        ContentError: as `files_of`.
    """
    whole = hashlib.sha256()
    for name, data in files_of(directory).items():
        mode = "x" if (directory / name).stat().st_mode & 0o111 else "-"
        head = f"{mode} {len(name.encode())} {name} {len(data)}\n"
        whole.update(head.encode() + data)
    return f"sha256:{whole.hexdigest()}"


def _walk(directory: Path, root: Path) -> Iterator[Path]:
    for path in directory.iterdir():
        if path.name in CACHES or path.suffix in {".pyc", ".pyo"}:
            continue
        if path.is_symlink() and not path.resolve().is_relative_to(root):
            raise ContentError(
                "a link out of the image's directory",
                where=str(path),
                remedy="put a copy of the file there instead",
            )
        if path.is_dir():
            if not path.is_symlink():  # the engine sends a link as a link: its target is there anyway
                yield from _walk(path, root)
        elif path.is_file():
            yield path


def _patterns(directory: Path) -> list[Pattern]:
    path = directory / IGNORE_FILE
    if not path.is_file():
        return []
    patterns = []
    for raw in path.read_text(encoding="utf-8", errors="replace").splitlines():
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        keeps = line.startswith("!")
        cleaned = PurePosixPath(line.removeprefix("!").strip().lstrip("/")).as_posix()
        patterns.append(Pattern(re.compile(_expression(cleaned)), keeps))
    return patterns


def _expression(pattern: str) -> str:
    """Docker's rules: Go's `filepath.Match` against the path or a parent of it, and `**` for any depth."""
    parts: list[str] = []
    at = 0
    while at < len(pattern):
        if pattern.startswith("**/", at):
            parts.append("(?:.*/)?")
            at += 3
        elif pattern.startswith("**", at):
            parts.append(".*")
            at += 2
        else:
            parts.append({"*": "[^/]*", "?": "[^/]"}.get(pattern[at], re.escape(pattern[at])))
            at += 1
    return "".join(parts) + "(?:/.*)?"


def _ignored(name: str, patterns: list[Pattern]) -> bool:
    """The last pattern that matches decides."""
    ignored = False
    for pattern in patterns:
        if pattern.expression.fullmatch(name):
            ignored = not pattern.keeps
    return ignored

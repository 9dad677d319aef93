"""A directory into an `Exercise`, and a directory of tracks into the catalogue.

`exercises/<track>/<NN-name>/` holds `exercise.yaml`, `brief.md`, `hints.md`, `debrief.md`, `broken/`,
`solution/`, `alternates/<name>/`, `cheats/<name>/` and, for image exercises, `image/`. Nothing is guessed: a
missing file or an unknown one is an error (`lint`), so that what is read is what the author meant.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Annotated

from lab.catalogue.decode import decode
from lab.catalogue.marked import Marked, read_documents
from lab.catalogue.order import DIRECTORY, HEADER, headers, place
from lab.catalogue.problems import ContentProblems
from lab.errors import ContentError, Place
from lab.model.exercise import FORMAT, Exercise, Header, Hint, SourceFile, Variant

if TYPE_CHECKING:
    from collections.abc import Iterator

STEPS = "steps.yaml"

_HINT = re.compile(r"^## +(.+)$", re.MULTILINE)
_IGNORED = {"__pycache__", ".DS_Store", ".pytest_cache", ".mypy_cache"}


@dataclass(frozen=True)
class Steps:
    """What `steps.yaml` of an alternate or a cheat holds."""

    steps: Annotated[tuple[str, ...], "kubectl command lines, run in order"] = ()
    removed: Annotated[tuple[str, ...], "workspace files that are deleted"] = ()


def load(root: Path) -> tuple[Exercise, ...]:
    """All exercises below `root`, by track and number.

    Raises:
        ContentProblems: everything that is wrong in any of them.
    """
    exercises, problems = load_sound(root)
    if problems:
        raise ContentProblems(problems)
    return exercises


def load_sound(root: Path) -> tuple[tuple[Exercise, ...], tuple[ContentError, ...]]:
    """The exercises below `root` that can be read, by track and number, and what is wrong with the others."""
    problems: list[ContentError] = []
    exercises: list[Exercise] = []
    for header in headers(root):
        try:
            exercises.append(parse(header.parent))
        except ContentProblems as found:
            problems.extend(found.problems)
    problems.extend(_twice(exercises))
    first = {exercise.name: exercise for exercise in reversed(exercises)}
    return tuple(sorted(first.values(), key=_order)), tuple(problems)


def parse(directory: Path) -> Exercise:
    """The exercise in this directory.

    Raises:
        ContentProblems: everything that is wrong with its files' form.
    """
    match = DIRECTORY.match(directory.name)
    problems: list[ContentError] = []
    if match is None:
        problems.append(
            ContentError(
                "an exercise's directory is called by its number and its name",
                where=str(directory),
                remedy="rename it, for example to `02-wrong-path`",
            )
        )
    header = _header(directory / HEADER, problems)
    texts = {name: _text(directory / name, problems) for name in ("brief.md", "hints.md", "debrief.md")}
    image = header.build.directory if header is not None and header.build is not None else ""
    broken = _files(directory / "broken")
    if image:
        broken += _files(directory / "image", below=image)
    variants = {
        group: tuple(
            _variant(path, f"{group}/{path.name}", problems) for path in _directories(directory / group)
        )
        for group in ("alternates", "cheats")
    }
    solution = _variant(directory / "solution", "solution", problems)
    if problems or header is None:
        raise ContentProblems(problems)
    return Exercise(
        header=header,
        directory=directory,
        order=int(match[1]) if match else 0,
        brief=texts["brief.md"],
        hints=_hints(texts["hints.md"]),
        debrief=texts["debrief.md"],
        broken=broken,
        solution=solution,
        alternates=variants["alternates"],
        cheats=variants["cheats"],
    )


def _header(path: Path, problems: list[ContentError]) -> Header | None:
    document = _document(path, problems)
    if document is None:
        return None
    version = document.value.get("format") if isinstance(document.value, dict) else None
    if version is not None and version != FORMAT:
        problems.append(
            ContentError(
                f"this exercise is written in format {version}; this lab reads format {FORMAT}",
                where=document.place(("format",)),
                remedy=f"set `format: {FORMAT}` and see docs/exercises.md, or use a lab that reads it",
            )
        )
        return None
    header = decode(Header, document)
    problems.extend(document.problems)
    return header


def _document(path: Path, problems: list[ContentError]) -> Marked | None:
    text = _text(path, problems)
    if not text:
        return None
    try:
        documents = read_documents(text, str(path))
    except ContentError as error:
        problems.append(error)
        return None
    if len(documents) != 1:
        problems.append(
            ContentError("there must be exactly one YAML document", where=str(path), remedy="keep one")
        )
        return None
    return documents[0]


def _text(path: Path, problems: list[ContentError]) -> str:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        what = "the file is missing" if isinstance(error, FileNotFoundError) else f"cannot be read: {error}"
        problems.append(
            ContentError(what, where=Place(str(path)), remedy="every exercise has it; see docs/exercises.md")
        )
        return ""
    if not text.strip():
        problems.append(ContentError("the file is empty", where=Place(str(path)), remedy="write it"))
    return text


def _hints(text: str) -> tuple[Hint, ...]:
    parts = _HINT.split(text)[1:]
    return tuple(
        Hint(title.strip(), body.strip()) for title, body in zip(parts[::2], parts[1::2], strict=True)
    )


def _variant(directory: Path, name: str, problems: list[ContentError]) -> Variant:
    steps = Steps()
    path = directory / STEPS
    if path.is_file():
        document = _document(path, problems)
        if document is not None:
            steps = decode(Steps, document) or steps
            problems.extend(document.problems)
    files = tuple(file for file in _files(directory) if str(file.path) != STEPS)
    return Variant(name, files, tuple(PurePosixPath(name) for name in steps.removed), steps.steps)


def _files(directory: Path, *, below: str = "") -> tuple[SourceFile, ...]:
    return tuple(
        SourceFile(PurePosixPath(below) / PurePosixPath(path.relative_to(directory).as_posix()), path)
        for path in _walk(directory)
    )


def _walk(directory: Path) -> Iterator[Path]:
    if not directory.is_dir():
        return
    for path in sorted(directory.iterdir()):
        if path.name in _IGNORED:
            continue
        if path.is_dir():
            yield from _walk(path)
        else:
            yield path


def _directories(directory: Path) -> list[Path]:
    return sorted(path for path in directory.iterdir() if path.is_dir()) if directory.is_dir() else []


def _twice(exercises: list[Exercise]) -> Iterator[ContentError]:
    seen: dict[str, Exercise] = {}
    for exercise in exercises:
        first = seen.setdefault(exercise.name, exercise)
        if first is not exercise:
            yield ContentError(
                f"the name `{exercise.name}` is taken",
                where=str(exercise.directory / HEADER),
                remedy=f"choose another; it is that of {first.directory}",
            )


def _order(exercise: Exercise) -> tuple[int, str, int, str]:
    return place(exercise.track, exercise.order, exercise.name)

"""What a well-formed exercise may still lack: every rule says what to do about it.

The rules hold what no schema can: references that resolve, texts that state the symptom and keep the fix to
themselves, cheats that are declared, windows long enough that a restart by the clock cannot pass for a probe.
"""

from __future__ import annotations

import dataclasses
import re
import shlex
from collections import Counter
from typing import TYPE_CHECKING, Any

from lab.catalogue.decode import nearest
from lab.catalogue.marked import read_documents
from lab.errors import ContentError
from lab.model.checks import NotRestarted, Restarted, Stable
from lab.model.predicates import AllOf, AnyOf, FieldIs, FoundCode, Not, Patience, Predicate, Recreated

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lab.model.exercise import Exercise

KNOWN = {
    "exercise.yaml",
    "brief.md",
    "hints.md",
    "debrief.md",
    "broken",
    "solution",
    "alternates",
    "cheats",
    "image",
}
WORKLOADS = ("deployment", "replicaset", "pod", "job", "statefulset")
MANIFEST_SUFFIXES = {".yaml", ".yml", ".json"}

_REF = re.compile(r"^(pods:)?[a-z]+/[a-z0-9.-]+$")
_FIXES = re.compile(r"^\s*(-\s+)?[a-zA-Z]+:\s+\S+", re.MULTILINE)


def lint(exercise: Exercise, catalogue: Iterable[Exercise] = ()) -> tuple[ContentError, ...]:
    """Everything an author still has to do; `catalogue` is what prerequisites may name."""
    rules = (_names, _texts, _files, _ids, _references, _objects, _windows, _variants, _regexes, _manifests)
    problems = [problem for rule in rules for problem in rule(exercise)]
    known = {other.name for other in catalogue}
    problems.extend(
        _problem(exercise, f"the prerequisite `{name}` is no exercise", nearest(name, known))
        for name in exercise.header.prerequisites
        if known and name not in known
    )
    return tuple(problems)


def _problem(exercise: Exercise, what: str, remedy: str, file: str = "exercise.yaml") -> ContentError:
    return ContentError(what, where=str(exercise.directory / file), remedy=remedy)


def _names(exercise: Exercise) -> Iterator[ContentError]:
    header = exercise.header
    wanted = f"{exercise.order:02d}-{header.name}"
    if exercise.directory.name != wanted:
        yield _problem(exercise, f"the directory is not called `{wanted}`", "rename it, or change `name`")
    if exercise.directory.parent.name != header.track:
        yield _problem(
            exercise, f"it does not lie in the track `{header.track}`", "move it, or change `track`"
        )
    if not 1 <= header.difficulty <= 5:
        yield _problem(
            exercise, f"difficulty {header.difficulty} is out of range", "choose 1 (easy) to 5 (hard)"
        )
    if not header.objectives:
        yield _problem(exercise, "it has no objectives", "say in a line or two what one can do afterwards")
    if not header.checks:
        yield _problem(exercise, "it has no checks", "add at least the check that the broken state fails")


def _texts(exercise: Exercise) -> Iterator[ContentError]:
    if len(exercise.hints) != 3:
        yield _problem(
            exercise,
            f"there are {len(exercise.hints)} hints, not three",
            "write three `## ` rungs: where to look, what it means, what to change",
            "hints.md",
        )
    empty = [hint.title for hint in exercise.hints if not hint.text]
    if empty:
        yield _problem(exercise, f"the hint `{empty[0]}` is empty", "write it", "hints.md")
    if _FIXES.search("".join(exercise.brief.split("```")[1::2])):
        yield _problem(
            exercise,
            "the brief shows YAML",
            "state the symptom and what is wanted; the fix belongs to the hints and the debrief",
            "brief.md",
        )


def _files(exercise: Exercise) -> Iterator[ContentError]:
    for path in sorted(exercise.directory.iterdir()):
        if path.name not in KNOWN and not path.name.startswith((".", "__pycache__")):
            yield _problem(
                exercise, "this file has no place in an exercise", "remove or rename it", path.name
            )
    if not exercise.manifests:
        yield _problem(exercise, "there is nothing to apply", "put the broken manifests here", "broken")
    if not (exercise.solution.files or exercise.solution.steps):
        yield _problem(exercise, "there is no solution", "put the mended files here", "solution")
    if (exercise.directory / "image").is_dir() != (exercise.header.build is not None):
        yield _problem(exercise, "`image/` and the key `build` go together", "add the one that is missing")


def _ids(exercise: Exercise) -> Iterator[ContentError]:
    header = exercise.header
    question = [header.question.id] if header.question else []
    ids = [
        item.id for group in (header.checks, header.experiments, header.guards) for item in group
    ] + question
    for name, count in Counter(ids).items():
        if count > 1:
            yield _problem(exercise, f"the id `{name}` is used {count} times", "give each its own id")
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", name):
            yield _problem(exercise, f"the id `{name}` is no name", "use lower-case letters, digits and `-`")
    for guard in header.guards:
        if guard.forbids == bool(guard.explains):
            yield _problem(
                exercise,
                f"the guard `{guard.id}` must either forbid or explain",
                "set `forbids` or `explains`",
            )
        if not guard.message.strip():
            yield _problem(exercise, f"the guard `{guard.id}` has no message", "say why this does not count")


def _references(exercise: Exercise) -> Iterator[ContentError]:
    header = exercise.header
    guards = {guard.id: guard for guard in header.guards}
    judged = {item.id for item in (*header.checks, *header.experiments)}
    if header.symptom.check not in judged:
        yield _unknown(exercise, "symptom.check", header.symptom.check, judged)
    for guard in header.guards:
        for name in guard.explains:
            if name not in judged:
                yield _unknown(exercise, f"guard {guard.id}.explains", name, judged)
    forbidding = {name for name, guard in guards.items() if guard.forbids}
    for cheat, failure in header.cheats.items():
        if failure.finding not in judged | forbidding:
            yield _unknown(exercise, f"cheats.{cheat}.finding", failure.finding, judged | forbidding)
        if failure.guard and failure.guard not in guards:
            yield _unknown(exercise, f"cheats.{cheat}.guard", failure.guard, guards)


def _objects(exercise: Exercise) -> Iterator[ContentError]:
    header = exercise.header
    judged = {item.id for item in (*header.checks, *header.experiments)}
    for predicate in _predicates(exercise):
        if isinstance(predicate, FoundCode) and predicate.id not in judged:
            yield _unknown(exercise, "a predicate", predicate.id, judged)
        if isinstance(predicate, FieldIs | Patience | Recreated) and not _REF.match(predicate.of):
            yield _problem(
                exercise, f"`{predicate.of}` names no object", "write `kind/name`, such as `deployment/web`"
            )
    for item in (*header.checks, *(part for experiment in header.experiments for part in _parts(experiment))):
        workload = getattr(item, "workload", "")
        if workload and workload.partition("/")[0] not in WORKLOADS:
            yield _problem(exercise, f"`{workload}` is no workload", "write `deployment/NAME` or `pod/NAME`")


def _unknown(exercise: Exercise, where: str, name: str, known: Iterable[str]) -> ContentError:
    return _problem(exercise, f"{where} refers to `{name}`, which does not exist", nearest(name, known))


def _parts(experiment: Any) -> tuple[Any, ...]:
    return (experiment.inject, *experiment.expect, *experiment.again_after, *experiment.afterwards)


def _predicates(exercise: Exercise) -> Iterator[Predicate]:
    header = exercise.header
    roots = [guard.when for guard in header.guards]
    roots += [header.symptom.shows] if header.symptom.shows else []
    roots += [option.holds for option in header.question.options if option.holds] if header.question else []
    stack = list(roots)
    while stack:
        predicate = stack.pop()
        yield predicate
        if isinstance(predicate, AllOf | AnyOf):
            stack.extend(predicate.of)
        elif isinstance(predicate, Not):
            stack.append(predicate.of)


def _windows(exercise: Exercise) -> Iterator[ContentError]:
    """A restart by the clock must be seen without a fault, or after it: windows are longer than budgets."""
    header = exercise.header
    window = max((check.window for check in header.checks if isinstance(check, Stable)), default=0.0)
    for experiment in header.experiments:
        budgets = [item.within for item in experiment.expect if isinstance(item, Restarted)]
        if not budgets:
            continue
        quiet = max(
            (item.seconds for item in experiment.afterwards if isinstance(item, NotRestarted)), default=0.0
        )
        if quiet < window + max(budgets):
            yield _problem(
                exercise,
                f"the experiment `{experiment.id}` would take a restart by the clock for a probe's",
                f"expect `not-restarted` afterwards for at least {window + max(budgets):g} seconds "
                "(the stable window and the budget of the restart together)",
            )


def _variants(exercise: Exercise) -> Iterator[ContentError]:
    declared = set(exercise.header.cheats)
    present = {cheat.name.partition("/")[2] for cheat in exercise.cheats}
    for name in sorted(declared - present):
        yield _problem(exercise, f"the cheat `{name}` is declared and not there", f"add cheats/{name}/")
    for name in sorted(present - declared):
        yield _problem(
            exercise,
            f"the cheat `{name}` has no declared failure",
            f"add `{name}: {{finding: …, guard: …}}` to `cheats`",
            f"cheats/{name}",
        )
    workspace = {file.path for file in exercise.broken}
    for variant in (exercise.solution, *exercise.alternates, *exercise.cheats):
        if not (variant.files or variant.steps or variant.removed):
            yield _problem(exercise, "this variant does nothing", "add files or steps.yaml", variant.name)
        for path in variant.removed:
            if path not in workspace:
                yield _problem(
                    exercise, f"it removes `{path}`, which is not in broken/", "correct it", variant.name
                )
        for step in variant.steps:
            words = shlex.split(step)
            if words[:1] == ["kubectl"] or {"|", "&&", "||", ";", ">"} & set(words):
                yield _problem(
                    exercise,
                    f"`{step}` is no single kubectl command line",
                    "write it without `kubectl` and without a shell",
                    variant.name,
                )


def _regexes(exercise: Exercise) -> Iterator[ContentError]:
    for item in (*exercise.header.checks, *(p for e in exercise.header.experiments for p in _parts(e))):
        for name in ("pattern", "message", "body"):
            value = getattr(item, name, None)
            if not isinstance(value, str):
                continue
            try:
                re.compile(value)
            except re.error as error:
                yield _problem(exercise, f"`{value}` is no regular expression ({error})", "correct it")


def _manifests(exercise: Exercise) -> Iterator[ContentError]:
    for variant in (
        dataclasses.replace(exercise.solution, files=exercise.broken),
        exercise.solution,
        *exercise.alternates,
        *exercise.cheats,
    ):
        for file in variant.files:
            if file.path.suffix in MANIFEST_SUFFIXES and len(file.path.parts) == 1:
                try:
                    for document in read_documents(file.source.read_text(encoding="utf-8"), str(file.source)):
                        yield from document.problems
                except (ContentError, UnicodeDecodeError) as error:
                    yield (
                        error
                        if isinstance(error, ContentError)
                        else _problem(exercise, "the file is not UTF-8", "save it as UTF-8", str(file.path))
                    )

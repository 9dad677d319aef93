"""Grading: a directory is applied to a fresh namespace and judged, as the learner's own check would judge it.

A submission is somebody else's: it is read and refused before anything of it reaches a cluster, it gets a
namespace nobody else uses, and that namespace is removed whatever happens. Code in a submission runs only
where the operating system keeps it in (the embedded cluster, with isolation), or in the cluster the grader
named.
"""

from __future__ import annotations

import re
import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from lab.attempt import authoring, refusals
from lab.attempt.cancel import Cancel, Narrate, silent
from lab.attempt.manifests import Manifest, load_all
from lab.attempt.workspace import MANIFEST_SUFFIXES, read_marker
from lab.catalogue.problems import ContentProblems
from lab.errors import Cancelled, ContentError, LabError, NotAbleError, ObservationLost, UsageError
from lab.model.grade import Grade, Outcome
from lab.model.verdict import State, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lab.attempt.lab import Lab
    from lab.model.exercise import Exercise
    from lab.providers.base import Provider

STEPS = frozenset({"steps.yaml", "steps.yml"})
"""Command lines: an author's alternates have them; a submission's are never run."""


_NUMBER = re.compile(r"^\d+-")


@dataclass(frozen=True)
class Submission:
    """A directory and the exercise it is for."""

    directory: Path
    exercise: Exercise


def find(lab: Lab, directories: Sequence[Path], exercise: str | None = None) -> tuple[Submission, ...]:
    """What there is to grade: each directory is a submission, or holds submissions.

    The exercise is the one named, else what the marker says, else what the directory, or one of the three
    above it, is called (a number in front does not count).

    Raises:
        UsageError: a directory does not exist, or is for no known exercise.
    """
    found: list[Submission] = []
    for directory in directories:
        if not directory.is_dir():
            raise UsageError(
                "there is no such directory", where=str(directory), remedy="name a submission's directory"
            )
        own = _exercise_of(lab, directory, exercise)
        below = [child for child in sorted(directory.iterdir()) if child.is_dir() and _files(child)]
        # One that hands in nothing is graded as such: it must not keep the others from being graded.
        if own is not None and (_holds_work(directory, own) or not below):
            found.append(Submission(directory, own))
            continue
        named = [(child, _exercise_of(lab, child, exercise) or own) for child in below]
        if not below or any(one is None for _, one in named):
            raise UsageError(
                "no exercise is known for this directory",
                where=str(next((child for child, one in named if one is None), directory)),
                remedy="name it with --exercise NAME, or call the directory as the exercise is called",
            )
        found.extend(Submission(child, one) for child, one in named if one is not None)
    return tuple(found)


def grade(
    lab: Lab,
    submissions: Sequence[Submission],
    *,
    provider: str | None = None,
    jobs: int = 1,
    narrate: Narrate = silent,
    cancel: Cancel | None = None,
    on_grade: Callable[[Grade], None] = lambda _grade: None,
) -> tuple[Grade, ...]:
    """Grade submissions, `jobs` at a time, each in a namespace of its own. In the order they were given.

    Raises:
        Cancelled: the user interrupted; all namespaces were removed.
        NotAbleError: the cluster cannot be had at all.
    """
    wish = cancel or Cancel()
    shared = lab.provider(provider, wish)
    if shared.name != "embedded":
        shared.up(narrate)

    def one(submission: Submission) -> Grade:
        wish.check()
        result = _graded(lab, submission, shared, narrate=narrate, cancel=wish)
        on_grade(result)
        return result

    with ThreadPoolExecutor(max_workers=max(1, jobs), thread_name_prefix="grade") as pool:
        running = [pool.submit(one, submission) for submission in submissions]
        try:
            return tuple(task.result() for task in running)
        except BaseException:
            wish.cancel()
            for task in running:
                task.cancel()
            raise


def read(submission: Submission, namespaces: Sequence[str]) -> tuple[Manifest, ...]:
    """The submission's manifests, after everything in it was found harmless.

    Raises:
        ContentProblems: all that is wrong with it, or that it is refused for.
    """
    directory = submission.directory
    problems: list[ContentError] = []
    names = []
    for path in _files(directory):
        name = path.relative_to(directory)
        if path.is_symlink():
            problems.append(_refused(path, "a link: a submission is files", "put the file itself there"))
        elif name.name in STEPS:
            problems.append(
                _refused(path, "command lines are not run for a submission", "export the result instead")
            )
        elif path.suffix in MANIFEST_SUFFIXES and not _in_image(submission.exercise, name):
            names.append(path)
    if not names and not problems and not image_files(submission):
        problems.append(
            ContentError(
                "there are no manifests in it, and no image files",
                where=str(directory),
                remedy="podlab export writes some",
            )
        )
    manifests: tuple[Manifest, ...] = ()
    try:
        manifests = load_all((path, str(path)) for path in names)
    except ContentError as error:
        problems.extend(getattr(error, "problems", None) or [error])
    declared = {str((one.object.get("metadata") or {}).get("namespace") or "") for one in manifests}
    allowed = next((name for name in namespaces if name in declared), namespaces[0])
    problems.extend(refusals.submission(manifests, allowed))
    if problems:
        raise ContentProblems(problems)
    return manifests


def completed(submission: Submission, manifests: Sequence[Manifest], namespace: str) -> tuple[Manifest, ...]:
    """The submission's manifests in `namespace`, and the exercise's own that it does not replace.

    An export is complete by itself: what is not in it was taken away on purpose.
    """
    declared = {(one.kind, one.name) for one in manifests}
    rest: tuple[Manifest, ...] = ()
    if read_marker(submission.directory) is None:
        broken = load_all((file.source, str(file.source)) for file in submission.exercise.manifests)
        rest = tuple(one for one in broken if (one.kind, one.name) not in declared)
    return tuple(_moved(one, namespace) for one in (*manifests, *rest))


def _moved(manifest: Manifest, namespace: str) -> Manifest:
    metadata = {**(manifest.object.get("metadata") or {}), "namespace": namespace}
    return replace(manifest, object={**manifest.object, "metadata": metadata})


def image_files(submission: Submission) -> dict[str, bytes]:
    """Image files of a submission that differ from the exercise's own, by workspace name."""
    build = submission.exercise.header.build
    if build is None:
        return {}
    own = {str(file.path): file.source.read_bytes() for file in submission.exercise.broken}
    found = {
        path.relative_to(submission.directory).as_posix(): path.read_bytes()
        for path in _files(submission.directory)
        if _in_image(submission.exercise, path.relative_to(submission.directory))
    }
    return {name: content for name, content in found.items() if own.get(name) != content}


def _graded(lab: Lab, submission: Submission, shared: Provider, *, narrate: Narrate, cancel: Cancel) -> Grade:
    name = submission.exercise.name
    namespace = f"podlab-{name}-{secrets.token_hex(3)}"
    try:
        manifests = completed(submission, read(submission, (namespace, f"podlab-{name}")), namespace)
        edited = sorted(image_files(submission))
        if edited and shared.name == "embedded":
            _require_isolation(submission.directory / edited[0])
        with authoring.room(lab.settings, shared, isolation_required=True) as provider:
            verdict = _judged(submission, manifests, provider, namespace, narrate, cancel)
    except Cancelled:
        raise
    except ObservationLost as error:
        return Grade(submission.directory, name, Outcome.UNKNOWN, problems=(str(error),))
    except NotAbleError as error:
        return Grade(submission.directory, name, Outcome.UNABLE, problems=(str(error),))
    except LabError as error:
        problems = tuple(map(str, getattr(error, "problems", None) or [error]))
        return Grade(submission.directory, name, Outcome.REFUSED, problems=problems)
    return Grade(submission.directory, name, _OUTCOMES[verdict.state], graded(submission, verdict))


def graded(submission: Submission, verdict: Verdict) -> Verdict:
    """A verdict on a submission, as whoever reads it later can use it.

    Its namespace is gone by then, so no command that looks into it is named; questions are for the learner's
    own terminal and not part of a submission.
    """
    findings = tuple(
        replace(one, look_at="") if one.look_at.startswith("kubectl") else one
        for one in verdict.findings
        if one.kind != "question"
    )
    notes = list(verdict.notes)
    if verdict.state is not State.PASSED:
        notes.append(f"graded in a namespace of its own, {verdict.namespace}, which was removed afterwards")
        marker = read_marker(submission.directory)
        if marker is not None and marker.digests:  # a workspace: an export's marker has none
            notes.append(
                "graded were the files of this workspace; what was mended with kubectl alone is not in them: "
                "podlab export DIR writes what runs as files, and podlab grade DIR grades those"
            )
    return replace(verdict, findings=findings, notes=tuple(notes))


_OUTCOMES = {
    State.PASSED: Outcome.PASSED,
    State.FAILED: Outcome.NOT_PASSED,
    State.WAITING: Outcome.UNKNOWN,
    State.UNKNOWN: Outcome.UNKNOWN,
    State.SKIPPED: Outcome.UNABLE,
}


def _require_isolation(edited: Path) -> None:
    """Go on only where the operating system keeps a stranger's code in.

    Raises:
        NotAbleError: it does not here.
    """
    from lab.providers.embedded.inprocess import InProcessProvider

    lacking = InProcessProvider.lacks_isolation()
    if lacking:
        raise NotAbleError(
            f"refused: this submission brings code of its own, and it cannot be isolated here ({lacking})",
            where=str(edited),
            remedy="grade it on Linux with user namespaces, or on a cluster: --provider kind",
        )


def _judged(
    submission: Submission,
    manifests: Sequence[Manifest],
    provider: Provider,
    namespace: str,
    narrate: Narrate,
    cancel: Cancel,
) -> Verdict:
    """Apply to a fresh namespace, judge, and remove the namespace again."""
    from lab.attempt import applying
    from lab.attempt import image_files as images
    from lab.attempt.lab import require_capabilities
    from lab.attempt.verify import verify
    from lab.kube import Client

    exercise = submission.exercise
    require_capabilities(exercise, provider)
    client = Client(provider.kubeconfig())
    try:
        images.load_lab_images(exercise, provider, client, narrate)
        applying.ensure_namespace(client, namespace, exercise.name, cancel)
        try:
            if exercise.header.build is not None:
                files = {**_own_images(exercise), **image_files(submission)}
                place = images.Place(provider, client, namespace)
                manifests = images.bring_edited(exercise.header.build, files, manifests, place, narrate)
            applying.apply_manifests(client, manifests, namespace, narrate=narrate, cancel=cancel)
            return verify(
                exercise,
                client,
                provider.clock(),
                namespace,
                provider=provider.name,
                narrate=narrate,
                cancel=cancel,
            )
        finally:
            client.delete("Namespace", None, namespace)
    finally:
        client.close()


def _own_images(exercise: Exercise) -> dict[str, bytes]:
    return {
        str(file.path): file.source.read_bytes()
        for file in exercise.broken
        if _in_image(exercise, Path(file.path))
    }


def _exercise_of(lab: Lab, directory: Path, named: str | None) -> Exercise | None:
    if named is not None:
        return lab.exercise(named)
    marker = read_marker(directory)
    if marker is not None:
        return lab.exercise(marker.exercise)
    known = {exercise.name: exercise for exercise in lab.exercises()}
    resolved = directory.resolve()
    for place in (resolved, *resolved.parents[:3]):
        name = _NUMBER.sub("", place.name)
        if name in known:
            return known[name]
    return None


def _holds_work(directory: Path, exercise: Exercise) -> bool:
    """Whether a directory is a submission itself, and not a directory of submissions."""
    build = exercise.header.build
    return (build is not None and (directory / build.directory).is_dir()) or any(
        path.is_file() for path in directory.iterdir()
    )


def _files(directory: Path) -> list[Path]:
    return [
        path
        for path in sorted(directory.rglob("*"))
        if (path.is_file() or path.is_symlink()) and not path.name.startswith(".")
    ]


def _in_image(exercise: Exercise, name: Path) -> bool:
    build = exercise.header.build
    return build is not None and name.parts[: len(Path(build.directory).parts)] == Path(build.directory).parts


def _refused(path: Path, what: str, remedy: str) -> ContentError:
    return ContentError(f"refused: {what}", where=str(path), remedy=remedy)

"""Proof that an exercise is what it says: broken fails as declared, honest fixes pass, every cheat fails.

Each variant gets a namespace of its own, where the broken state is applied first and the variant's files and
kubectl steps follow, as a learner's would. The namespace is removed whatever happens. On the embedded cluster
every variant gets a cluster in this process, so that none sees the other's time.
"""

from __future__ import annotations

import contextlib
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

from lab.attempt import applying
from lab.attempt import image_files as images
from lab.attempt.cancel import Cancel, Narrate, silent
from lab.attempt.manifests import load_all
from lab.attempt.steps import Kubectl, run_all
from lab.attempt.verify import baseline_of, verify
from lab.attempt.watching import Watch
from lab.checks import grade_answer, holds
from lab.errors import Cancelled, LabError, ObservationLost
from lab.kube import Client
from lab.model.exercise import Exercise, SourceFile, Variant
from lab.model.proof import Proof, Result, Trial
from lab.model.verdict import Finding, State, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from lab.model.observation import Observation
    from lab.providers.base import Provider

BROKEN = "broken"
SETTLE_SECONDS = 10.0
REAL_SETTLE_SECONDS = 3.0
"""Cluster time the broken state runs before a variant mends it, as it would have with a learner."""
WAITING_SECONDS = 1.0
"""Cluster time that passes between two looks at a kubectl that waits for some."""
EVIDENCE_SECONDS = 120.0
"""Cluster time the broken state is given to show what the question is about."""


Rooms = "Callable[[], contextlib.AbstractContextManager[Provider]]"


def variants_of(exercise: Exercise) -> tuple[Variant, ...]:
    """Everything to be tried of an exercise; the broken state is the variant that changes nothing."""
    return (Variant(BROKEN), exercise.solution, *exercise.alternates, *exercise.cheats)


def prove(
    exercises: Sequence[Exercise],
    rooms: Callable[[], contextlib.AbstractContextManager[Provider]],
    *,
    kubectl: str,
    jobs: int = 1,
    narrate: Narrate = silent,
    cancel: Cancel | None = None,
    on_trial: Callable[[Trial], None] = lambda _trial: None,
) -> Proof:
    """Try every variant of these exercises, `jobs` at a time.

    Args:
        exercises: What to prove.
        rooms: Opens the cluster for one trial: one of its own in this process, or one that all share.
        kubectl: The kubectl program for the steps.
        jobs: Trials at a time.
        narrate: Told what is being done.
        cancel: Asked between steps; namespaces are removed first.
        on_trial: Told each trial when it is over.

    Raises:
        Cancelled: the user interrupted.
    """
    wish = cancel or Cancel()
    names: list[str] = []

    def one(exercise: Exercise, variant: Variant) -> Trial:
        wish.check()
        with rooms() as provider:
            names.append(provider.name)
            trial = try_variant(exercise, variant, provider, kubectl=kubectl, narrate=narrate, cancel=wish)
        on_trial(trial)
        return trial

    with ThreadPoolExecutor(max_workers=max(1, jobs), thread_name_prefix="prove") as pool:
        running = [pool.submit(one, item, variant) for item in exercises for variant in variants_of(item)]
        try:
            trials = tuple(task.result() for task in running)
        except BaseException:
            wish.cancel()
            for task in running:
                task.cancel()
            raise
    return Proof(names[0] if names else "", trials)


def try_variant(
    exercise: Exercise,
    variant: Variant,
    provider: Provider,
    *,
    kubectl: str,
    narrate: Narrate = silent,
    cancel: Cancel | None = None,
) -> Trial:
    """Try one variant on a cluster that is up, in a namespace of its own.

    Raises:
        Cancelled: the user interrupted; the namespace was removed.
    """
    began = time.monotonic()
    trial = Trial(exercise.name, variant.name, Result.UNABLE, _expectation(exercise, variant), "")
    lacking = sorted(set(exercise.header.requires) - provider.capabilities)
    if lacking:
        return replace(trial, result=Result.SKIPPED, observed=f"{provider.name} lacks {', '.join(lacking)}")
    narrate(f"{exercise.name}: {variant.name}")
    try:
        with _namespace(exercise, provider, cancel) as (client, namespace):
            verdict, seen = _played(
                exercise, variant, provider, client, namespace, kubectl, cancel or Cancel()
            )
    except Cancelled:
        raise
    except LabError as error:
        result = Result.UNKNOWN if isinstance(error, ObservationLost) else Result.UNABLE
        return replace(
            trial,
            result=result,
            observed=error.what,
            problem=str(error),
            wall_seconds=time.monotonic() - began,
        )
    good, observed = _judged(exercise, variant, verdict, seen)
    not_held = Result.UNKNOWN if verdict.state is State.UNKNOWN else Result.NOT_HELD
    result = Result.HELD if good else not_held
    return replace(
        trial, result=result, observed=observed, verdict=verdict, wall_seconds=time.monotonic() - began
    )


def workspace_of(exercise: Exercise, variant: Variant) -> tuple[SourceFile, ...]:
    """The workspace's files with the variant's over them."""
    files = {file.path: file for file in exercise.broken}
    for path in variant.removed:
        files.pop(path, None)
    files.update({file.path: file for file in variant.files})
    return tuple(files[path] for path in sorted(files))


@contextlib.contextmanager
def _namespace(exercise: Exercise, provider: Provider, cancel: Cancel | None) -> Iterator[tuple[Client, str]]:
    client = Client(provider.kubeconfig())
    name = f"podlab-{exercise.name}-{secrets.token_hex(3)}"
    try:
        applying.ensure_namespace(client, name, exercise.name, cancel)
        try:
            yield client, name
        finally:
            client.delete("Namespace", None, name)
    finally:
        client.close()


def _played(
    exercise: Exercise,
    variant: Variant,
    provider: Provider,
    client: Client,
    namespace: str,
    kubectl: str,
    cancel: Cancel,
) -> tuple[Verdict, Observation]:
    """Apply broken, then the variant, then judge; the verdict and what is to be seen afterwards."""
    images.load_lab_images(exercise, provider, client)
    clock = provider.clock()
    _apply(exercise, exercise.broken, provider, client, namespace, cancel)
    baseline = baseline_of(client, namespace)
    answers: dict[str, str] = {}
    if variant.name != BROKEN:
        clock.wait(SETTLE_SECONDS if clock.skips else REAL_SETTLE_SECONDS)
        if variant.files or variant.removed:
            _apply(exercise, workspace_of(exercise, variant), provider, client, namespace, cancel)
        run_all(_kubectl(kubectl, provider, namespace), variant.steps)
    verdict = verify(
        exercise,
        client,
        clock,
        namespace,
        provider=provider.name,
        baseline=baseline,
        answers=answers,
        cancel=cancel,
    )
    with Watch(client, clock, namespace, cancel) as watch:
        watch.baseline.update(baseline)
        watch.sync()
        if variant.name == BROKEN and exercise.header.question is not None:
            _await_evidence(exercise, watch)
        return verdict, watch.observe()


def _kubectl(program: str, provider: Provider, namespace: str) -> Kubectl:
    """A kubectl whose waiting ends: where the clock stands still, it goes on for it."""
    clock = provider.clock()
    kubeconfig = provider.kubeconfig()
    if not clock.skips:
        return Kubectl(program, kubeconfig, namespace)
    return Kubectl(program, kubeconfig, namespace, lambda: clock.wait(WAITING_SECONDS))


def _apply(
    exercise: Exercise,
    files: Sequence[SourceFile],
    provider: Provider,
    client: Client,
    namespace: str,
    cancel: Cancel,
) -> None:
    manifests = load_all(
        (file.source, str(file.source))
        for file in files
        if len(file.path.parts) == 1 and file.path.suffix in {".yaml", ".yml", ".json"}
    )
    build = exercise.header.build
    if build is not None:
        content = {str(file.path): file.source.read_bytes() for file in files}
        place = images.Place(provider, client, namespace)
        manifests = images.bring_edited(build, content, manifests, place)
    applying.apply_manifests(client, manifests, namespace, cancel=cancel)


def _await_evidence(exercise: Exercise, watch: Watch) -> None:
    question = exercise.header.question
    assert question is not None  # noqa: S101 (the caller looked)
    left = EVIDENCE_SECONDS
    while left > 0:
        seen = watch.observe()
        if any(option.holds is not None and holds(option.holds, seen).true for option in question.options):
            return
        watch.step(left)
        left -= 1.0


# --- judging a trial ----------------------------------------------------------------------------------------


def _expectation(exercise: Exercise, variant: Variant) -> str:
    header = exercise.header
    if variant.name == BROKEN:
        return f"fails in {header.symptom.check} with {header.symptom.code}"
    if not variant.name.startswith("cheats/"):
        return "passes"
    failure = header.cheats[variant.name.partition("/")[2]]
    with_code = f" with {failure.code}" if failure.code else ""
    return f"fails in {failure.finding}{with_code}" + (
        f", explained by {failure.guard}" if failure.guard else ""
    )


def _judged(exercise: Exercise, variant: Variant, verdict: Verdict, seen: Observation) -> tuple[bool, str]:
    first = next((item for item in verdict.findings if item.state not in {State.PASSED, State.SKIPPED}), None)
    observed = "passes" if first is None else _told(first)
    if variant.name == BROKEN:
        good, more = _broken(exercise, first, seen)
        return good, more or observed
    if not variant.name.startswith("cheats/"):
        return verdict.state is State.PASSED, observed
    failure = exercise.header.cheats[variant.name.partition("/")[2]]
    for item in verdict.findings:
        if item.id == failure.finding and item.state is State.FAILED:
            good = failure.code in {"", item.code} and (not failure.guard or item.guard == failure.guard)
            return good, _told(item)
    return False, observed


def _broken(exercise: Exercise, first: Finding | None, seen: Observation) -> tuple[bool, str]:
    symptom = exercise.header.symptom
    if (
        first is None
        or first.state is not State.FAILED
        or (first.id, first.code) != (symptom.check, symptom.code)
    ):
        return False, ""
    if symptom.shows is not None and not holds(symptom.shows, seen).true:
        return False, "the declared symptom is not to be seen in the cluster"
    question = exercise.header.question
    if question is None:
        return True, ""
    states = [grade_answer(question, option.id, seen).state for option in question.options]
    right = sum(state is State.PASSED for state in states)
    return (
        right == 1,
        "" if right == 1 else f"{right} answers to {question.id} are right by the cluster's state",
    )


def _told(item: Finding) -> str:
    explained = f", explained by {item.guard}" if item.guard else ""
    verb = "fails in" if item.state is State.FAILED else f"is {item.state} in"
    return f"{verb} {item.id} with {item.code}{explained}: {item.observed}"

"""Verification: checks in order, then experiments, guards and the question, added up to a verdict.

What is judged is what the cluster does. A check is looked at again and again while cluster time passes,
until it settles or its budget has run out; an experiment injects its fault only after all checks passed, and
undoes it whatever happens. Files are never applied here. An observation that was lost leaves unknown what it
was to show, and what builds on it is skipped.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lab.attempt.cancel import Cancel, Narrate, silent
from lab.attempt.experiments import NotTestable, delete_pods, ground_of, injection, words
from lab.attempt.watching import Watch
from lab.checks import (
    Ground,
    budget_of,
    evaluate,
    expect,
    explain,
    finding,
    forbidden,
    grade_answer,
    lost,
    pods_of,
    restart_counts,
    superseded,
    uid_of,
    unanswered,
    under_way,
)
from lab.checks.expectations import budget_of as expected_within
from lab.checks.judgement import Judgement
from lab.errors import ObservationLost
from lab.kube import ApiError
from lab.model.checks import Check, Expectation, Experiment, Http, Log, LogSays, Serves, Stable
from lab.model.debrief import Event
from lab.model.verdict import Finding, State, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lab.kube import Client
    from lab.model.exercise import Exercise
    from lab.providers.base import ClusterClock

OnFinding = Callable[[Finding], None]
"""Called with each finding as soon as it is known, and again when a waiting one changes."""
OnDeed = Callable[[Event], None]
"""Called with what is being done to the workload, as it is done."""


def verify(  # noqa: PLR0913 (a cluster, a place, what is known, who listens)
    exercise: Exercise,
    client: Client,
    clock: ClusterClock,
    namespace: str,
    *,
    provider: str = "",
    baseline: Mapping[str, Any] | None = None,
    answers: Mapping[str, str] | None = None,
    answered: Mapping[str, Finding] | None = None,
    narrate: Narrate = silent,
    cancel: Cancel | None = None,
    on_finding: OnFinding | None = None,
    on_deed: OnDeed | None = None,
) -> Verdict:
    """Judge the live objects of a namespace.

    Args:
        exercise: What to judge by.
        client: The cluster.
        clock: Its time.
        namespace: Where the workload is.
        provider: Its name, for the verdict.
        baseline: What `baseline_of` told when the broken state was applied.
        answers: Answers to diagnosis questions, by question id.
        answered: How such answers were graded when they were given; these findings stand.
        narrate: Told what is being done.
        cancel: Asked at every step; an experiment under way is undone first.
        on_finding: Told every finding as it comes.
        on_deed: Told what is done to the workload: pods deleted, faults injected and taken back.

    Raises:
        lab.errors.Cancelled: the user interrupted; nothing was left injected.
    """
    run = _Run(exercise, Watch(client, clock, namespace, cancel or Cancel()), narrate, on_finding, on_deed)
    began_wall, began = time.monotonic(), None
    try:
        with run.watch:
            run.watch.baseline.update(baseline or {})
            began = run.watch.now()
            run.all(answers or {}, answered or {})
            ended = run.watch.now()
    except (ObservationLost, ApiError) as error:
        run.lose(error, provider)
        ended = run.watch.now()
    return Verdict(
        exercise=exercise.name,
        provider=provider,
        namespace=namespace,
        findings=tuple(run.findings),
        cluster_seconds=max(0.0, ended - (began if began is not None else ended)),
        wall_seconds=time.monotonic() - began_wall,
        notes=tuple(run.notes),
        replaced=tuple(sorted(run.replaced)),
    )


def baseline_of(client: Client, namespace: str) -> dict[str, Any]:
    """Facts to keep from the moment an exercise's broken state was applied; plain JSON."""
    uids = {
        f"{kind.lower()}/{item['metadata']['name']}": str(item["metadata"]["uid"])
        for kind in ("Deployment", "Service", "Secret", "ConfigMap")
        for item in client.list(kind, namespace).items
    }
    return {"uids": uids, "applied_at": client.now()}


_BY_CHANCE = (
    "The first restart came in time, the second did not: it came by chance. What restarts by the clock or by "
    "counting meets a fault now and then; so does a probe that at worst takes longer than is granted."
)


def _second(look: Judgement) -> Judgement:
    """What was seen when the fault came a second time."""
    if look.state is State.PASSED:
        return look
    seen = replace(look, observed=f"when the fault came a second time: {look.observed}")
    return replace(seen, code="by-chance", why=_BY_CHANCE) if look.code == "not-restarted" else seen


class _Run:
    """One verification under way."""

    def __init__(
        self,
        exercise: Exercise,
        watch: Watch,
        narrate: Narrate,
        on_finding: OnFinding | None,
        on_deed: OnDeed | None,
    ) -> None:
        self.exercise = exercise
        self.watch = watch
        self.findings: list[Finding] = []
        self.notes: list[str] = []
        self.replaced: set[str] = set()
        """UIDs of the pods that were deleted for a cold start."""
        self._narrate = narrate
        self._on_finding = on_finding or (lambda _: None)
        self._on_deed = on_deed or (lambda _: None)

    def all(self, answers: Mapping[str, str], answered: Mapping[str, Finding]) -> None:
        """Everything, in order."""
        header = self.exercise.header
        self.watch.sync()
        for spec in header.checks:
            self._add(self._check(spec) if self._going_well else self._skipped(spec))
        for experiment in header.experiments:
            self._add(self._experiment(experiment) if self._going_well else self._skipped(experiment))
        self._narrate("adding up what was found")
        for tripped in forbidden(header.guards, self.watch.observe(), self.findings):
            self._add(tripped)
        if header.question is not None and header.question.id in answered:
            self._add(answered[header.question.id])
        elif header.question is not None:
            choice = answers.get(header.question.id)
            self._add(
                unanswered(header.question)
                if choice is None
                else grade_answer(header.question, choice, self.watch.observe())
            )

    def lose(self, error: Exception, provider: str) -> None:
        """The observation broke off: what was being looked at is unknown, the rest is skipped."""
        header = self.exercise.header
        what = getattr(error, "what", str(error))
        known = {item.id for item in self.findings}
        unknown = Judgement(
            State.UNKNOWN,
            "observation-lost",
            "an answer from the cluster",
            what,
            why="Nothing can be said about what could not be seen. Once the cluster answers, check again.",
            look_at=f"podlab cluster status --provider {provider or 'auto'}",
        )
        for spec in (*header.checks, *header.experiments):
            if spec.id not in known:
                first = not any(item.state is State.UNKNOWN for item in self.findings)
                title = spec.title or spec.id
                self._add(
                    finding(spec.id, title, unknown, State.UNKNOWN, 0.0, 0.0)
                    if first
                    else self._skipped(spec)
                )

    @property
    def _going_well(self) -> bool:
        return all(item.state is State.PASSED for item in self.findings)

    def _add(self, result: Finding) -> None:
        self.findings.append(result)
        self._on_finding(result)

    def _skipped(self, spec: Check | Experiment) -> Finding:
        blocker = next(item.title for item in self.findings if item.state is not State.PASSED)
        experiment = isinstance(spec, Experiment)
        title = spec.title or spec.id
        nothing = Judgement(State.SKIPPED, "skipped", "", f'not looked at: "{blocker}" comes first')
        return finding(
            spec.id, title, nothing, State.SKIPPED, 0.0, 0.0, "experiment" if experiment else "check"
        )

    # --- checks ---------------------------------------------------------------------------------------------

    def _check(self, spec: Check) -> Finding:
        self._narrate(spec.title or f"{spec.kind} {spec.id}")
        since = self._prepare(spec)
        logs = [(spec.workload, spec.container, spec.previous)] if isinstance(spec, Log) else []
        shown = ""
        while True:
            if isinstance(spec, Http):
                self.watch.ask(spec.workload, spec.port, spec.path)
            result = evaluate(spec, self.watch.observe(logs), since)
            if result.state is not State.WAITING:
                return explain(result, self.exercise.header.guards, self.watch.observe(logs), self.findings)
            if result.observed != shown:
                self._on_finding(result)
                shown = result.observed
            self.watch.step(budget_of(spec) - result.waited)

    def _prepare(self, spec: Check) -> float:
        """Make the cold start and the baseline of a window; the moment the check counts from."""
        watch = self.watch
        if not isinstance(spec, Stable):
            return watch.now()
        self._let_roll_out(spec)
        watch.sync()
        past, deleted = watch.pods_so_far(), frozenset[str]()
        watch.baseline["superseded"] = sorted(superseded(watch.recorder.snapshot(), spec.workload))
        if spec.cold_start:
            since = watch.recorder.mark("cold-start", spec.workload).at
            deleted = delete_pods(watch, spec.workload)
            self.replaced |= deleted
            if deleted:
                told = f"deletes the pods of {spec.workload} for a cold start, as part of the check"
                self._on_deed(Event(since, "lab", told, tuple(sorted(deleted))))
            else:
                self.notes.append(
                    f"{spec.workload} was not started anew: it is a pod nobody would make again"
                )
            watch.sync()
        else:
            since = watch.recorder.mark("window", spec.workload).at
        staying = {uid_of(pod) for pod in pods_of(watch.recorder.snapshot(), spec.workload)}
        # A real cluster's watch may not have told of the deletions yet.
        watch.baseline["doomed"] = sorted((past - staying) | deleted)
        pods = pods_of(watch.recorder.snapshot(), spec.workload)
        watch.baseline["restarts"] = {} if spec.cold_start else restart_counts(pods)
        return since

    def _let_roll_out(self, spec: Stable) -> None:
        """Wait for a rollout under way: its old pods would be judged for what has been mended."""
        deadline = self.watch.now() + spec.budget
        while under_way(self.watch.recorder.snapshot(), spec.workload) and self.watch.now() < deadline:
            self.watch.step(deadline - self.watch.now())

    # --- experiments ----------------------------------------------------------------------------------------

    def _experiment(self, spec: Experiment) -> Finding:
        self._narrate(spec.title)
        try:
            judged = self._round(spec, spec.again_after or spec.afterwards)
            if spec.again_after and all(item.state is State.PASSED for item in judged):
                self._narrate(f"{spec.title}: once more")
                judged = [_second(item) for item in self._round(spec, spec.afterwards)]
        except NotTestable as error:
            return self._untestable(spec, error)
        return self._concluded(spec, judged)

    def _round(self, spec: Experiment, then: Sequence[Expectation]) -> list[Judgement]:
        """Inject once, judge, undo whatever happens, and judge what is to be seen then."""
        watch = self.watch
        watch.sync()
        expected = (*spec.expect, *then)
        workloads = sorted({item.workload for item in expected if getattr(item, "workload", "")})
        before = ground_of(watch, workloads)
        injected = injection(spec.inject, watch)
        made, undone = words(spec.inject)
        try:
            since = watch.recorder.mark("injected", spec.id).at
            self._did(since, made, spec)
            injected.make()
            judged = self._judge(
                spec, spec.expect, Ground(since, before["pods"], before["restarts"], injected.values)
            )
        finally:
            injected.undo()
            self._did(watch.recorder.mark("undone", spec.id).at, undone, spec)
        if all(item.state is State.PASSED for item in judged) and then:
            watch.sync()
            after = ground_of(watch, workloads)
            since = watch.recorder.mark("afterwards", spec.id).at
            judged += self._judge(
                spec, then, Ground(since, after["pods"], after["restarts"], injected.values)
            )
        return judged

    def _did(self, at: float, what: str, spec: Experiment) -> None:
        if what:
            self._on_deed(Event(at, "lab", f'{what}, for the check "{spec.title}"'))

    def _judge(
        self, spec: Experiment, expectations: Sequence[Expectation], ground: Ground
    ) -> list[Judgement]:
        """Look until every expectation is settled, or one has failed."""
        longest = max((expected_within(item) for item in expectations), default=0.0)
        logs = [(item.workload, item.container, False) for item in expectations if isinstance(item, LogSays)]
        settled: dict[int, Judgement] = {}
        while True:
            for index, item in enumerate(expectations):
                if isinstance(item, Serves) and index not in settled:
                    self.watch.ask(item.workload, item.port, item.path)
            seen = self.watch.observe(logs)
            looks = [
                settled.get(index) or expect(item, seen, ground) for index, item in enumerate(expectations)
            ]
            if seen.timeline.lost and seen.timeline.since > ground.since:
                return [lost(look, seen.timeline.lost) for look in looks]
            settled.update(
                (index, look) for index, look in enumerate(looks) if look.state is not State.WAITING
            )
            if len(settled) == len(looks) or any(look.state is State.FAILED for look in looks):
                return looks
            waited = seen.snapshot.now - ground.since
            waiting = next(look for look in looks if look.state is State.WAITING)
            self._on_finding(
                finding(spec.id, spec.title, waiting, State.WAITING, waited, longest, "experiment")
            )
            self.watch.step(longest - waited)

    def _concluded(self, spec: Experiment, judged: Sequence[Judgement]) -> Finding:
        order = (State.FAILED, State.UNKNOWN, State.WAITING)
        worst = next((item for state in order for item in judged if item.state is state), None)
        if worst is None:
            evidence = tuple(item for look in judged for item in look.evidence[:2])
            last = Judgement(
                State.PASSED,
                "ok",
                "; ".join(look.expected for look in judged),
                "; ".join(look.observed for look in judged),
                evidence,
            )
            return finding(spec.id, spec.title, last, State.PASSED, 0.0, 0.0, "experiment")
        result = finding(spec.id, spec.title, worst, worst.state, 0.0, 0.0, "experiment")
        if not result.why or result.code == "not-restarted":
            result = replace(result, why=spec.why or result.why)
        return explain(result, self.exercise.header.guards, self.watch.observe(), self.findings)

    def _untestable(self, spec: Experiment, error: NotTestable) -> Finding:
        look = Judgement(
            State.FAILED,
            error.code,
            "the lab can carry out the experiment",
            error.observed,
            why=error.why,
            look_at=error.look_at,
        )
        result = finding(spec.id, spec.title, look, State.FAILED, 0.0, 0.0, "experiment")
        told = explain(result, self.exercise.header.guards, self.watch.observe(), self.findings)
        return replace(told, why=f"{error.why} {told.why}".strip()) if told.guard else told

"""A lab in memory whose every answer the test decides: the facade of `lab.attempt`, scripted.

Gates let a test hold a long operation open until it says so: no sleeps, no clocks.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from lab.attempt import solved
from lab.attempt.cancel import Cancel, Narrate, silent
from lab.attempt.chronicle import Chronicle
from lab.attempt.views import (
    ApplyResult,
    Drift,
    EventRow,
    FileRole,
    FileState,
    Hint,
    LiveView,
    PodRow,
    SolutionFile,
    WorkloadRow,
    WorkspaceFile,
)
from lab.kube.logs import LogLine
from lab.model import checks
from lab.model.card import Card
from lab.model.exercise import Exercise, Header, Option, Question, Symptom, Variant
from lab.model.progress import Progress, Record, Standing
from lab.model.verdict import Evidence, Finding, State, Verdict
from lab.settings import Settings
from tests.tui.streams import NOW, Gate, ScriptedClock, ScriptedLog, ScriptedStream

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lab.attempt.attempt import Attempt
    from lab.attempt.lab import Lab
    from lab.attempt.past import Past
    from lab.errors import ContentError

__all__ = ["NOW", "Gate", "ScriptedClock", "ScriptedLog", "ScriptedStream"]
"""Of `streams`, for tests that need no more than this module."""

POLICY = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 1
  template:
    spec:
      containers:
        - name: web
          image: podlab/healthz:1
          livenessProbe:
            httpGet: {path: /health, port: 8080}
            periodSeconds: 5
"""

PROBE = checks.Stable(id="stable", title="The pod survives a whole probe window", workload="deployment/web")
ROLLOUT = checks.Rollout(id="rolled-out", title="The newest version is rolled out", workload="deployment/web")
DEADLOCK = checks.Experiment(
    id="deadlock",
    title="A deadlocked process is restarted",
    inject=checks.Fault(workload="deployment/web", fault="deadlock"),
    expect=(checks.Restarted(workload="deployment/web"),),
)
QUESTION = Question(
    id="cause",
    text="Who ends the container?",
    options=(Option(id="kubelet", text="The kubelet"), Option(id="kernel", text="The kernel")),
    look_at="kubectl describe pod -l app=web",
)


def exercise(name: str, title: str, track: str, difficulty: int, minutes: int, **more: Any) -> Exercise:
    """An exercise with everything the TUI reads."""
    header = Header(
        format=1,
        name=name,
        title=title,
        track=track,
        difficulty=difficulty,
        minutes=minutes,
        objectives=("tell a failing probe from a failing program", "read what the kubelet says about it"),
        symptom=Symptom(check="stable", code="restarts"),
        checks=(ROLLOUT, PROBE),
        experiments=(DEADLOCK,),
        cheats={},
        **more,
    )
    symptom = "The web shop is *up*, and is restarted every half minute.\n\nFind out why, and mend it.\n"
    return Exercise(
        header=header,
        directory=Path("/nowhere"),
        order=1,
        brief=f"# {title}\n\n{symptom}",
        hints=(),
        debrief="# What it was\n\nThe probe asked a path nobody serves.\n",
        broken=(),
        solution=Variant(name="solution"),
    )


CATALOGUE = (
    exercise("http-probe", "The shop that hangs and is left alone", "probes", 1, 10),
    exercise("wrong-path", "The pod that is restarted for being well", "probes", 1, 10),
    exercise(
        "always-200", "The health check that is always well", "probes", 2, 15, requires=("image-builds",)
    ),
    exercise("database-in-liveness", "The outage that took everything down", "availability", 3, 20),
    exercise("probe-loop", "The start that never ends", "crashloop", 3, 20, prerequisites=("wrong-path",)),
    exercise("oom-limit", "The container that is killed at midnight", "crashloop", 2, 15, question=QUESTION),
)


def pod(name: str = "web-5d9c7b8f6d-x2x7v", **more: Any) -> PodRow:
    """A pod in back-off, unless told otherwise."""
    facts: dict[str, Any] = {
        "name": name,
        "uid": f"uid-{name}",
        "ready": "0/1",
        "status": "CrashLoopBackOff",
        "restarts": 4,
        "restarted": 12.0,
        "age": 185.0,
        "containers": ("web",),
        "object": {},
    }
    return PodRow(**{**facts, **more})


EVENTS = (
    EventRow(
        180,
        NOW - 180,
        "Normal",
        "Scheduled",
        "pod/web-5d9c7b8f6d-x2x7v",
        "Successfully assigned to node-1",
        1,
    ),
    EventRow(
        32,
        NOW - 32,
        "Warning",
        "Unhealthy",
        "pod/web-5d9c7b8f6d-x2x7v",
        "Liveness probe failed: HTTP probe failed with statuscode: 404",
        13,
    ),
    EventRow(
        12,
        NOW - 12,
        "Warning",
        "BackOff",
        "pod/web-5d9c7b8f6d-x2x7v",
        "Back-off restarting failed container web in pod web-5d9c7b8f6d-x2x7v",
        7,
    ),
)

BROKEN = LiveView(
    namespace="podlab-wrong-path",
    now=NOW,
    pods=(pod(),),
    events=EVENTS,
    workloads=(
        WorkloadRow("Deployment", "web", "0/1 ready", 185, {}),
        WorkloadRow("Service", "web", "no endpoints", 185, {}),
    ),
)

PASSED = Finding("rolled-out", ROLLOUT.title, State.PASSED, "ok", "1 updated and available", "1 of 1")
FAILED = Finding(
    "stable",
    PROBE.title,
    State.FAILED,
    "restarts",
    "no restart for 60 s from a cold start",
    "restarted twice in 41 s",
    (
        Evidence("pod/web-5d9c7b8f6d-x2x7v", "status.containerStatuses[0].restartCount", "2", NOW - 5),
        Evidence(
            "event/web.17f", "Unhealthy", "Liveness probe failed: HTTP probe failed with statuscode: 404"
        ),
    ),
    "The kubelet ends the container because its liveness probe fails, not because the program does.",
    "kubectl describe pod -l app=web",
)
SKIPPED = Finding(
    "deadlock", DEADLOCK.title, State.SKIPPED, "skipped", "a restart", "not looked at", kind="experiment"
)


def verdict(*findings: Finding) -> Verdict:
    """A verdict over findings, 95 s of cluster time old."""
    return Verdict("wrong-path", "embedded", "podlab-wrong-path", findings, 95.0, 0.4)


NOT_YET = verdict(PASSED, FAILED, SKIPPED)
SOLVED = verdict(
    PASSED,
    replace(FAILED, state=State.PASSED, code="ok", observed="no restart in 60 s", why="", evidence=()),
    replace(SKIPPED, state=State.PASSED, code="ok", observed="restarted after 31 s"),
)


@dataclass(eq=False)
class ScriptedAttempt:
    """One attempt; its lists hold what the next calls answer."""

    exercise: Exercise
    workspace: Path
    home: ScriptedLab
    namespace: str = "podlab-wrong-path"
    stream: ScriptedStream = field(default_factory=lambda: ScriptedStream(BROKEN))
    clock: ScriptedClock = field(default_factory=ScriptedClock)
    verdicts: list[Verdict | Exception] = field(default_factory=lambda: [NOT_YET])
    applies: list[ApplyResult | Exception] = field(
        default_factory=lambda: [ApplyResult(configured=("deployment/web",))]
    )
    log: str = "listening on 8080\nGET /health 404\n"
    calls: list[str] = field(default_factory=list)
    gate: Gate = field(default_factory=Gate)
    rungs: int = 0
    added: dict[str, str] = field(default_factory=dict)
    opened: ScriptedLog | None = None
    """The log that was opened last."""
    undone: tuple[Drift, ...] = ()
    """What an apply would undo in the cluster."""
    starts_cluster: bool = True
    brought_back: tuple[str, ...] = ()
    drifted: tuple[Drift, ...] = ()
    forgotten: bool = False
    """The cluster was begun anew: it has no namespace of this exercise."""

    @property
    def settings(self) -> Any:
        return self.home.settings

    @property
    def provider(self) -> Any:
        return SimpleNamespace(
            name="embedded",
            capabilities=self.home.offered[1],
            clock=lambda: self.clock,
            up=lambda _narrate: self.calls.append("up"),
            kubeconfig=lambda: self.workspace / "kubeconfig",
        )

    @property
    def place(self) -> Any:
        """What the workspace began with."""
        return SimpleNamespace(originals={"app.yaml": POLICY.encode()})

    @property
    def progress_file(self) -> Any:
        return SimpleNamespace(read=self.home.progress, now=lambda: NOW)

    @property
    def chronicle(self) -> Chronicle:
        return Chronicle(self.settings.home / "stories" / f"{self.exercise.name}.json")

    def drift(self) -> tuple[Drift, ...]:
        return self.drifted

    def record(self) -> Record:
        return self.home.progress().of(self.exercise.name)

    def files(self) -> tuple[WorkspaceFile, ...]:
        return tuple(
            WorkspaceFile(path, path.name, FileRole.MANIFEST, FileState.UNCHANGED)
            for path in sorted(self.workspace.glob("*.yaml"))
        )

    def apply(self, narrate: Narrate = silent, cancel: Cancel | None = None) -> ApplyResult:
        self.calls.append("apply")
        narrate("applying app.yaml")
        self.gate.wait(cancel)
        return cast("ApplyResult", _next(self.applies))

    def overwritten(self, _texts: Mapping[str, str]) -> tuple[Drift, ...]:
        self.calls += ["looked what would be undone"] if self.undone else []
        return self.undone

    def check(
        self,
        narrate: Narrate = silent,
        cancel: Cancel | None = None,
        on_finding: Callable[[Finding], None] | None = None,
    ) -> Verdict:
        self.calls.append("check")
        narrate("a cold start: deleting the pods")
        if on_finding is not None:
            on_finding(PASSED)
        self.gate.wait(cancel)
        found = cast("Verdict", _next(self.verdicts))
        if found.state is State.PASSED:
            solved.keep(cast("Attempt", self), found)
            self.home.mark(self.exercise.name, Standing.SOLVED)
        return found

    def hint(self) -> Hint:
        self.calls.append("hint")
        self.rungs = min(self.rungs + 1, 3)
        return self.hints_shown()[-1]

    def hints_shown(self) -> tuple[Hint, ...]:
        titles = ("Where to look", "What it means", "What to change")
        return tuple(Hint(rung, 3, titles[rung - 1], f"Rung {rung}.") for rung in range(1, self.rungs + 1))

    def solution_files(self) -> tuple[SolutionFile, ...]:
        self.calls.append("solution")
        return (SolutionFile("app.yaml", POLICY.replace("/health,", "/healthz,")),)

    def debrief(self) -> str:
        return self.exercise.debrief

    def reset(self, narrate: Narrate = silent, cancel: Cancel | None = None) -> Path | None:
        self.calls.append("reset")
        narrate("bringing the files back")
        self.gate.wait(cancel)
        (self.workspace / "app.yaml").write_text(POLICY)
        return None

    def answer(self, question_id: str, choice: str) -> Finding:
        self.calls.append(f"answer {question_id} {choice}")
        return Finding(
            question_id, "Who ends the container?", State.PASSED, "ok", "the kernel", choice, kind="question"
        )

    @property
    def client(self) -> Any:
        """A cluster in which a container is restarted with every fourth second of the clock."""

        def pods(_kind: str, _namespace: str) -> Any:
            status = {"containerStatuses": [{"restartCount": int(self.clock.seconds) // 4}]}
            return SimpleNamespace(items=[{"metadata": {"uid": "uid-web"}, "status": status}])

        def find(_kind: str, _namespace: str | None, name: str) -> Any:
            return None if self.forgotten else {"metadata": {"name": name}}

        return SimpleNamespace(list=pods, find=find, now=lambda: NOW)

    def environment(self) -> Mapping[str, str]:
        return {"KUBECONFIG": str(self.workspace / "kubeconfig")}

    def live(self, past: Past | None = None) -> Any:
        if self.stream.closed:
            self.stream = ScriptedStream(self.stream.view)
        self.stream.past = past or self.stream.past
        return self.stream

    def follow_log(self, pod: str, container: str, *, previous: bool = False, **_: Any) -> ScriptedLog:
        text = f"{'previous' if previous else 'current'} of {pod}/{container}\n{self.log}"
        self.opened = ScriptedLog([LogLine(NOW, line) for line in text.splitlines()])
        return self.opened


def _next(answers: list[Any]) -> Any:
    """The next scripted answer; the last one stays."""
    answer = answers.pop(0) if len(answers) > 1 else answers[0]
    if isinstance(answer, Exception):
        raise answer
    return answer


class ScriptedLab:
    """The lab; `attempts` has those that were started, by name."""

    def __init__(self, directory: Path, exercises: tuple[Exercise, ...] = CATALOGUE) -> None:
        self._directory = directory
        self.settings = Settings(home=directory / "home")
        self._exercises = exercises
        self._progress = Progress(records={"http-probe": Record(standing=Standing.SOLVED)})
        self.attempts: dict[str, ScriptedAttempt] = {}
        self.gate = Gate()
        self.problem: Exception | None = None
        """Raised by the next start."""
        self.started: list[str] = []
        self.messages: tuple[str, ...] = ()
        self.full = ""
        """Why progress cannot be written."""
        self.unreadable: tuple[ContentError, ...] = ()
        self.offered = ("embedded", frozenset({"image-builds"}))

    def facade(self) -> Lab:
        """As the front end is given it."""
        return cast("Lab", self)

    def warm(self) -> None:
        pass

    def exercises(self) -> tuple[Exercise, ...]:
        return self._exercises

    def cards(self) -> tuple[Card, ...]:
        return tuple(map(Card.of, self._exercises))

    def problems(self) -> tuple[ContentError, ...]:
        return self.unreadable

    def capabilities(self, _name: str | None = None) -> tuple[str, frozenset[str]]:
        return self.offered

    def progress(self) -> Progress:
        return self._progress

    def notices(self) -> tuple[str, ...]:
        return self.messages

    def unwritten(self) -> str:
        return self.full

    def mark(self, name: str, standing: Standing) -> None:
        """The learner is so far with it."""
        record = replace(self._progress.of(name), standing=standing)
        self._progress = replace(
            self._progress, records={**self._progress.records, name: record}, current=name
        )

    def attempt(self, name: str) -> ScriptedAttempt:
        """The attempt at an exercise, made when first asked for."""
        if name not in self.attempts:
            workspace = self._directory / name
            workspace.mkdir(parents=True, exist_ok=True)
            (workspace / "app.yaml").write_text(POLICY)
            (workspace / "service.yaml").write_text("apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n")
            found = next(one for one in self._exercises if one.name == name)
            self.attempts[name] = ScriptedAttempt(found, workspace, self)
        return self.attempts[name]

    def start(
        self, name: str, *, narrate: Narrate = silent, cancel: Cancel | None = None, **_: Any
    ) -> ScriptedAttempt:
        self.started.append(f"start {name}")
        narrate("bringing the embedded cluster up")
        narrate("applying the broken state")
        self.gate.wait(cancel)
        problem, self.problem = self.problem, None
        if problem is not None:
            raise problem
        if self._progress.of(name).standing is Standing.NEW:
            self.mark(name, Standing.STARTED)
        return self.attempt(name)

    def take_up(self, name: str) -> ScriptedAttempt:
        return self.resume(name)

    def resume(self, name: str | None = None, **_: Any) -> ScriptedAttempt:
        self.started.append(f"resume {name}")
        return self.attempt(name or self._progress.current)

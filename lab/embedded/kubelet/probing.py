"""Probe workers: when a container is probed, and what the answers amount to.

The order of checks in `due` and the counting in `probe_once` follow `pkg/kubelet/prober/worker.go` of
v1.36: a worker lives as long as its pod, ticks every `periodSeconds` from the moment the pod was first
synced (not from the container's start, which is why an `initialDelaySeconds` of 5 often means a first
probe after 9), holds after a liveness failure and after any verdict of a start-up probe until there is a
new container, and is triggered at once by a status update while its container is running but not ready.
How often an outcome came in a row outlives the container: after a crash one success more is enough for a
`successThreshold` that was reached before it, and one failure for a `failureThreshold` nearly reached.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from math import floor
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from lab.embedded.kubelet.instances import Instance

if TYPE_CHECKING:
    from lab.embedded.clock.agenda import Agenda, Timer

ProbeKind = Literal["liveness", "readiness", "startup"]
KINDS: tuple[ProbeKind, ...] = ("startup", "liveness", "readiness")

PRIORITY = 5
"""The kubelet looks at an instant after the programs have acted in it."""


TRIGGER_SECONDS = 0.5
"""From a change in a container to the readiness probe it triggers: half the relist period of the kubelet."""


class Outcome(Enum):
    """What one probe found. ERROR is the kubelet's own failure to probe; it is thrown away."""

    SUCCESS = "success"
    FAILURE = "failure"
    ERROR = "error"


INITIAL: Mapping[ProbeKind, Outcome] = {
    "liveness": Outcome.SUCCESS,
    "readiness": Outcome.FAILURE,
    "startup": Outcome.ERROR,
}
"""What counts before the first result (`initialValue` in the kubelet; unknown for start-up)."""


class ProbeSpec(Struct, frozen=True):
    """The parameters of a probe; seconds and counts, with the API's defaults."""

    kind: ProbeKind
    action: Mapping[str, Any]
    initial_delay: int = 0
    period: int = 10
    timeout: int = 1
    success_threshold: int = 1
    failure_threshold: int = 3
    grace_period: int | None = None

    @staticmethod
    def parse(kind: ProbeKind, probe: Mapping[str, Any]) -> ProbeSpec:
        """The parameters from a manifest's probe."""
        return ProbeSpec(
            kind,
            probe,
            probe.get("initialDelaySeconds") or 0,
            probe.get("periodSeconds") or 10,
            probe.get("timeoutSeconds") or 1,
            probe.get("successThreshold") or 1,
            probe.get("failureThreshold") or 3,
            probe.get("terminationGracePeriodSeconds"),
        )

    def threshold(self, outcome: Outcome) -> int:
        """How often in a row an outcome has to come to count."""
        return self.failure_threshold if outcome is Outcome.FAILURE else self.success_threshold


class ProbeState(Struct, frozen=True):
    """What a worker remembers between probes."""

    container_id: str = ""
    result: Outcome | None = None
    """The published result for `container_id`; None before there is a container."""
    last: Outcome | None = None
    run: int = 0
    """How often `last` came in a row. A worker keeps counting when its container is made anew."""
    on_hold: bool = False

    def run_of(self, outcome: Outcome) -> int:
        """How often an outcome that comes now has come in a row."""
        return self.run + 1 if self.last is outcome else 1


def probe_once(spec: ProbeSpec, state: ProbeState, outcome: Outcome) -> ProbeState:
    """The state after one probe's outcome; pure. A result changes only when its threshold is reached."""
    if outcome is Outcome.ERROR:
        return state
    run = state.run_of(outcome)
    state = replace(state, last=outcome, run=run)
    if run < spec.threshold(outcome):
        return state
    if spec.kind == "startup" or (outcome is Outcome.FAILURE and spec.kind == "liveness"):
        return replace(state, result=outcome, on_hold=True, run=0)  # nothing more until a new container
    return replace(state, result=outcome)


class Answer(Struct, frozen=True):
    """One answer that counted, or failed to (`Outcome.ERROR`)."""

    spec: ProbeSpec
    instance: Instance
    outcome: Outcome
    text: str
    asked: float
    """Seconds since the cluster's beginning."""
    run: int
    """How often this outcome came in a row; 0 for an error."""


Prober = Callable[[ProbeSpec, Instance, Callable[[Outcome, str], None]], None]
"""Carries out one probe and reports the outcome (`probes.Prober.probe`)."""


class ProbeWorker:
    """The worker of one probe of one container of one pod."""

    def __init__(
        self,
        agenda: Agenda,
        spec: ProbeSpec,
        current: Callable[[], Instance | None],
        prober: Prober,
        changed: Callable[[ProbeSpec, Outcome], None],
        answered: Callable[[Answer], None],
    ) -> None:
        """`current` tells the newest instance of the container.

        `changed` hears of published results, `answered` of every single answer.
        """
        self.spec = spec
        self.state = ProbeState()
        self._agenda = agenda
        self._current = current
        self._prober = prober
        self._changed = changed
        self._heard = answered
        self._timer: Timer | None = None
        self._probing = False
        self._triggered = False

    def start(self, delay: float = 0.0) -> None:
        """Begin ticking; `delay` spreads the first ticks after a reboot of the node."""
        self._timer = self._agenda.call_after(delay + self.spec.period, self._tick, PRIORITY)

    def stop(self) -> None:
        """End the worker; an answer still to come is ignored."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None

    def trigger(self) -> None:
        """Probe at once and count the period from here (a status update found the container not ready)."""
        if self._timer is None or self._triggered:
            return
        self._triggered = True
        self._agenda.call_after(TRIGGER_SECONDS, self._fire, PRIORITY)

    def result(self, container_id: str) -> Outcome | None:
        """The published result for this very container instance."""
        return self.state.result if self.state.container_id == container_id else None

    def _fire(self) -> None:
        self._triggered = False
        if self._timer is not None:
            self._timer.cancel()
            self._tick()

    def _tick(self) -> None:
        self._timer = self._agenda.call_after(self.spec.period, self._tick, PRIORITY)
        instance = self._current()
        if instance is None or not self._due(instance):
            return
        self._probing = True
        asked = self._agenda.now()
        self._prober(
            self.spec, instance, lambda outcome, text: self._answered(instance, outcome, text, asked)
        )

    def _due(self, instance: Instance) -> bool:
        if self._probing:
            return False
        if instance.id != self.state.container_id:
            initial = INITIAL[self.spec.kind]
            self.state = replace(self.state, container_id=instance.id, result=initial, on_hold=False)
        if self.state.on_hold:
            return False
        if not instance.running:
            self.state = replace(self.state, result=Outcome.FAILURE)
            return False
        started = floor(instance.started_at)  # the status tells whole seconds, and is what a worker looks at
        if int(self._agenda.now() - started + 1e-6) < self.spec.initial_delay:
            return False
        return instance.started != (self.spec.kind == "startup")

    def _answered(self, instance: Instance, outcome: Outcome, text: str, asked: float) -> None:
        self._probing = False
        if self._timer is None or instance.id != self.state.container_id:
            return
        before = self.state.result
        run = 0 if outcome is Outcome.ERROR else self.state.run_of(outcome)
        self.state = probe_once(self.spec, self.state, outcome)
        self._heard(Answer(self.spec, instance, outcome, text, asked, run))
        if self.state.result is not before and self.state.result is not None:
            self._changed(self.spec, self.state.result)

"""What an exercise can ask of a cluster: closed unions of checks, injections and expectations.

The classes are the schema: `catalogue.decode` reads YAML into them, `docs/exercises.md` is generated from
their annotations, and `checks` has one evaluator for each. Every value is frozen, every time is seconds of
cluster time.

Workloads and objects are named as kubectl names them: `deployment/web`, `pod/web`, `service/web`,
`secret/db`. Pods are always found through their owner references, never through labels: a stand-in pod behind
the same labels is not the workload.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

from lab.model.names import Pattern, Ref, Seconds
from lab.model.predicates import FieldIs

# --- state checks -------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class CheckSpec:
    """What all state checks have in common."""

    kind: ClassVar[str] = ""
    id: Annotated[str, "unique in the exercise; findings, guards and cheats refer to it"]
    title: Annotated[str, "one line the learner understands; a default is made from the kind"] = ""
    budget: Annotated[Seconds, "how long to wait for it; then waiting becomes a failure"] = 120.0


@dataclass(frozen=True, kw_only=True)
class Rollout(CheckSpec):
    """The newest version is rolled out: all replicas updated and available, none paused, none left over."""

    kind: ClassVar[str] = "rollout"
    workload: Ref
    replicas: Annotated[int, "at least so many replicas are wanted"] = 1


@dataclass(frozen=True, kw_only=True)
class PodsReady(CheckSpec):
    """So many pods of the workload are Ready."""

    kind: ClassVar[str] = "pods-ready"
    workload: Ref
    count: Annotated[int, "at least so many pods, and none that is not Ready"] = 1


@dataclass(frozen=True, kw_only=True)
class Stable(CheckSpec):
    """No container of the workload restarts for a whole window, and at its end all pods are Ready.

    With `cold_start` the lab deletes the workload's pods first (files are not applied again), so that the
    window covers the start as well.
    """

    kind: ClassVar[str] = "stable"
    workload: Ref
    window: Annotated[Seconds, "how long nothing may restart, from the start of the look"] = 60.0
    cold_start: Annotated[bool, "delete the workload's pods first and judge the new ones"] = True
    probe_failures: Annotated[
        int,
        "so many failed liveness probes in the second half of the window are forgiven; a probe that fails"
        " at random shows here",
    ] = 2
    budget: Annotated[Seconds, "how long after the window the pods may take to be Ready"] = 60.0


@dataclass(frozen=True, kw_only=True)
class ContainerState(CheckSpec):
    """A container of every pod of the workload is in a state."""

    kind: ClassVar[str] = "container-state"
    workload: Ref
    container: Annotated[str, "name of the container or init container; empty: every main container"] = ""
    state: Annotated[Literal["running", "waiting", "terminated"], "the state"] = "running"
    reason: Annotated[str, "the state's reason, such as `CreateContainerConfigError`; empty: any"] = ""


@dataclass(frozen=True, kw_only=True)
class LastState(CheckSpec):
    """How a container of the workload ended the last time."""

    kind: ClassVar[str] = "last-state"
    workload: Ref
    container: Annotated[str, "name of the container; empty: any"] = ""
    reason: Annotated[str, "`OOMKilled`, `Error`, `Completed`, …; empty: any"] = ""
    exit_code: Annotated[int | None, "the exit code; none: any"] = None
    absent: Annotated[bool, "no container has ended so"] = False


@dataclass(frozen=True, kw_only=True)
class Events(CheckSpec):
    """An event about an object (or any pod of a workload) is there, or is not, since the last apply."""

    kind: ClassVar[str] = "events"
    about: Annotated[str, "the object, or `pods:deployment/web`; empty: anything in the namespace"] = ""
    reason: Annotated[str, "the event's reason; empty: any"] = ""
    message: Annotated[Pattern | None, "found in the event's message"] = None
    absent: Annotated[bool, "no such event"] = False


@dataclass(frozen=True, kw_only=True)
class Log(CheckSpec):
    """The log of every pod of the workload has a line, or has none."""

    kind: ClassVar[str] = "log"
    workload: Ref
    container: Annotated[str, "name of the container; empty: any"] = ""
    pattern: Pattern
    says: Annotated[str, "the line in words; empty: findings show the pattern"] = ""
    absent: Annotated[bool, "no such line"] = False
    previous: Annotated[bool, "the log of the instance before"] = False


@dataclass(frozen=True, kw_only=True)
class Endpoints(CheckSpec):
    """A Service has ready endpoints, and all of them are pods of the workload."""

    kind: ClassVar[str] = "endpoints"
    service: Ref
    workload: Annotated[str, "the workload whose pods, and no others, may stand behind it"] = ""
    ready: Annotated[int, "at least so many ready addresses; with `workload`, all its ready pods"] = 1


@dataclass(frozen=True, kw_only=True)
class Http(CheckSpec):
    """Every ready pod of the workload answers a request through the API server's proxy."""

    kind: ClassVar[str] = "http"
    workload: Ref
    port: Annotated[int, "container port"] = 8080
    path: Annotated[str, "path and query"] = "/"
    status: Annotated[int, "the expected status"] = 200
    body: Annotated[Pattern | None, "found in the body"] = None


@dataclass(frozen=True, kw_only=True)
class Field(CheckSpec):
    """A field of an object, judged only where the field itself is the task (a ceiling for a limit, say)."""

    kind: ClassVar[str] = "field"
    must: Annotated[FieldIs, "what must hold"]
    why: Annotated[str, "the sentence the learner reads when it does not"] = ""
    budget: Seconds = 0.0


Check = Rollout | PodsReady | Stable | ContainerState | LastState | Events | Log | Endpoints | Http | Field


# --- experiments --------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Ask the demo image's fault port for a fault, in every pod of the workload, through the API's proxy."""

    kind: ClassVar[str] = "fault"
    workload: Ref
    fault: Annotated[str, "path on the fault port, such as `deadlock`"]
    port: Annotated[int, "the fault port"] = 9099
    undo: Annotated[
        str, "path that takes it back; empty: a restart heals it, the lab deletes the pods that did not"
    ] = ""
    parameters: Annotated[Mapping[str, str], "sent as the query"] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Outage:
    """Scale another workload to nothing, and back afterwards."""

    kind: ClassVar[str] = "outage"
    workload: Ref


@dataclass(frozen=True, kw_only=True)
class Rotate:
    """Change values of a Secret or ConfigMap and restart workloads; then the old values, the same way."""

    kind: ClassVar[str] = "rotate"
    of: Annotated[str, "`secret/name` or `configmap/name`"]
    values: Annotated[Mapping[str, str], "new values by key; `{random}` becomes a fresh word"]
    restart: Annotated[tuple[str, ...], "workloads whose pods are deleted after the change, in order"]


@dataclass(frozen=True, kw_only=True)
class DeletePods:
    """Delete the pods of workloads, all at once, in the order given: a cold start."""

    kind: ClassVar[str] = "delete-pods"
    workloads: Annotated[tuple[str, ...], "the workloads"]


@dataclass(frozen=True, kw_only=True)
class Nothing:
    """Change nothing: only watch."""

    kind: ClassVar[str] = "nothing"


Injection = Fault | Outage | Rotate | DeletePods | Nothing


@dataclass(frozen=True, kw_only=True)
class Restarted:
    """Every pod the injection met is restarted in place within the time, for the reason that is asked for.

    The cause is read from the kubelet's events and from how the container ended, never from the manifest.
    """

    kind: ClassVar[str] = "restarted"
    workload: Ref
    within: Seconds = 90.0
    because: Annotated[Literal["any", "liveness", "startup", "exit", "oom"], "what ended the container"] = (
        "any"
    )


@dataclass(frozen=True, kw_only=True)
class NotRestarted:
    """No container of the workload restarts, and no pod is replaced, for the whole time."""

    kind: ClassVar[str] = "not-restarted"
    workload: Ref
    seconds: Seconds = 60.0


@dataclass(frozen=True, kw_only=True)
class BecameReady:
    """All pods of the workload are Ready within the time."""

    kind: ClassVar[str] = "became-ready"
    workload: Ref
    within: Seconds = 120.0


@dataclass(frozen=True, kw_only=True)
class BecameUnready:
    """No pod of the workload is Ready any more within the time."""

    kind: ClassVar[str] = "became-unready"
    workload: Ref
    within: Seconds = 60.0


@dataclass(frozen=True, kw_only=True)
class StayedReady:
    """All pods of the workload stay Ready for the whole time."""

    kind: ClassVar[str] = "stayed-ready"
    workload: Ref
    seconds: Seconds = 60.0


@dataclass(frozen=True, kw_only=True)
class EndpointsBecame:
    """The Service has this many ready addresses within the time."""

    kind: ClassVar[str] = "endpoints-became"
    service: Ref
    ready: Annotated[int, "exactly so many; -1: as many as the workload wants replicas, at least one"] = 0
    workload: Annotated[str, "the workload meant by -1"] = ""
    within: Seconds = 60.0


@dataclass(frozen=True, kw_only=True)
class Serves:
    """Every pod of the workload answers a request within the time."""

    kind: ClassVar[str] = "serves"
    workload: Ref
    port: int = 8080
    path: str = "/"
    status: int = 200
    body: Annotated[Pattern | None, "found in the body"] = None
    within: Seconds = 60.0


@dataclass(frozen=True, kw_only=True)
class LogSays:
    """The log of every pod of the workload has a line within the time."""

    kind: ClassVar[str] = "log-says"
    workload: Ref
    pattern: Annotated[Pattern, "`{key}` stands for the value the injection gave that key"]
    says: Annotated[str, "the line in words; empty: findings show the pattern"] = ""
    container: Annotated[str, "name of the container; empty: any"] = ""
    within: Seconds = 60.0


Expectation = (
    Restarted | NotRestarted | BecameReady | BecameUnready | StayedReady | EndpointsBecame | Serves | LogSays
)


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """A fault the lab injects after all checks passed, what must then be seen, and what after it is undone.

    The undo is the injection's own and always happens.
    """

    id: Annotated[str, "unique in the exercise; guards and cheats refer to it"]
    title: Annotated[str, "one line the learner understands"]
    inject: Injection
    expect: Annotated[tuple[Expectation, ...], "judged from the moment of the injection, side by side"]
    again_after: Annotated[
        tuple[Expectation, ...],
        "judged from the first undoing; as soon as they hold the injection is made a second time, and what is"
        " expected must hold again: right after a probe was asked, which is the worst moment for a slow one",
    ] = ()
    afterwards: Annotated[tuple[Expectation, ...], "judged from the moment the injection is undone"] = ()
    why: Annotated[str, "what it teaches, shown when it fails and no guard explains more"] = ""

"""What an experiment has changed and not put back yet: written to the namespace before it is changed.

An experiment undoes its injection whatever happens to it, unless the lab itself is killed. So the way back is
kept as an annotation of the exercise's namespace from before the injection until after the undoing, and the
next lab that works there goes it (`repair`). Each step back can be gone twice, so it does not matter where
the earlier lab was interrupted.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from lab.attempt.cancel import Narrate, silent
from lab.errors import LabError
from lab.kube import ApiError, reference

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.kube import Client
    from lab.model.observation import Object

UNDO = "podlab.dev/undo"
"""The annotation: one way back as JSON."""


@dataclass(frozen=True)
class WayBack:
    """How an injection is undone by somebody who knows nothing but this."""

    of: str
    """What was changed: `deployment/db`."""
    patch: Any = None
    """Merge patch that puts it back; None: the object itself was not changed."""
    pods: Sequence[Sequence[str]] = ()
    """Name and UID of pods that were given a fault."""
    port: int = 0
    """Port the pods are asked on to mend themselves; 0: they are deleted."""
    path: str = ""
    """What they are asked for; empty: they are deleted."""
    restart: Sequence[str] = ()
    """Workloads whose pods run with what is put back, and so are started anew."""


def note(client: Client, namespace: str, way: WayBack) -> None:
    """Write the way back down; to be called before anything is changed.

    Raises:
        lab.errors.ObservationLost: the cluster does not answer.
        lab.kube.ApiError: the namespace cannot be changed, so nothing may be injected.
    """
    _annotate(client, namespace, json.dumps(asdict(way), separators=(",", ":")))


def forget(client: Client, namespace: str) -> None:
    """Everything is as it was before."""
    _annotate(client, namespace, None)


def repair(client: Client, live: Object, narrate: Narrate = silent) -> bool:
    """Put back what a lab that was killed had changed in this (live) namespace; whether there was anything.

    Raises:
        lab.errors.ObservationLost: the cluster does not answer; the way back stays written down.
    """
    metadata = live["metadata"]
    text = (metadata.get("annotations") or {}).get(UNDO)
    if not text:
        return False
    namespace = str(metadata["name"])
    try:
        way = WayBack(**json.loads(text))
    except (ValueError, TypeError):
        forget(client, namespace)
        narrate("an experiment was cut off, and what it changed cannot be told any more: podlab reset helps")
        return False
    narrate(f"an earlier check was cut off during an experiment; putting back {way.of}")
    if way.patch is not None:
        kind, name = reference(way.of)
        try:
            client.patch(kind, namespace, name, way.patch, style="merge")
        except ApiError as error:
            if not error.not_found:
                raise
    for name, uid in way.pods:
        _mend(client, namespace, way, str(name), str(uid))
    for workload in way.restart:
        _restart(client, namespace, workload)
    forget(client, namespace)
    return True


def _mend(client: Client, namespace: str, way: WayBack, name: str, uid: str) -> None:
    """Take the fault from a pod: by its own means, or by letting its owner make another one."""
    pod = client.find("Pod", namespace, name)
    if pod is None or pod["metadata"]["uid"] != uid:
        return
    if way.port and way.path:
        try:
            answer = client.proxy(namespace, name, way.port, way.path, method="POST")
        except LabError:
            pass  # it hangs, or is not there any more: it is deleted below
        else:
            if not answer.error and answer.status < 300:
                return
    if pod["metadata"].get("ownerReferences"):
        client.delete("Pod", namespace, name)


def _restart(client: Client, namespace: str, workload: str) -> None:
    kind, name = reference(workload)
    live = client.find(kind, namespace, name) or {}
    labels = ((live.get("spec") or {}).get("selector") or {}).get("matchLabels") or {}
    if not labels:
        return  # gone, or selected in a way the lab's exercises do not use
    selector = ",".join(f"{key}={value}" for key, value in labels.items())
    for pod in client.list("Pod", namespace, labels=selector).items:
        client.delete("Pod", namespace, str(pod["metadata"]["name"]))


def _annotate(client: Client, namespace: str, value: str | None) -> None:
    body = {"metadata": {"annotations": {UNDO: value}}}
    client.patch("Namespace", None, namespace, body, style="merge")

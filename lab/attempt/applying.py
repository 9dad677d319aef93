"""Workspace to cluster: a namespace of the lab's own, all manifests tried first, the rest pruned.

All manifests go through the server's dry run first, so a mistake in the last file leaves the cluster as it
was. The server's complaints are brought back to the file and line they are about. Pruned are only objects
that carry the lab's label and belong to nobody else, of kinds a learner writes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.attempt import refusals
from lab.attempt.cancel import Cancel, Narrate, silent
from lab.attempt.complaints import located, unheard
from lab.attempt.views import ApplyResult
from lab.catalogue.problems import ContentProblems
from lab.errors import ContentError, NotAbleError
from lab.kube import ApiError, Client, apply

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lab.attempt.manifests import Manifest
    from lab.model.observation import Object
    from lab.providers.base import ClusterClock

MANAGED = "app.kubernetes.io/managed-by"
OWNER = "podlab"
EXERCISE = "podlab.dev/exercise"
LABELS = {MANAGED: OWNER}
"""On every object the lab makes."""

PRUNED = (
    "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "Pod", "Service", "ConfigMap", "Secret",
    "ServiceAccount", "NetworkPolicy", "PodDisruptionBudget", "ResourceQuota", "LimitRange",
)  # fmt: skip
"""Kinds that are pruned. Never Endpoints or EndpointSlices: they copy their Service's labels."""

NAMESPACE_SECONDS = 120
"""Seconds a namespace that is being deleted is given to be gone."""


def ensure_namespace(
    client: Client,
    name: str,
    exercise: str,
    cancel: Cancel | None = None,
    *,
    clock: ClusterClock | None = None,
) -> bool:
    """Make the namespace unless it is there; True when it was made.

    One that is being deleted is waited for: in cluster time where that can be skipped, since its pods have a
    grace period to go.

    Raises:
        NotAbleError: a namespace of that name is somebody else's, or does not finish being deleted.
    """
    for _ in range(NAMESPACE_SECONDS):
        live = client.find("Namespace", None, name)
        if live is None:
            break
        require_owned(live)
        if not live["metadata"].get("deletionTimestamp"):
            return False
        if clock is not None and clock.skips:
            clock.wait(1.0)
        else:
            (cancel or Cancel()).wait(1.0)
        if cancel is not None:
            cancel.check()
    else:
        raise NotAbleError(
            f"the namespace {name} has been on its way out for {NAMESPACE_SECONDS} s",
            remedy=f"see what holds it: kubectl get namespace {name} -o yaml",
        )
    body = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": name, "labels": {**LABELS, EXERCISE: exercise}},
    }
    client.create(body, None)
    return True


def require_owned(namespace: Object) -> None:
    """Go on only in a namespace of the lab's own.

    Raises:
        NotAbleError: it does not carry the lab's label.
    """
    metadata = namespace["metadata"]
    if (metadata.get("labels") or {}).get(MANAGED) != OWNER:
        raise NotAbleError(
            f"the namespace {metadata['name']} is not the lab's: it does not carry {MANAGED}={OWNER}",
            remedy="podlab leaves it alone; rename or remove it yourself, or choose another --provider",
        )


def apply_manifests(
    client: Client,
    manifests: Sequence[Manifest],
    namespace: str,
    *,
    prune: bool = True,
    narrate: Narrate = silent,
    cancel: Cancel | None = None,
) -> ApplyResult:
    """Make the namespace's objects what the manifests say; see the module's docstring.

    Once the first object is written the rest follow, whatever `cancel` says: nothing is left half applied.

    Raises:
        ContentProblems: the server refused manifests, each with file and line; nothing was applied.
        ObservationLost: the cluster stopped answering.
    """
    refuse(refusals.outside(manifests, namespace))
    problems: list[ContentError] = []
    for manifest in manifests:
        if cancel is not None:
            cancel.check()
        problems.extend(unheard(manifest))
        try:
            apply(client, manifest.object, namespace, labels=LABELS, dry_run=True)
        except ApiError as error:
            problems.extend(located(manifest, error))
    refuse(problems)
    changes: dict[str, list[str]] = {"created": [], "configured": [], "unchanged": []}
    warnings: list[str] = []
    for manifest in manifests:
        try:
            applied = apply(client, manifest.object, namespace, labels=LABELS)
        except ApiError as error:
            raise ContentProblems(list(located(manifest, error))) from error
        changes[applied.change].append(manifest.reference)
        warnings += [f"{manifest.file}: {manifest.reference}: {text}" for text in applied.warnings]
        if applied.change != "unchanged":
            narrate(f"{manifest.reference} {applied.change}")
    pruned = _prune(client, manifests, namespace, narrate) if prune else ()
    return ApplyResult(
        created=tuple(changes["created"]),
        configured=tuple(changes["configured"]),
        unchanged=tuple(changes["unchanged"]),
        pruned=pruned,
        warnings=tuple(warnings),
    )


def refuse(problems: Sequence[ContentError]) -> None:
    """Stop when there is anything wrong.

    Raises:
        ContentProblems: there is; all of it.
    """
    if problems:
        raise ContentProblems(list(problems))


def _prune(
    client: Client, manifests: Sequence[Manifest], namespace: str, narrate: Narrate
) -> tuple[str, ...]:
    wanted = {(manifest.kind, manifest.name) for manifest in manifests}
    pruned = []
    for kind, name in owned_objects(client, namespace):
        if (kind, name) not in wanted:
            client.delete(kind, namespace, name)
            pruned.append(f"{kind.lower()}/{name}")
            narrate(f"{kind.lower()}/{name} pruned: no file declares it any more")
    return tuple(pruned)


def owned_objects(client: Client, namespace: str) -> Iterator[tuple[str, str]]:
    """Kind and name of what the lab applied in a namespace and nobody else owns."""
    for kind in PRUNED:
        try:
            listed = client.list(kind, namespace, labels=f"{MANAGED}={OWNER}")
        except ApiError as error:
            if error.not_found:
                continue  # this cluster does not serve the kind, so there are none
            raise
        for live in listed.items:
            metadata = live["metadata"]
            if not metadata.get("ownerReferences") and not metadata.get("deletionTimestamp"):
                yield kind, str(metadata["name"])

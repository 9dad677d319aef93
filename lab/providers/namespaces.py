"""The lab's namespaces in a cluster: found by label, removed by label, nothing else ever touched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.errors import LabError
from lab.kube import Client

if TYPE_CHECKING:
    from pathlib import Path

    from lab.providers.base import Progress

MANAGED = "app.kubernetes.io/managed-by"
OWNER = "podlab"


def server_version(kubeconfig: Path, *, timeout: float = 10.0) -> str:
    """The version the API server of this kubeconfig answers with, such as `v1.36.1`.

    Raises:
        ObservationLost: nobody answers within `timeout` host seconds.
        NotAbleError: the kubeconfig cannot be used.
        lab.kube.ApiError: the server refuses.
    """
    client = Client(kubeconfig)
    try:
        return str(client.request("GET", "/version", timeout=timeout).json().get("gitVersion", ""))
    finally:
        client.close()


def remove_owned(kubeconfig: Path, progress: Progress) -> tuple[str, ...]:
    """Delete the namespaces the lab made, and return their names.

    Raises:
        ExceptionGroup: some could not be deleted; the others were.
        ObservationLost: the cluster does not answer.
    """
    client = Client(kubeconfig)
    removed: list[str] = []
    failed: list[LabError] = []
    try:
        for namespace in client.list("Namespace", None, labels=f"{MANAGED}={OWNER}").items:
            name = str(namespace["metadata"]["name"])
            progress(f"deleting the namespace {name}")
            try:
                client.delete("Namespace", None, name)
            except LabError as error:
                failed.append(error)
            else:
                removed.append(name)
    finally:
        client.close()
    if failed:
        raise (
            failed[0] if len(failed) == 1 else ExceptionGroup("namespaces that could not be deleted", failed)
        )
    return tuple(removed)

"""Pods and their service accounts: the admission plugin `ServiceAccount`.

A pod runs as `default` unless it says otherwise; an account that does not exist keeps it out. A pod without
pull secrets has those of its account. The token of the account, the certificate of the cluster and the name
of the namespace are mounted into every container that does not mount something there itself
(`plugin/pkg/admission/serviceaccount`). One difference: where even `default` does not exist yet (a namespace
made this instant), the pod is let in without a token.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.api import errors
from lab.embedded.api.identities import ALPHABET
from lab.embedded.objects.copying import copy_json

if TYPE_CHECKING:
    from lab.embedded.api.strategy import Cluster

Object = dict[str, Any]

MOUNT_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"
TOKEN_SECONDS = 3607
DEFAULT = "default"


def admit_account(kind: errors.Named, cluster: Cluster, pod: Object) -> None:
    """Settle a new pod's service account and mount its token.

    Raises:
        ApiError: 403; there is no such service account.
    """
    spec, metadata = pod["spec"], pod["metadata"]
    name = spec.setdefault("serviceAccountName", DEFAULT)
    spec["serviceAccount"] = name
    account = cluster.find("serviceaccounts", metadata["namespace"], name)
    if account is None:
        if name != DEFAULT:
            where = f"{metadata['namespace']}/{name}"
            why = f'error looking up service account {where}: serviceaccount "{name}" not found'
            raise errors.forbidden(kind, metadata["name"], why)
        return
    if not spec.get("imagePullSecrets") and account.get("imagePullSecrets"):
        spec["imagePullSecrets"] = copy_json(account["imagePullSecrets"])
    if spec.get("automountServiceAccountToken", account.get("automountServiceAccountToken", True)):
        _mount_token(spec, metadata["uid"])


def _mount_token(spec: Object, uid: str) -> None:
    volume = f"kube-api-access-{_suffix(uid)}"
    mounted = False
    for container in (*(spec.get("initContainers") or ()), *(spec.get("containers") or ())):
        mounts = container.setdefault("volumeMounts", [])
        if not any(each.get("mountPath") == MOUNT_PATH for each in mounts):
            mounts.append({"name": volume, "readOnly": True, "mountPath": MOUNT_PATH})
            mounted = True
    if mounted:
        spec.setdefault("volumes", []).append({"name": volume, "projected": _token_source()})


def _token_source() -> Object:
    namespace = {"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}
    certificate = {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}
    return {
        "defaultMode": 0o644,
        "sources": [
            {"serviceAccountToken": {"expirationSeconds": TOKEN_SECONDS, "path": "token"}},
            {"configMap": certificate},
            {"downwardAPI": {"items": [namespace]}},
        ],
    }


def _suffix(uid: str) -> str:
    """Five letters that follow from the pod's UID, so that no other random name depends on this one."""
    number = int(uid.replace("-", ""), 16)
    letters = []
    for _ in range(5):
        number, place = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[place])
    return "".join(letters)

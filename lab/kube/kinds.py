"""Kinds and where they live in the API: a table for those the lab meets, discovery for all others."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """One kind of object as the API serves it."""

    name: str
    """`Deployment`."""
    version: str
    """`apps/v1`; `v1` for the core group."""
    plural: str
    namespaced: bool = True

    def path(self, namespace: str | None, name: str = "", subresource: str = "") -> str:
        """The URL path of the collection, an object, or its subresource."""
        root = f"/api/{self.version}" if "/" not in self.version else f"/apis/{self.version}"
        middle = f"/namespaces/{namespace}" if self.namespaced and namespace else ""
        tail = "".join(f"/{part}" for part in (name, subresource) if part)
        return f"{root}{middle}/{self.plural}{tail}"


_TABLE = (
    Kind("Namespace", "v1", "namespaces", namespaced=False),
    Kind("Node", "v1", "nodes", namespaced=False),
    Kind("Pod", "v1", "pods"),
    Kind("Service", "v1", "services"),
    Kind("Endpoints", "v1", "endpoints"),
    Kind("ConfigMap", "v1", "configmaps"),
    Kind("Secret", "v1", "secrets"),
    Kind("ServiceAccount", "v1", "serviceaccounts"),
    Kind("Event", "v1", "events"),
    Kind("LimitRange", "v1", "limitranges"),
    Kind("ResourceQuota", "v1", "resourcequotas"),
    Kind("PersistentVolumeClaim", "v1", "persistentvolumeclaims"),
    Kind("Deployment", "apps/v1", "deployments"),
    Kind("ReplicaSet", "apps/v1", "replicasets"),
    Kind("StatefulSet", "apps/v1", "statefulsets"),
    Kind("DaemonSet", "apps/v1", "daemonsets"),
    Kind("Job", "batch/v1", "jobs"),
    Kind("NetworkPolicy", "networking.k8s.io/v1", "networkpolicies"),
    Kind("PodDisruptionBudget", "policy/v1", "poddisruptionbudgets"),
)
_BY_NAME = {kind.name: kind for kind in _TABLE}
_BY_WORD = {word: kind for kind in _TABLE for word in (kind.name.lower(), kind.plural)} | {
    "deploy": _BY_NAME["Deployment"],
    "rs": _BY_NAME["ReplicaSet"],
    "po": _BY_NAME["Pod"],
    "svc": _BY_NAME["Service"],
    "cm": _BY_NAME["ConfigMap"],
    "ns": _BY_NAME["Namespace"],
    "ep": _BY_NAME["Endpoints"],
    "netpol": _BY_NAME["NetworkPolicy"],
}


def kind_of(word: str, version: str = "") -> Kind | None:
    """The kind a word means (`Deployment`, `deployments`, `deploy`), at that apiVersion if one is given."""
    kind = _BY_NAME.get(word) or _BY_WORD.get(word.lower())
    return kind if kind is not None and version in {"", kind.version} else None


def reference(ref: str) -> tuple[Kind, str]:
    """Kind and name of `deployment/web`.

    Raises:
        ValueError: it names no kind the lab knows.
    """
    word, _, name = ref.partition("/")
    kind = kind_of(word)
    if kind is None or not name:
        raise ValueError(f"{ref!r} names no object: write kind/name")
    return kind, name

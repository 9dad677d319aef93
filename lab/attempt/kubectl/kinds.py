"""Which words of a command line name kinds, and whether those live in a namespace.

Kinds are known by plural, singular, short names and groups, as the API's discovery has them. A word that is
not here is no kind of a namespace as far as the lab knows: a list of what is harmful would never be complete.
"""

from __future__ import annotations

import difflib

_NAMESPACED = """
all
bindings
configmaps cm
controllerrevisions
cronjobs cj
csistoragecapacities
daemonsets ds
deployments deploy
endpoints ep
endpointslices
events ev
horizontalpodautoscalers hpa
ingresses ing
jobs
leases
limitranges limits
localsubjectaccessreviews
networkpolicies netpol
persistentvolumeclaims pvc
poddisruptionbudgets pdb
pods po
podtemplates
replicasets rs
replicationcontrollers rc
resourcequotas quota
rolebindings
roles
secrets
serviceaccounts sa
services svc
statefulsets sts
"""
_CLUSTER = """
apiservices
certificatesigningrequests csr
clusterrolebindings
clusterroles
componentstatuses cs
csidrivers
csinodes
customresourcedefinitions crd crds
ingressclasses
mutatingwebhookconfigurations
namespaces ns
nodes no
persistentvolumes pv
priorityclasses pc
runtimeclasses
storageclasses sc
validatingadmissionpolicies
validatingadmissionpolicybindings
validatingwebhookconfigurations
volumeattachments
"""
_ALIKE = {"endpoints", "componentstatuses", "limits", "crds"}


def _singular(plural: str) -> str:
    if plural.endswith("ies"):
        return plural[:-3] + "y"
    if plural.endswith(("sses", "ses")) and not plural.endswith(("leases", "databases")):
        return plural[:-2]
    return plural.removesuffix("s")


def _names(text: str) -> dict[str, str]:
    found = {}
    for line in text.split("\n"):
        names = line.split()
        for name in names:
            found[name] = names[0]
        if names and names[0] not in _ALIKE:
            found[_singular(names[0])] = names[0]
    return found


_NAMESPACED_NAMES, _CLUSTER_NAMES = _names(_NAMESPACED), _names(_CLUSTER)


def plural(word: str) -> str:
    """The plural of a kind however it was written (`deploy`, `Deployment.v1.apps`); unknown: unchanged."""
    name = word.lower().partition(".")[0]
    return _NAMESPACED_NAMES.get(name) or _CLUSTER_NAMES.get(name) or word


def namespaced(word: str) -> bool:
    """Whether a kind is known to live in a namespace."""
    return plural(word) in _NAMESPACED_NAMES and _own_group(word)


def cluster_wide(word: str) -> bool:
    """Whether a kind is known to live in none."""
    return plural(word) in _CLUSTER_NAMES


def nearest(word: str) -> str:
    """The kind a word may have been meant for; empty: none is near."""
    near = difflib.get_close_matches(word.lower(), list(_NAMESPACED_NAMES), n=1, cutoff=0.6)
    return near[0] if near else ""


_GROUPS = frozenset(
    {"apps", "batch", "autoscaling", "policy", "networking.k8s.io", "discovery.k8s.io", "events.k8s.io",
     "coordination.k8s.io", "rbac.authorization.k8s.io", "storage.k8s.io", "extensions"}
)  # fmt: skip


def _own_group(word: str) -> bool:
    """Whether a group written behind a kind is Kubernetes' own: others may mean anything by the name."""
    _, dot, rest = word.lower().partition(".")
    version, _, behind = rest.partition(".")
    return not dot or rest in _GROUPS or (version.startswith("v") and (not behind or behind in _GROUPS))

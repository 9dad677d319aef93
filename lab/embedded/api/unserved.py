"""Kinds that this cluster does not have, so that a request for one is told so by name.

A server without a kind answers 404 with one sentence whatever the kind; here the sentence goes on, and for
kinds that other clusters have says it of all versions.
"""

from __future__ import annotations

from lab.embedded.api.errors import ApiError

NOT_SERVED = {
    "": (
        "componentstatuses", "persistentvolumeclaims", "persistentvolumes", "podtemplates",
        "replicationcontrollers",
    ),
    "admissionregistration.k8s.io": (
        "mutatingwebhookconfigurations", "validatingadmissionpolicies", "validatingadmissionpolicybindings",
        "validatingwebhookconfigurations",
    ),
    "apiextensions.k8s.io": ("customresourcedefinitions",),
    "apiregistration.k8s.io": ("apiservices",),
    "apps": ("controllerrevisions", "daemonsets", "statefulsets"),
    "autoscaling": ("horizontalpodautoscalers",),
    "batch": ("cronjobs",),
    "certificates.k8s.io": ("certificatesigningrequests",),
    "coordination.k8s.io": ("leasecandidates",),
    "flowcontrol.apiserver.k8s.io": ("flowschemas", "prioritylevelconfigurations"),
    "gateway.networking.k8s.io": ("gatewayclasses", "gateways", "httproutes"),
    "networking.k8s.io": ("ingressclasses", "ingresses"),
    "node.k8s.io": ("runtimeclasses",),
    "rbac.authorization.k8s.io": ("clusterrolebindings", "clusterroles", "rolebindings", "roles"),
    "resource.k8s.io": ("deviceclasses", "resourceclaims", "resourceclaimtemplates", "resourceslices"),
    "scheduling.k8s.io": ("priorityclasses",),
    "storage.k8s.io": ("csidrivers", "csinodes", "storageclasses", "volumeattachments"),
}  # fmt: skip


def no_such_kind(group: str, version: str, plural: str) -> ApiError:
    """404: nothing of that name is served, at least in that version."""
    known = plural in NOT_SERVED.get(group, ())
    name = ".".join(filter(None, (plural, "" if known else version, group)))
    return ApiError(
        404,
        "NotFound",
        f"the server could not find the requested resource: Podlab's embedded cluster does not serve {name}",
    )


NO_PARTS = {"serviceaccounts": ("token",), "pods": ("resize",)}
"""Subresources that other clusters have."""


def no_such_part(resource: str, subresource: str) -> ApiError:
    """404: nothing of that name is a part of the objects; one that other clusters have is named."""
    message = "the server could not find the requested resource"
    if subresource in NO_PARTS.get(resource, ()):
        message += f": Podlab's embedded cluster does not serve {resource}/{subresource}"
    return ApiError(404, "NotFound", message)

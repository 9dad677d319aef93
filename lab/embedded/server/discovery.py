"""Discovery: groups, versions, resources and verbs, in the legacy and in the aggregated form."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

import orjson

from lab.embedded.api.errors import no_such_resource

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lab.embedded.api.kinds import Kind, KindTable, Subresource

Object = dict[str, Any]

BUILT_IN = (
    ("authorization.k8s.io", "v1", "SelfSubjectAccessReview", "selfsubjectaccessreviews"),
    ("authorization.k8s.io", "v1", "SelfSubjectRulesReview", "selfsubjectrulesreviews"),
    ("authentication.k8s.io", "v1", "SelfSubjectReview", "selfsubjectreviews"),
)
"""Kinds without objects, answered by `reviews`: (group, version, kind, plural)."""

METRICS = (
    ("metrics.k8s.io", "v1beta1", "NodeMetrics", "nodes"),
    ("metrics.k8s.io", "v1beta1", "PodMetrics", "pods"),
)
"""Kinds that are worked out when asked for, answered by `metrics`: (group, version, kind, plural)."""


class Discovery:
    """All discovery documents of one table of kinds."""

    def __init__(self, kinds: KindTable) -> None:
        self._resources: dict[tuple[str, str], list[Object]] = {}
        self._aggregated: dict[tuple[str, str], list[Object]] = {}
        for kind in _all(kinds):
            key = (kind.group, kind.version)
            self._resources.setdefault(key, []).extend(_legacy(kind))
            self._aggregated.setdefault(key, []).append(_aggregated(kind))
        for group, version, name, plural in (*BUILT_IN, *METRICS):
            legacy, aggregated = _unstored(group, version, name, plural)
            self._resources.setdefault((group, version), []).append(legacy)
            self._aggregated.setdefault((group, version), []).append(aggregated)

    def group_versions(self) -> Sequence[tuple[str, str]]:
        """Every (group, version), core first."""
        return list(self._resources)

    def core_versions(self, address: str) -> Object:
        """`/api`, in the legacy form."""
        return {
            "kind": "APIVersions",
            "versions": ["v1"],
            "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": address}],
        }

    def groups(self) -> Object:
        """`/apis`, in the legacy form."""
        return {
            "kind": "APIGroupList",
            "apiVersion": "v1",
            "groups": [self.group(name) for name in self._names()],
        }

    def group(self, name: str) -> Object:
        """`/apis/GROUP`.

        Raises:
            ApiError: 404.
        """
        versions = [
            {"groupVersion": f"{group}/{version}", "version": version}
            for group, version in self._resources
            if group == name and group
        ]
        if not versions:
            raise no_such_resource()
        return {
            "kind": "APIGroup",
            "apiVersion": "v1",
            "name": name,
            "versions": versions,
            "preferredVersion": versions[0],
        }

    def resources(self, group: str, version: str) -> Object:
        """`/api/v1` or `/apis/GROUP/VERSION`.

        Raises:
            ApiError: 404.
        """
        found = self._resources.get((group, version))
        if found is None:
            raise no_such_resource()
        return {
            "kind": "APIResourceList",
            "apiVersion": "v1",
            "groupVersion": f"{group}/{version}" if group else version,
            "resources": found,
        }

    def aggregated(self, *, core: bool, api_version: str) -> Object:
        """`/api` or `/apis` in the aggregated form (`apidiscovery.k8s.io/v2`)."""
        names = [""] if core else self._names()
        return {
            "kind": "APIGroupDiscoveryList",
            "apiVersion": f"apidiscovery.k8s.io/{api_version}",
            "metadata": {},
            "items": [self._aggregated_group(name) for name in names],
        }

    def etag(self) -> str:
        """Changes when any of this does."""
        return hashlib.sha256(orjson.dumps([*self._aggregated.values()])).hexdigest().upper()

    def _names(self) -> list[str]:
        return [name for name in dict.fromkeys(group for group, _ in self._resources) if name]

    def _aggregated_group(self, name: str) -> Object:
        return {
            "metadata": {"name": name, "creationTimestamp": None} if name else {"creationTimestamp": None},
            "versions": [
                {"version": version, "resources": found, "freshness": "Current"}
                for (group, version), found in self._aggregated.items()
                if group == name
            ],
        }


def _all(kinds: KindTable) -> Iterable[Kind]:
    table: Any = kinds
    return list(table)


def _storage_hash(kind: Kind) -> str:
    return base64.b64encode(hashlib.sha256(kind.resource.encode()).digest()[:8]).decode()


def _legacy(kind: Kind) -> list[Object]:
    resource: Object = {
        "name": kind.plural,
        "singularName": kind.singular,
        "namespaced": kind.namespaced,
        "kind": kind.kind,
        "verbs": list(kind.verbs),
    }
    if kind.short_names:
        resource["shortNames"] = list(kind.short_names)
    if kind.categories:
        resource["categories"] = list(kind.categories)
    resource["storageVersionHash"] = _storage_hash(kind)
    return [resource, *(_legacy_subresource(kind, each) for each in kind.subresources)]


def _legacy_subresource(kind: Kind, sub: Subresource) -> Object:
    found: Object = {
        "name": f"{kind.plural}/{sub.name}",
        "singularName": "",
        "namespaced": kind.namespaced,
        "kind": sub.kind or kind.kind,
        "verbs": list(sub.verbs),
    }
    if sub.kind and sub.version:
        found["group"], found["version"] = sub.group, sub.version
    return found


def _aggregated(kind: Kind) -> Object:
    resource: Object = {
        "resource": kind.plural,
        "responseKind": {"group": kind.group, "version": kind.version, "kind": kind.kind},
        "scope": "Namespaced" if kind.namespaced else "Cluster",
        "singularResource": kind.singular,
        "verbs": list(kind.verbs),
    }
    if kind.short_names:
        resource["shortNames"] = list(kind.short_names)
    if kind.categories:
        resource["categories"] = list(kind.categories)
    if kind.subresources:
        resource["subresources"] = [
            {
                "subresource": each.name,
                "responseKind": {
                    "group": each.group if each.kind and each.version else kind.group,
                    "version": each.version or kind.version,
                    "kind": each.kind or kind.kind,
                },
                "verbs": list(each.verbs),
            }
            for each in kind.subresources
        ]
    return resource


def _unstored(group: str, version: str, name: str, plural: str) -> tuple[Object, Object]:
    """A kind without stored objects, in the legacy and in the aggregated form."""
    metrics = (group, version, name, plural) in METRICS
    verbs = ["get", "list"] if metrics else ["create"]
    namespaced = metrics and plural == "pods"
    singular = "" if metrics else name.lower()
    legacy = {
        "name": plural,
        "singularName": singular,
        "namespaced": namespaced,
        "kind": name,
        "verbs": verbs,
    }
    aggregated = {
        "resource": plural,
        "responseKind": {"group": group, "version": version, "kind": name},
        "scope": "Namespaced" if namespaced else "Cluster",
        "singularResource": singular,
        "verbs": verbs,
    }
    return legacy, aggregated

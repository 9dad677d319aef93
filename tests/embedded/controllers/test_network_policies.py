"""NetworkPolicies: who reaches whom."""

from __future__ import annotations

from typing import Any

import pytest

from lab.embedded.runtime.interface import DNS, Endpoint
from tests.embedded.api.conftest import CLIENT, refusal
from tests.embedded.small_cluster import SmallCluster, pod

Json = dict[str, Any]
RUN = {"command": ["run", "obedient"], "ports": [{"name": "sql", "containerPort": 5432}]}
RESOURCE = "networkpolicies.networking.k8s.io"
OUTSIDE, NODE = Endpoint("198.51.100.7"), Endpoint("10.0.0.1")


class Town:
    """Three pods in `default`, one in `other`; asks who reaches whom."""

    def __init__(self, *policies: Json) -> None:
        self.cluster = SmallCluster()
        labels = {"team": "other"}
        self.cluster.apply("namespaces", {"metadata": {"name": "other", "labels": labels}}, None)
        for name, namespace in (("app", "default"), ("db", "default"), ("web", "default"), ("far", "other")):
            self.cluster.apply("pods", pod(RUN, name=name), namespace)
        for number, spec in enumerate(policies):
            self.cluster.apply(RESOURCE, {"metadata": {"name": f"p{number}"}, "spec": spec})

    def end(self, name: str) -> Endpoint:
        fixed = {"outside": OUTSIDE, "node": NODE, "dns": DNS}
        if name in fixed:
            return fixed[name]
        namespace = "other" if name == "far" else "default"
        number = ("app", "db", "web", "far").index(name) + 2
        return Endpoint(f"10.244.0.{number}", self.cluster.pod(name, namespace)["metadata"]["uid"])

    def reaches(self, source: str, target: str, port: int = 5432, protocol: str = "TCP") -> bool:
        table = self.cluster.controllers.policies
        return table.allows(self.end(source), self.end(target), port, protocol)


def _to(app: str, *rules: Json, **more: Any) -> Json:
    spec: Json = {"podSelector": {"matchLabels": {"app": app}}, **more}
    return spec | ({"ingress": list(rules)} if rules else {})


def _app(name: str) -> Json:
    return {"podSelector": {"matchLabels": {"app": name}}}


def test_without_policies_everybody_reaches_everybody() -> None:
    town = Town()
    assert town.reaches("web", "db")
    assert town.reaches("db", "outside")


def test_a_selected_pod_takes_only_what_is_allowed() -> None:
    town = Town(_to("db", {"from": [_app("app")], "ports": [{"port": 5432}]}))
    assert town.reaches("app", "db")
    assert not town.reaches("app", "db", 80)
    assert not town.reaches("app", "db", 5432, "UDP")
    assert not town.reaches("web", "db")
    assert not town.reaches("far", "db")
    assert town.reaches("web", "app")
    assert town.reaches("db", "web")
    # The kubelet's probes and the API server's proxy come from nodes; a pod reaches itself.
    assert town.reaches("node", "db", 80)
    assert town.reaches("db", "db", 80)


def test_policies_add_up() -> None:
    town = Town(_to("db"), _to("db", {"from": [_app("app")]}), _to("db", {"from": [_app("web")]}))
    assert town.reaches("app", "db")
    assert town.reaches("web", "db")
    assert not town.reaches("far", "db")


@pytest.mark.parametrize(
    ("peer", "near", "far"),
    [
        ({"namespaceSelector": {"matchLabels": {"team": "other"}}}, False, True),
        ({"namespaceSelector": {}}, True, True),
        ({"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": "far"}}}, False, True),
        ({"podSelector": {}}, True, False),
        ({"ipBlock": {"cidr": "10.244.0.0/24", "except": ["10.244.0.5/32"]}}, True, False),
    ],
)
def test_peers(peer: Json, near: bool, far: bool) -> None:
    town = Town(_to("db", {"from": [peer]}))
    assert (town.reaches("web", "db"), town.reaches("far", "db")) == (near, far)


def test_named_ports_and_ranges() -> None:
    town = Town(_to("db", {"ports": [{"port": "sql"}, {"port": 8000, "endPort": 8010}]}))
    assert [port for port in (80, 5432, 7999, 8000, 8010, 8011) if town.reaches("web", "db", port)] == [
        5432, 8000, 8010,
    ]  # fmt: skip


def test_what_goes_out_needs_consent_too_and_so_do_names() -> None:
    out = {"egress": [{"to": [_app("db")]}], "policyTypes": ["Egress"]}
    town = Town(_to("app", **out))
    assert town.reaches("app", "db")
    assert not town.reaches("app", "web")
    assert not town.reaches("app", "outside")
    assert not town.reaches("app", "dns", 53, "UDP")
    assert town.reaches("web", "app")
    names = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
        "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
    }
    rules = [{"to": [names], "ports": [{"port": 53, "protocol": "UDP"}]}]
    assert Town(_to("app", egress=rules, policyTypes=["Egress"])).reaches("app", "dns", 53, "UDP")
    block = [{"to": [{"ipBlock": {"cidr": "198.51.100.0/24"}}]}]
    assert Town(_to("app", egress=block, policyTypes=["Egress"])).reaches("app", "outside", 443)


def test_types_follow_from_what_is_said() -> None:
    cluster = SmallCluster()

    def types(**spec: Any) -> Any:
        body = {"metadata": {"generateName": "p-"}, "spec": {"podSelector": {}, **spec}}
        return cluster.api.create(RESOURCE, "default", body, CLIENT).object["spec"]["policyTypes"]

    assert types() == ["Ingress"]
    assert types(egress=[{}]) == ["Ingress", "Egress"]


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"from": [{}]}, "spec.ingress[0].from[0]: Required value: must specify a peer"),
        (
            {"ports": [{"port": 99999}]},
            "spec.ingress[0].ports[0].port: Invalid value: 99999: must be between",
        ),
        ({"ports": [{"port": "sql", "endPort": 9}]}, "may not be specified when `port` is non-numeric"),
        ({"from": [{"ipBlock": {"cidr": "10.0.0.1"}}]}, "ipBlock.cidr: Invalid value"),
        (
            {"from": [{"ipBlock": {"cidr": "10.0.0.0/24", "except": ["10.0.0.0/16"]}}]},
            "must be a strict subset of `cidr`",
        ),
        (
            {"from": [{"podSelector": {}, "ipBlock": {"cidr": "10.0.0.0/24"}}]},
            "spec.ingress[0].from[0]: Forbidden: may not specify both ipBlock and another peer",
        ),
    ],
)
def test_wrong_policies(rule: Json, message: str) -> None:
    body = {"metadata": {"name": "p"}, "spec": {"podSelector": {}, "ingress": [rule]}}
    refused = refusal(lambda: SmallCluster().api.create(RESOURCE, "default", body, CLIENT))
    assert message in refused.message

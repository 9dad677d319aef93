"""Which connections NetworkPolicies let through: what a network plug-in enforces.

Implements `runtime.interface.NetworkPolicies`. A pod that some policy selects for a direction takes part only
in what one of these policies allows in it; a connection needs the consent of both ends. Never held back are a
pod's connections to itself, and what comes from the nodes: the kubelets' probes and the API server's proxy.
"""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from lab.embedded.objects.meta import labels_of, namespace_of
from lab.embedded.objects.selectors import from_label_selector
from lab.embedded.runtime.interface import DNS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lab.embedded.controllers.cache import Cache
    from lab.embedded.runtime.interface import Endpoint

Json = dict[str, Any]
_DNS_POD: Json = {
    "metadata": {"name": "coredns", "namespace": "kube-system", "labels": {"k8s-app": "kube-dns"}},
    "spec": {
        "containers": [
            {
                "ports": [
                    {"name": "dns", "containerPort": 53, "protocol": "UDP"},
                    {"name": "dns-tcp", "containerPort": 53, "protocol": "TCP"},
                ]
            }
        ]
    },
}
"""The pods that answer names, as policies see them; the simulated cluster has none of its own."""


class NetworkPolicyTable:
    """Decides about connections by the policies and labels at the moment of asking."""

    def __init__(
        self, policies: Cache, pods: Cache, namespace_labels: Callable[[str], Mapping[str, str]]
    ) -> None:
        self._policies = policies
        self._pods = pods
        self._namespace_labels = namespace_labels

    def allows(self, source: Endpoint, target: Endpoint, port: int, protocol: str) -> bool:
        """Whether a connection is let through, after a Service's address was replaced by a pod's."""
        sender, receiver = self._pod(source), self._pod(target)
        if sender is None or source == target:
            return True
        return self._consents(sender, "Egress", target, receiver, receiver, (port, protocol)) and (
            receiver is None
            or self._consents(receiver, "Ingress", source, sender, receiver, (port, protocol))
        )

    def _pod(self, endpoint: Endpoint) -> Json | None:
        if endpoint == DNS:
            return _DNS_POD
        return self._pods.by_uid(endpoint.pod) if endpoint.pod else None

    def _consents(
        self,
        pod: Json,
        direction: str,
        other: Endpoint,
        other_pod: Json | None,
        receiver: Json | None,
        port: tuple[int, str],
    ) -> bool:
        """Whether the policies of one end, in one direction, agree to the other end and the port."""
        policies = [
            each
            for each in self._policies.in_namespace(namespace_of(pod))
            if direction in each["spec"]["policyTypes"]
            and from_label_selector(each["spec"].get("podSelector") or {}).matches(labels_of(pod))
        ]
        rules, side = direction.lower(), "from" if direction == "Ingress" else "to"
        return not policies or any(
            _port_matches(rule.get("ports"), port, receiver)
            and self._peer_matches(rule.get(side), namespace_of(policy), other, other_pod)
            for policy in policies
            for rule in policy["spec"].get(rules) or ()
        )

    def _peer_matches(
        self, peers: list[Json] | None, namespace: str, other: Endpoint, pod: Json | None
    ) -> bool:
        return not peers or any(
            _in_block(peer["ipBlock"], other.address)
            if peer.get("ipBlock")
            else pod is not None and self._is_selected(peer, namespace, pod)
            for peer in peers
        )

    def _is_selected(self, peer: Json, namespace: str, pod: Json) -> bool:
        """Both selectors must agree; without one for namespaces only the policy's own is meant."""
        namespaces, pods = peer.get("namespaceSelector"), peer.get("podSelector")
        if namespaces is None:
            inside = namespace_of(pod) == namespace
        else:
            inside = from_label_selector(namespaces).matches(self._namespace_labels(namespace_of(pod)))
        return inside and (pods is None or from_label_selector(pods).matches(labels_of(pod)))


def _port_matches(ports: list[Json] | None, wanted: tuple[int, str], receiver: Json | None) -> bool:
    number, protocol = wanted
    for each in ports or ():
        port = each.get("port")
        if each.get("protocol", "TCP") != protocol:
            continue
        if port is None or (isinstance(port, str) and _has_port(receiver, port, wanted)):
            return True
        if isinstance(port, int) and port <= number <= each.get("endPort", port):
            return True
    return not ports


def _has_port(receiver: Json | None, name: str, wanted: tuple[int, str]) -> bool:
    """Whether a named port of the receiving pod is the one that is meant."""
    return receiver is not None and any(
        (each.get("name"), each.get("containerPort"), each.get("protocol", "TCP")) == (name, *wanted)
        for container in receiver["spec"]["containers"]
        for each in container.get("ports") or ()
    )


def _in_block(block: Json, address: str) -> bool:
    return _inside(address, block["cidr"]) and not any(
        _inside(address, each) for each in block.get("except") or ()
    )


@lru_cache(maxsize=1024)
def _inside(address: str, network: str) -> bool:
    return ipaddress.ip_address(address) in ipaddress.ip_network(network, strict=False)

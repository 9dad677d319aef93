"""What is to stand in a pod's `/etc/resolv.conf` (`GetPodDNS` in `pkg/kubelet/network/dns/dns.go`)."""

from __future__ import annotations

from typing import Any

from lab.embedded.runtime.interface import NameConfig
from lab.embedded.runtime.resolving import NODE_DNS, cluster_first

Json = dict[str, Any]
_MOST_SERVERS, _MOST_SEARCHES = 3, 32


def name_config(pod: Json) -> NameConfig:
    """How a pod finds names: what its policy gives, with what its `dnsConfig` adds, and its `hostAliases`."""
    spec = pod["spec"]
    config = spec.get("dnsConfig") or {}
    given = _of_policy(spec.get("dnsPolicy", "ClusterFirst"), pod["metadata"]["namespace"])
    options = dict(_split(each) for each in given.options)
    options |= {each["name"]: each.get("value") or "" for each in config.get("options") or ()}
    aliases = [(each["ip"], tuple(each.get("hostnames") or ())) for each in spec.get("hostAliases") or ()]
    return NameConfig(
        _together(given.servers, config.get("nameservers"))[:_MOST_SERVERS],
        _together(given.searches, config.get("searches"))[:_MOST_SEARCHES],
        tuple(f"{name}:{value}" if value else name for name, value in options.items()),
        tuple(aliases),
    )


def _of_policy(policy: str, namespace: str) -> NameConfig:
    match policy:
        case "None":
            return NameConfig(())
        case "Default":
            return NameConfig((NODE_DNS,))
        case _:  # `ClusterFirstWithHostNet` means the same to a pod with a network of its own
            return cluster_first(namespace)


def _split(option: str) -> tuple[str, str]:
    name, _, value = option.partition(":")
    return name, value


def _together(given: tuple[str, ...], more: list[str] | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*given, *(more or ())]))

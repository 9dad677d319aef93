"""`/etc/hosts` and `/etc/resolv.conf` as the kubelet makes them, and what programs find by them."""

from __future__ import annotations

import random
from typing import Any

import pytest

from lab.embedded.kubelet.dns import name_config
from lab.embedded.runtime.simulated import SimulatedRuntime
from tests.embedded.runtime.harness import House
from tests.embedded.small_cluster import SmallCluster, pod

Json = dict[str, Any]
_CONFIG: Json = {
    "nameservers": ["192.0.2.1"],
    "searches": ["ns1.svc.cluster-domain.example", "my.dns.search.suffix"],
    "options": [{"name": "ndots", "value": "2"}, {"name": "edns0"}],
}
_OWN = "search default.svc.cluster.local svc.cluster.local cluster.local"


@pytest.mark.parametrize(
    ("spec", "content"),
    [
        ({}, f"{_OWN}\nnameserver 10.96.0.10\noptions ndots:5\n"),
        (
            {"dnsPolicy": "None", "dnsConfig": _CONFIG},
            f"search {' '.join(_CONFIG['searches'])}\nnameserver 192.0.2.1\noptions ndots:2 edns0\n",
        ),
        (
            {
                "dnsConfig": {"searches": ["prod.svc.cluster.local", "svc.cluster.local"]}
                | {"nameservers": ["8.8.8.8"]}
            },
            f"{_OWN} prod.svc.cluster.local\nnameserver 10.96.0.10\nnameserver 8.8.8.8\noptions ndots:5\n",
        ),
        ({"dnsPolicy": "Default"}, "nameserver 10.87.255.254\n"),
    ],
)
def test_resolv_conf_is_what_policy_and_configuration_make(spec: Json, content: str) -> None:
    cluster = SmallCluster(lambda cluster: SimulatedRuntime(cluster.agenda, random.Random(1)))  # noqa: S311 (a simulation's dice)
    cluster.apply("pods", pod({"command": ["cat", "/etc/resolv.conf"]}, restartPolicy="Never", **spec))
    cluster.agenda.advance(10)
    worker = cluster.kubelet.worker(cluster.pod()["metadata"]["uid"])
    assert worker is not None
    handle = worker.instances.by_name["app"][0].handle
    assert handle is not None
    assert b"".join(line.data + b"\n" for line in handle.logs.lines()).decode() == content


class Names:
    """A name server that knows one Service."""

    def resolve(self, name: str, _namespace: str, searches: Any = None, ndots: int = 5) -> list[str]:
        full = [name, *(f"{name}.{each}" for each in searches)] if ndots else []
        return ["10.96.0.7"] if "db.prod.svc.cluster.local" in full else []

    def route(self, address: str, port: int, _source: str = "") -> tuple[str, int] | str:
        return address, port


def _house(**spec: Any) -> House:
    made = House()
    made.runtime.network.services = Names()
    manifest = {"metadata": {"namespace": "default"}, "spec": spec}
    made.pod = made.runtime.create_sandbox("node-1", "default", "web", "u", names=name_config(manifest))
    return made


def test_aliases_are_found_by_programs_and_not_by_the_name_server() -> None:
    aliases = [
        {"ip": "127.0.0.1", "hostnames": ["foo.local", "bar.local"]},
        {"ip": "10.1.2.3", "hostnames": ["far"]},
    ]
    house = _house(hostAliases=aliases)
    serve = "nc -lk -p 80 -e echo served &"
    container, _ = house.start(["sh", "-c", f"{serve} tail -n 4 /etc/hosts; sleep 1000"])
    house.agenda.advance(1)
    assert [line.data.decode() for line in container.logs.lines()] == [
        "", "# Entries added by HostAliases.", "127.0.0.1\tfoo.local\tbar.local", "10.1.2.3\tfar",
    ]  # fmt: skip
    assert house.exec(container, ["nc", "Bar.local", "80"], 1).out == "served\n"
    assert "NXDOMAIN" in house.exec(container, ["nslookup", "bar.local"], 1).out
    script = "echo 127.0.0.1 mine >> /etc/hosts; nc mine 80; rm /etc/hosts"
    ran = house.exec(container, ["sh", "-c", script], 1)
    assert (ran.out, ran.err) == ("served\n", "rm: can't remove '/etc/hosts': Device or resource busy\n")
    again, _ = house.start(["sleep", "1000"])
    assert "mine" not in house.exec(again, ["cat", "/etc/hosts"], 1).out


def test_search_lists_lead_to_names_of_other_namespaces() -> None:
    house = _house(dnsConfig={"searches": ["prod.svc.cluster.local"]})
    container, _ = house.start(["sleep", "1000"])
    assert "Address: 10.96.0.7" in house.exec(container, ["nslookup", "db"], 1).out
    plain = _house()
    container, _ = plain.start(["sleep", "1000"])
    assert "can't find db: NXDOMAIN" in plain.exec(container, ["nslookup", "db"], 1).out


def test_a_name_server_nobody_reaches_takes_its_time() -> None:
    house = _house(dnsPolicy="None", dnsConfig={"nameservers": ["1.2.3.4"]})
    container, ran = house.start(["wget", "-q", "http://db.prod.svc.cluster.local"])
    house.agenda.advance(9)
    assert ran.code is None
    house.agenda.advance(2)
    assert container.logs.lines()[0].data == b"wget: bad address 'db.prod.svc.cluster.local'"
    node = _house(dnsPolicy="Default")
    container, _ = node.start(["sleep", "1000"])
    assert "Server:\t\t10.87.255.254" in node.exec(container, ["nslookup", "db"], 1).out

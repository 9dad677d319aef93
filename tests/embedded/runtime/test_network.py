"""Connections, names, Services and HTTP between simulated containers and from the node."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.embedded.clock.agenda import Agenda
from lab.embedded.runtime.interface import ContainerConfig, Endpoint, HttpAnswer, HttpCall
from tests.embedded.runtime.harness import House, Ran

if TYPE_CHECKING:
    from lab.embedded.runtime.containers import SimulatedContainer

SERVE = "mkdir -p /www; echo hello > /www/index.html; exec httpd -f -p 8080 -h /www"


class Services:
    """One Service `web` with one endpoint, one without any."""

    def __init__(self) -> None:
        self.endpoint = ""

    def resolve(self, name: str, namespace: str, *_: object) -> list[str]:
        names = ("web", f"web.{namespace}", f"web.{namespace}.svc.cluster.local")
        return ["10.96.0.20"] if name in names else []

    def route(self, address: str, port: int, _source: str = "") -> tuple[str, int] | str:
        if address != "10.96.0.20":
            return address, port
        return (self.endpoint, 8080) if self.endpoint and port == 80 else "connection refused"


def two_pods() -> tuple[House, SimulatedContainer]:
    """A pod that serves, and another one to ask from."""
    house = House()
    services = Services()
    house.runtime.network.services = services
    house.start(["sh", "-c", SERVE])
    services.endpoint = house.pod.ip
    other = house.runtime.create_sandbox("node-1", "default", "client", "uid-2")
    client = other.create(ContainerConfig("client", "busybox:1.36", ["sleep", "9999"], None, {}))
    client.start(lambda _: None)
    house.agenda.settle()
    return house, client


def ask(house: House, client: SimulatedContainer, script: str, seconds: float = 0.0) -> Ran:
    return house.exec(client, ["sh", "-c", script], seconds)


def from_node(
    house: House, port: int, path: str, timeout: float = 1.0, address: str = "", scheme: str = "http"
) -> HttpAnswer:
    got: list[HttpAnswer] = []
    call = HttpCall("GET", path, scheme=scheme)
    house.runtime.http(address or house.pod.ip, port, call, timeout, got.append)
    house.agenda.advance(timeout)
    return got[0]


def test_a_service_is_found_by_name_and_leads_to_its_endpoint() -> None:
    house, client = two_pods()
    for name in ("web", "web.default", "web.default.svc.cluster.local"):
        assert ask(house, client, f"wget -q -O- http://{name}/").out == "hello\n"
    assert "Address: 10.96.0.20" in ask(house, client, "nslookup web").out


def test_unknown_names_refused_ports_and_silent_addresses_each_say_so() -> None:
    house, client = two_pods()
    pod = house.pod.ip
    assert ask(house, client, "wget -q -O- http://nosuch/").err == "wget: bad address 'nosuch'\n"
    refused = ask(house, client, f"wget -q -O- http://{pod}:81/")
    assert refused.err == f"wget: can't connect to remote host ({pod}): Connection refused\n"
    assert refused.code == 1
    silent = ask(house, client, "wget -q -T 3 -O- http://192.0.2.1/", 10)
    assert (silent.err, silent.at) == ("wget: download timed out\n", 3.0)
    gone = ask(house, client, "wget -q -O- http://10.244.0.200/")
    assert gone.err == "wget: can't connect to remote host (10.244.0.200): Host is unreachable\n"


def test_a_service_without_endpoints_refuses() -> None:
    house, client = two_pods()
    assert "Connection refused" in ask(house, client, "wget -q -O- http://web:81/").err


class Policies:
    """Lets through what comes from nodes, and the ports it was given."""

    def __init__(self, *ports: int) -> None:
        self.ports = ports

    def allows(self, source: Endpoint, target: Endpoint, port: int, protocol: str) -> bool:
        del target, protocol
        return not source.pod or port in self.ports


def test_what_policies_forbid_is_dropped_without_an_answer() -> None:
    house, client = two_pods()
    house.runtime.network.policies = Policies(53)
    dropped = ask(house, client, "wget -q -T 3 -O- http://web/", 10)
    assert (dropped.err, dropped.at) == ("wget: download timed out\n", 3.0)
    assert from_node(house, 8080, "/").body == b"hello\n"
    house.runtime.network.policies = Policies(8080)
    nameless = ask(house, client, "wget -q -O- http://web/; nslookup web", 30)
    assert nameless.err.startswith("wget: bad address 'web'\n")
    assert nameless.out == ";; connection timed out; no servers could be reached\n\n"
    assert ask(house, client, f"wget -q -O- http://{house.pod.ip}:8080/").out == "hello\n"


def test_https_is_refused_by_name() -> None:
    house, client = two_pods()
    ran = ask(house, client, "wget -q -O- https://web/")
    assert (ran.code, ran.err) == (
        1,
        "wget: https (TLS) is not available in the simulation: ask for an http:// address\n",
    )


def test_a_probe_by_https_meets_servers_that_speak_in_the_clear() -> None:
    house, _ = two_pods()
    prefix = f'Get "https://{house.pod.ip}:'
    got = from_node(house, 8080, "/", scheme="https")
    assert got.error == f'{prefix}8080/": http: server gave HTTP response to HTTPS client'
    assert "connection refused" in (from_node(house, 81, "/", scheme="https").error or "")
    for script, error in (
        ("echo noise", "tls: first record does not look like a TLS handshake"),
        ("true", "EOF"),
        ("sleep 9", "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"),
    ):
        server = house.runtime.create_sandbox("node-1", "default", script[:4], f"uid-{script[:4]}")
        argv = ["sh", "-c", f"{script} | nc -l -p 9000"]
        server.create(ContainerConfig("s", "busybox:1.36", argv, None, {})).start(lambda _: None)
        house.agenda.settle()
        got = from_node(house, 9000, "/", 2.0, server.ip, "https")
        assert got.error == f'Get "https://{server.ip}:9000/": {error}'


def test_redirects_are_followed_and_missing_pages_told() -> None:
    house, client = two_pods()
    serving = r"printf 'HTTP/1.0 302 Found\r\nLocation: http://web/\r\n\r\n' | nc -l -p 9000 >/dev/null"
    server = house.runtime.create_sandbox("node-1", "default", "moved", "uid-3")
    container = server.create(ContainerConfig("moved", "busybox:1.36", ["sh", "-c", serving], None, {}))
    container.start(lambda _: None)
    house.agenda.settle()
    assert ask(house, client, f"wget -q -O- http://{server.ip}:9000/x").out == "hello\n"
    assert "404 Not Found" in ask(house, client, "wget -q -O- http://web/nosuch").err


def test_nc_and_wget_speak_over_the_same_bytes() -> None:
    house, client = two_pods()
    script = "echo body | nc -l -p 7000 & sleep 1; nc 127.0.0.1 7000 </dev/null"
    assert ask(house, client, script, 3).out == "body\n"
    request = r"printf 'GET / HTTP/1.0\r\n\r\n' | nc web 80"
    assert ask(house, client, request).out.endswith("hello\n")
    assert ask(house, client, "nc -z web 80; echo $?; nc -z web 81; echo $?").out == "0\n1\n"


def test_the_node_hears_refusals_and_timeouts_in_gos_words() -> None:
    house, _ = two_pods()
    assert from_node(house, 8080, "/").body == b"hello\n"
    assert from_node(house, 8081, "/").error == (
        f'Get "http://{house.pod.ip}:8081/": dial tcp {house.pod.ip}:8081: connect: connection refused'
    )
    assert "Client.Timeout exceeded" in (from_node(house, 80, "/", address="192.0.2.1").error or "")
    told: list[str | None] = []
    house.runtime.tcp(house.pod.ip, 8080, 1.0, told.append)
    house.runtime.tcp(house.pod.ip, 8081, 1.0, told.append)
    house.agenda.advance(1)
    assert told == [None, f"dial tcp {house.pod.ip}:8081: connect: connection refused"]


def test_the_node_gives_up_in_time_where_the_sum_of_moments_is_no_whole_microsecond() -> None:
    house = House(Agenda(118.965885))
    told: list[str | None] = []
    house.runtime.tcp("192.0.2.1", 80, 20.0, told.append)
    house.agenda.advance(20)
    assert told == ["dial tcp 192.0.2.1:80: i/o timeout"]


def test_loopback_belongs_to_the_pod_and_a_port_to_one_process() -> None:
    house, client = two_pods()
    assert "Connection refused" in ask(house, client, "wget -q -O- http://127.0.0.1:8080/").err
    taken = ask(house, client, "nc -l -p 7001 & sleep 1; nc -l -p 7001", 2)
    assert taken.err == "nc: bind: Address already in use\n"


def test_netstat_shows_who_listens() -> None:
    house, _ = two_pods()
    container, _ = house.start(["sleep", "99"])
    assert "0.0.0.0:8080" in house.exec(container, ["netstat", "-tln"]).out

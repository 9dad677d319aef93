"""agnhost: its subcommands, and gRPC health checks against it."""

from __future__ import annotations

import pytest

from lab.embedded.runtime.interface import HealthAnswer
from tests.embedded.runtime.harness import House, log_of

AGNHOST = "registry.k8s.io/e2e-test-images/agnhost:2.53"


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        ("/hostname", 200, "web-1"),
        ("/healthz", 200, ""),
        ("/echo?msg=hi&code=201", 201, "hi"),
        ("/clientip", 200, "10.0.0.1"),
        ("/redirect?location=/hostname", 200, "web-1"),
        ("/shell?cmd=echo%20a;exit%203", 200, '{"error":"exit status 3","output":"a\\n"}'),
        ("/dial?host=127.0.0.1&port=8080&request=hostname&tries=2", 200, '{"responses":["web-1","web-1"]}'),
        ("/dial?host=127.0.0.1&port=9&request=x", 200,
         '{"errors":["Get \\"http://127.0.0.1:9/x\\": dial tcp 127.0.0.1:9: connect: connection refused"]}'),
    ],
)  # fmt: skip
def test_netexec_answers(path: str, status: int, body: str) -> None:
    house = House()
    house.start(None, image=AGNHOST, args=["netexec"])
    house.agenda.advance(1)
    found = house.ask(path, port=8080)
    assert (found.status, found.body.decode()) == (status, body)


@pytest.mark.parametrize(("path", "code", "after"), [("/exit?code=7&wait=2s", 7, 2.0), ("/shutdown", 0, 0.0)])
def test_netexec_exits_when_told(path: str, code: int, after: float) -> None:
    house = House()
    _, ran = house.start(None, image=AGNHOST, args=["netexec"])
    house.agenda.advance(1)
    house.ask(path, port=8080, timeout=3)
    assert (ran.code, ran.at) == (code, 1 + after)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["entrypoint-tester", "a", "b"], 0, "[/agnhost entrypoint-tester a b]"),
        (
            ["mounttest", "--file_content=/etc/alpine-release"],
            0,
            'content of file "/etc/alpine-release": 3.20.3',
        ),
        (
            ["mounttest", "--file_perm", "/no"],
            1,
            'error from Stat("/no"): stat /no: no such file or directory',
        ),
        (
            ["mounttest", "--new_file_0644=/tmp/a", "--file_perm=/tmp/a"],
            0,
            'perms of file "/tmp/a": -rw-r--r--',
        ),
        (["connect", "127.0.0.1:9"], 1, "REFUSED"),
        (["connect", "--timeout=2s", "10.9.9.9:80"], 1, "TIMEOUT"),
        (["connect", "nowhere:80"], 1, "DNS: lookup nowhere on 10.96.0.10:53: no such host"),
        (["webhook"], 1, "agnhost webhook: not available in the simulation"),
        (["netexec", "--nonsense"], 0, "Error: unknown flag: --nonsense"),
    ],
)
def test_agnhost_commands_that_end(arguments: list[str], code: int, said: str) -> None:
    house = House()
    container, ran = house.start(None, image=AGNHOST, args=arguments)
    house.agenda.advance(3)
    assert (ran.code, said in log_of(container)) == (code, True), log_of(container)


def test_liveness_turns_ill_after_ten_seconds_and_pause_leaves_with_2() -> None:
    house = House()
    house.start(None, image=AGNHOST, args=["liveness"])
    house.agenda.advance(9)
    assert house.ask("/healthz", port=8080).body == b"ok"
    house.agenda.advance(1)
    assert house.ask("/healthz", port=8080).body == b"error: 11"
    container, ran = house.start(None, image=AGNHOST)
    house.agenda.settle()
    container.signal(15)
    house.agenda.settle()
    assert (ran.code, log_of(container)) == (2, ["Paused"])


def test_nettest_finds_itself_through_its_service() -> None:
    house = House()
    house.runtime.network.services = _Services(house.pod.ip)
    house.start(None, image=AGNHOST, args=["nettest", "--peers=1"])
    house.agenda.advance(2)
    assert house.ask("/status", port=8080).body == b"pass"


class _Services:
    def __init__(self, ip: str) -> None:
        self._ip = ip

    def resolve(self, name: str, namespace: str, *_: object) -> list[str]:
        assert namespace == "default"
        return [self._ip] if name.startswith("nettest.default") else []

    def route(self, address: str, port: int, _source: str = "") -> tuple[str, int] | str:
        return address, port


# -- gRPC ---------------------------------------------------------------------------------------------------


def _health(house: House, service: str, port: int = 5000, timeout: float = 1.0) -> HealthAnswer:
    answers: list[HealthAnswer] = []
    house.runtime.grpc(house.pod.ip, port, service, timeout, answers.append)
    house.agenda.advance(timeout)
    return answers[0]


def test_grpc_health_is_answered_in_real_http2() -> None:
    house = House()
    house.start(
        None, image=AGNHOST, args=["grpc-health-checking", "--service=live", "--delay-unhealthy-sec=4"]
    )
    house.agenda.advance(1)
    assert _health(house, "live") == HealthAnswer("answered", "SERVING")
    assert _health(house, "other") == HealthAnswer("refused", code=5, message="unknown service")
    assert 'malformed HTTP response "\\x00\\x00\\x06\\x04' in (house.ask("/", port=5000).error or "")
    assert _health(house, "live") == HealthAnswer("answered", "NOT_SERVING")
    assert house.ask("/make-serving", port=8080).status == 200
    assert _health(house, "live").status == "NOT_SERVING"  # the time counts on
    assert _health(house, "live", port=8080).outcome == "not connected"  # it speaks HTTP/1
    assert _health(house, "live", port=9).outcome == "not connected"


def test_a_server_that_is_no_grpc_is_never_connected_to() -> None:
    house = House()
    house.start(["nc", "-lk", "-p", "5000"])
    house.agenda.advance(1)
    assert _health(house, "") == HealthAnswer("not connected")

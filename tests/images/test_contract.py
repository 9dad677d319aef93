"""The same questions to the real Flask app, in a process of its own, and to its logic in cluster time."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.embedded.runtime.one_container import IMAGES, OneContainer

if TYPE_CHECKING:
    from collections.abc import Iterator

Seen = tuple[int, str | None, bytes]
COMPARED = ("content-type", "content-length", "connection")

HEALTHZ = (
    ("app", "GET", "/healthz"),
    ("app", "HEAD", "/healthz"),
    ("app", "POST", "/healthz"),
    ("app", "GET", "/readyz"),
    ("app", "GET", "/"),
    ("app", "GET", "/?x=1"),
    ("app", "GET", "/settings"),
    ("app", "GET", "/static/logo.png"),
    ("app", "GET", "/static/a%20b"),
    ("app", "GET", "/nope"),
    ("app", "GET", "//healthz"),
    ("app", "GET", "/healthz/"),
    ("app", "OPTIONS", "/healthz"),
    ("faults", "GET", "/"),
    ("faults", "GET", "/deadlock"),
    ("faults", "POST", "/nope"),
    ("faults", "POST", "/status?force=DOWN"),
    ("app", "GET", "/healthz"),
    ("faults", "POST", "/status?force=SIDEWAYS"),
    ("faults", "POST", "/status"),
    ("faults", "POST", "/status?force=none"),
    ("faults", "POST", "/readiness?state=broken"),
    ("app", "GET", "/readyz"),
    ("app", "GET", "/healthz"),
    ("faults", "POST", "/mend"),
    ("app", "GET", "/readyz"),
    ("faults", "POST", "/allocate?mib=1"),
    ("faults", "POST", "/allocate?mib=many"),
    ("faults", "POST", "/deadlock"),
    ("app", "GET", "/static/x"),
    ("faults", "POST", "/mend"),
    ("app", "GET", "/healthz"),
)
ACTUATOR = (
    ("app", "GET", "/actuator/health"),
    ("app", "GET", "/actuator/health/"),
    ("app", "GET", "/actuator/health/liveness"),
    ("app", "GET", "/actuator/health/readiness"),
    ("app", "GET", "/actuator/health/liveness/livenessState"),
    ("app", "GET", "/actuator/health/liveness/db"),
    ("app", "GET", "/actuator/health/db"),
    ("app", "GET", "/actuator/health/nope"),
    ("app", "GET", "/actuator"),
    ("app", "POST", "/actuator/health"),
    ("app", "GET", "/livez"),
    ("app", "GET", "/"),
    ("faults", "POST", "/readiness?state=broken"),
    ("app", "GET", "/actuator/health/readiness"),
    ("app", "GET", "/actuator/health/liveness"),
    ("faults", "POST", "/liveness?state=broken"),
    ("app", "GET", "/actuator/health/liveness"),
    ("app", "GET", "/actuator/health"),
    ("faults", "POST", "/mend"),
    ("app", "GET", "/actuator/health"),
)


@dataclass
class Real:
    """The image's own `app.py` in a process, on loopback."""

    process: subprocess.Popen[str]
    ports: dict[str, int]

    def ask(self, listener: str, method: str, target: str) -> Seen:
        connection = http.client.HTTPConnection("127.0.0.1", self.ports[listener], timeout=20)
        try:
            connection.putrequest(method, target)
            connection.endheaders()
            answer = connection.getresponse()
            headers = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, repr([headers.get(name) for name in COMPARED]), answer.read()
        finally:
            connection.close()


def _free_ports() -> list[int]:
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
    ports = [each.getsockname()[1] for each in held]
    for each in held:
        each.close()
    return ports


ENVIRONMENTS: dict[str, dict[str, str]] = {
    "healthz": {},
    "actuator": {
        "DATABASE_HOST": "127.0.0.1",
        "MANAGEMENT_ENDPOINT_HEALTH_GROUP_LIVENESS_INCLUDE": "livenessState,db",
        "MANAGEMENT_ENDPOINT_HEALTH_PROBES_ADD_ADDITIONAL_PATHS": "true",
    },
}


@pytest.fixture(params=["healthz", "actuator"])
def image(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def ports() -> dict[str, int]:
    return dict(zip(("app", "faults", "database"), _free_ports(), strict=True))


@pytest.fixture
def env(image: str, ports: dict[str, int]) -> dict[str, str]:
    found = {
        **ENVIRONMENTS[image],
        "HOST": "127.0.0.1",
        "PORT": str(ports["app"]),
        "FAULT_PORT": str(ports["faults"]),
    }
    if image == "actuator":
        found["DATABASE_PORT"] = str(ports["database"])
    return found


@pytest.fixture
def real(image: str, env: dict[str, str], ports: dict[str, int]) -> Iterator[Real]:
    process = subprocess.Popen(
        [sys.executable, "app.py"],
        cwd=IMAGES / image,
        env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if "fault port listening" in line:
            break
    try:
        yield Real(process, ports)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_both_answer_the_same(image: str, env: dict[str, str], ports: dict[str, int], real: Real) -> None:
    simulated = OneContainer(image, {**env, "HOST": "0.0.0.0"})  # noqa: S104 (inside the container)
    for listener, method, target in HEALTHZ if image == "healthz" else ACTUATOR:
        expected = real.ask(listener, method, target)
        answer = simulated.ask(target, port=ports[listener], method=method)
        headers = {name.lower(): value for name, value in answer.headers}
        seen = (answer.status, repr([headers.get(name) for name in COMPARED]), answer.body)
        assert (method, target, *seen) == (method, target, *expected)


def test_both_end_the_same(image: str, env: dict[str, str], real: Real) -> None:
    simulated = OneContainer(image, env)
    simulated.terminate()
    simulated.advance(1)
    real.process.terminate()
    assert simulated.exited is not None
    assert real.process.wait(timeout=20) == simulated.exited.code

"""curl: its output, its options, its exit codes."""

from __future__ import annotations

import pytest

from tests.embedded.runtime.harness import House

AGNHOST = "registry.k8s.io/e2e-test-images/agnhost:2.53"


@pytest.mark.parametrize(
    ("command", "code", "out", "err"),
    [
        ("curl -s localhost:8080/hostname", 0, "web-1", ""),
        ("curl -s -o /dev/null -w '%{http_code}\\n' localhost:8080/echo?code=503", 0, "503\n", ""),
        ("curl -sf localhost:8080/echo?code=404", 22, "", ""),
        ("curl -fsS localhost:8080/echo?code=404", 22, "",
         "curl: (22) The requested URL returned error: 404\n"),
        ("curl -sSL localhost:8080/redirect?location=/hostname", 0, "web-1", ""),
        ("curl -s localhost:8080/echo -d msg=hi", 0, "hi", ""),
        ("curl -sS --get -d msg=hi localhost:8080/echo", 0, "hi", ""),
        ("curl -s -o /tmp/f localhost:8080/hostname; cat /tmp/f", 0, "web-1", ""),
        ("curl -sS localhost:9", 7, "",
         "curl: (7) Failed to connect to localhost port 9 after 0 ms: Could not connect to server\n"),
        ("curl -sS http://nowhere/", 6, "", "curl: (6) Could not resolve host: nowhere\n"),
        ("curl -sS -m 2 'localhost:8080/exit?wait=9s'", 28, "",
         "curl: (28) Operation timed out after 2000 milliseconds with 0 bytes received\n"),
        ("curl -sS localhost:8080/shutdown", 52, "", "curl: (52) Empty reply from server\n"),
        ("curl -sS https://localhost:8080/", 35, "",
         "curl: (35) TLS connect error: https is not available in the simulation\n"),
        ("curl", 2, "", "curl: (2) no URL specified\ncurl: try 'curl --help' for more information\n"),
        ("curl --nonsense x", 2, "",
         "curl: option --nonsense: is unknown\ncurl: try 'curl --help' for more information\n"),
    ],
)  # fmt: skip
def test_curl(command: str, code: int, out: str, err: str) -> None:
    house = House()
    house.start(None, image=AGNHOST, args=["netexec"])
    client, _ = house.start(["sleep", "999"], image="curlimages/curl:8.11.1")
    house.agenda.settle()
    ran = house.exec(client, ["sh", "-c", command], 5)
    assert (ran.code, ran.out, ran.err) == (code, out, err)


def test_the_image_runs_curl_with_its_arguments() -> None:
    house = House()
    house.start(None, image=AGNHOST, args=["netexec"])
    house.agenda.settle()
    container, ran = house.start(None, image="curlimages/curl", args=["-s", "http://127.0.0.1:8080/hostname"])
    house.agenda.advance(1)
    assert (ran.code, [each.data for each in container.logs.lines()]) == (0, [b"web-1"])

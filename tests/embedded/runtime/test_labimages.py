"""The lab's images in cluster time: what they log, answer, and how they end."""

from __future__ import annotations

import json

import pytest

from tests.embedded.runtime.one_container import OneContainer

FAULTS = {"FAULT_PORT": "9099"}


def test_starts_up_in_cluster_time_and_says_so() -> None:
    web = OneContainer("healthz", {"STARTUP_SECONDS": "22"})
    assert web.log == ["booting"]
    assert "connection refused" in (web.ask("/healthz").error or "")
    web.advance(21)
    assert web.log[1:] == ["server listening on :8080 after 22s startup"]
    assert web.ask("/healthz").status == 200
    assert web.log[-1] == "GET /healthz 200"


def test_a_deadlock_hangs_what_it_should_and_is_mended() -> None:
    web = OneContainer("healthz", FAULTS)
    assert web.fault("/deadlock").status == 200
    for path in ("/healthz", "/readyz", "/"):
        assert "Client.Timeout" in (web.ask(path).error or "")
    assert web.ask("/static/x").status == 200
    web.fault("/mend")
    assert web.ask("/healthz").status == 200


def test_the_fault_port_never_tells_how_the_app_is() -> None:
    web = OneContainer("healthz", FAULTS)
    well = web.ask("/", port=9099).body
    assert "/deadlock" in json.loads(well)["faults"]
    assert json.loads(web.fault("/deadlock").body) == {"injected": "deadlock"}
    assert web.ask("/", port=9099).body == well


def test_forced_down_is_503() -> None:
    web = OneContainer("healthz", FAULTS)
    web.fault("/status?force=DOWN")
    answer = web.ask("/healthz")
    assert (answer.status, answer.body) == (503, b'{"status":"DOWN"}\n')


@pytest.mark.parametrize(
    ("env", "code", "line"),
    [
        ({"DATABASE_PORT": "abc"}, 1, 'FATAL: invalid value for DATABASE_PORT: "abc" (expected integer)'),
        ({"REQUIRED_SETTINGS": "DATABASE_URL"}, 2, "FATAL: DATABASE_URL is not set"),
        (
            {"DEPENDENCY": "db:5432"},
            1,
            "FATAL: cannot reach dependency db:5432: dial tcp: lookup db: no such host",
        ),
        (
            {"DATABASE_PASSWORD_FILE": "/nope"},
            1,
            "FATAL: cannot read DATABASE_PASSWORD_FILE: /nope: no such file",
        ),
    ],
)
def test_what_it_cannot_start_without_ends_it(env: dict[str, str], code: int, line: str) -> None:
    web = OneContainer("healthz", env)
    assert web.exited is not None
    assert web.exited.code == code
    assert web.errors == [line]


def test_the_working_set_over_the_limit_is_oom_killed() -> None:
    web = OneContainer("healthz", {"WORKING_SET_MIB": "150"}, memory_limit=128 * 1024 * 1024)
    assert web.exited is not None
    assert (web.exited.code, web.exited.oom_killed) == (137, True)


def test_a_leak_is_killed_when_it_has_filled_the_limit() -> None:
    web = OneContainer("healthz", {"LEAK_BYTES_PER_SECOND": str(1024 * 1024)}, memory_limit=40 * 1024 * 1024)
    web.advance(10)
    assert not web.kernel.over
    web.advance(1)
    assert web.exited is not None
    assert web.exited.oom_killed


@pytest.mark.parametrize(("mode", "code"), [("graceful", 0), ("immediate", 143), ("ignore", None)])
def test_sigterm_does_what_is_asked_for(mode: str, code: int | None) -> None:
    web = OneContainer("healthz", {"ON_SIGTERM": mode})
    web.terminate()
    assert (web.exited.code if web.exited else None) == code


def test_sigterm_lets_a_request_in_flight_finish() -> None:
    web = OneContainer("healthz", {"ANSWER_SECONDS": "3"})
    web.ask("/", timeout=1.0)  # the client goes, the work goes on
    web.terminate()
    assert not web.kernel.over
    web.advance(2.1)
    assert web.exited is not None
    assert web.exited.code == 0
    assert web.log[-2:] == ["GET / 200", "stopped"]


def test_ask_is_there_for_exec_probes() -> None:
    web = OneContainer("healthz", FAULTS)
    assert web.run("ask", "/healthz") == (0, '{"status":"UP"}\n', "")
    code, _, complaint = web.run("ask", "http://127.0.0.1:1/")
    assert code == 1
    assert "Connection refused" in complaint


def test_the_database_decides_about_groups_that_include_it() -> None:
    env = {
        "DATABASE_HOST": "127.0.0.1",
        "MANAGEMENT_ENDPOINT_HEALTH_GROUP_LIVENESS_INCLUDE": "livenessState,db",
    }
    app = OneContainer("actuator", env)
    assert app.ask("/actuator/health/liveness").status == 503
    assert app.ask("/actuator/health/readiness").status == 200
    code, out, _ = app.run("python", "database.py")
    assert (code, out.splitlines()[-1]) == (None, "database is ready to accept connections on port 5432")
    assert app.ask("/actuator/health/liveness").status == 200


def test_same_environment_same_log() -> None:
    def run() -> tuple[bytes, bytes]:
        web = OneContainer("healthz", {**FAULTS, "DRIFT": "on", "DRIFT_SEED": "7", "ANSWER_SECONDS": "0.2"})
        for _ in range(20):
            web.ask("/healthz", timeout=17)
        return bytes(web.out), bytes(web.err)

    first = run()
    assert first == run()
    assert b"503" in first[0]
    assert b"GET /healthz 200" in first[0]

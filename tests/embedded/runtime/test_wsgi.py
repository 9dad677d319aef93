"""Edited code in its child process: time, network, faults, crashes, spins, and what it may not touch."""

from __future__ import annotations

import random
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lab.embedded.clock.agenda import Agenda
from lab.embedded.runtime import labimages, wsgi
from lab.embedded.runtime.interface import ContainerConfig, LocalImage
from lab.embedded.runtime.simulated import SimulatedRuntime
from lab.embedded.runtime.wsgi_isolation import isolation_available
from tests.embedded.runtime.one_container import IMAGES, OneContainer

if TYPE_CHECKING:
    from collections.abc import Iterator

APP = b"""
import threading
import time

from component import Component
from flask import Flask, jsonify

app = Flask(__name__)
component = Component()
lock = threading.Lock()


@app.get("/healthz")
def healthz():
    return jsonify(status=component.status(), now=time.time())


@app.get("/slow")
def slow():
    time.sleep(1.5)
    return "slow"


@app.get("/stuck")
def stuck():
    with lock:
        with lock:
            return "never"


@app.get("/spin")
def spin():
    while True:
        pass


if __name__ == "__main__":
    component.start()
    app.run(host="HOST", port=8080)
"""


@contextmanager
def edited(
    source: bytes,
    host: str = "0.0.0.0",  # noqa: S104 (inside the container)
    *,
    isolated: bool = False,
) -> Iterator[OneContainer]:
    app = source.replace(b"HOST", host.encode())
    web = OneContainer("healthz", {"FAULT_PORT": "9099"}, edited={"app.py": app}, isolated=isolated)
    try:
        yield web
    finally:
        web.close()


def test_an_edited_app_lives_in_cluster_time() -> None:
    with edited(APP) as web:
        answer = web.ask("/healthz")
        assert answer.status == 200
        assert answer.body == b'{"now":1767225600.0,"status":"UP"}\n'
        assert web.fault("/status?force=DOWN").status == 200
        assert web.ask("/healthz").body == b'{"now":1767225602.0,"status":"DOWN"}\n'
        assert "Client.Timeout" in (web.ask("/slow").error or "")
        assert web.ask("/slow", timeout=2).body == b"slow"


def test_a_deadlock_hangs_only_what_waits_for_it() -> None:
    with edited(APP) as web:
        assert web.ask("/stuck").error
        assert web.ask("/stuck").error
        assert web.ask("/healthz").status == 200
        web.fault("/deadlock")
        assert web.ask("/healthz").error
        web.fault("/mend")
        assert web.ask("/healthz").status == 200
        web.terminate()
        assert web.exited is not None
        assert web.exited.code == 143


@pytest.mark.parametrize("host", ["127.0.0.1", ""])
def test_loopback_refuses_probes_from_outside(host: str) -> None:
    with edited(APP, host) as web:
        assert "connection refused" in (web.ask("/healthz").error or "")
        assert web.run("ask", "/healthz")[0] == 0


def test_a_spinning_answer_never_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    with edited(APP) as web:
        monkeypatch.setattr(wsgi, "HOST_PATIENCE", 0.5)  # or the processor's limit would take four seconds
        assert "Client.Timeout" in (web.ask("/spin").error or "")
        assert "Client.Timeout" in (web.ask("/healthz").error or "")
        assert not web.kernel.over


@pytest.mark.parametrize(
    ("source", "last"),
    [
        (b"import requests\n", "ModuleNotFoundError: No module named 'requests'"),
        (b"import flask\n1 / 0\n", "ZeroDivisionError: division by zero"),
        (b"def x(:\n", "SyntaxError: invalid syntax"),
        (b"open('/etc/passwd')\n", "FileNotFoundError: [Errno 2] No such file or directory: '/etc/passwd'"),
        (b"open('/tmp/x', 'w')\n", "PermissionError: [Errno 13] Permission denied: '/tmp/x'"),
    ],
)
def test_a_crash_at_import_is_in_the_log(source: bytes, last: str) -> None:
    with edited(source) as web:
        assert web.exited is not None
        assert web.exited.code == 1
        assert web.errors[-1] == last
        assert not any("/lab/embedded/" in line for line in web.errors)


def test_its_environment_is_the_containers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOST_SECRET", "1")
    source = b"import os, sys\nprint(sorted(os.environ), sys.argv, __file__, flush=True)\n"
    with edited(source) as web:
        assert "HOST_SECRET" not in web.log[0]
        assert web.log[0].endswith("['app.py'] /app/app.py")


def test_without_a_handler_pid_1_ignores_sigterm() -> None:
    with edited(b"import time\ntime.sleep(100)\n") as web:
        web.terminate()
        assert not web.kernel.over
        web.advance(100)
        assert web.exited is not None
        assert web.exited.code == 0


def test_python_code_can_ask_its_own_app() -> None:
    web = OneContainer("healthz")
    code = "import urllib.request as u; print(u.urlopen('http://localhost:8080/healthz').read())"
    assert web.run("python", "-c", code) == (0, 'b\'{"status":"UP"}\\n\'\n', "")


def test_two_runs_are_the_same() -> None:
    source = (
        b"import random, os, uuid\nprint(random.random(), os.urandom(4), uuid.uuid4(), {'a', 'b', 'c'})\n"
    )
    logs = []
    for _ in range(2):
        with edited(source) as web:
            logs.append(bytes(web.out))
    assert logs[0]
    assert logs[0] == logs[1]


@pytest.mark.skipif(isolation_available() is not None, reason=f"no isolation: {isolation_available()}")
def test_isolated_code_sees_nothing_of_the_host() -> None:
    source = b"import os\nprint(os.getuid(), os.listdir('/home'), os.path.exists('/etc/passwd'))\n"
    with edited(source, isolated=True) as web:
        assert web.log == ["10001 [] False"]
    with edited(APP, isolated=True) as web:
        assert web.ask("/healthz").status == 200


def test_a_runtime_that_closes_leaves_no_child_behind() -> None:
    runtime = SimulatedRuntime(Agenda(), random.Random(1))  # noqa: S311 (a simulation)
    files = {path.name: path.read_bytes() for path in (IMAGES / "healthz").iterdir() if path.is_file()}
    runtime.add_image(LocalImage("podlab/x:1", "sha256:1", {**files, "app.py": APP}))
    container = runtime.create_sandbox("podlab", "default", "web", "u1").create(
        ContainerConfig("web", "podlab/x:1", None, None, {})
    )
    before = set(wsgi.LIVING)
    container.start(lambda _: None)
    runtime.agenda.settle()
    (child,) = set(wsgi.LIVING) - before
    assert Path(child.directory).is_dir()
    runtime.close()
    assert not Path(child.directory).exists()
    assert set(wsgi.LIVING) == before


def test_grading_refuses_edited_code_where_nothing_isolates_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(labimages, "isolation_available", lambda: "no namespaces here")
    web = OneContainer("healthz", edited={"app.py": APP}, required=True)
    assert web.exited is not None
    assert web.exited.code == 126
    assert web.errors == ["podlab: edited code is not run here: no namespaces here"]

"""The embedded provider: the background process found, replaced, stopped, and the foreground."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lab.embedded.server.identity_file import Kept
from lab.embedded.server.tls import make_identity
from lab.errors import ContentError, LabError, NotAbleError, ObservationLost, UsageError
from lab.providers.base import ImageSource, RatedClock
from lab.providers.embedded.client import Connection, advance
from lab.providers.embedded.foreground import serve_foreground
from lab.providers.embedded.inprocess import InProcessProvider
from lab.providers.embedded.provider import EmbeddedProvider
from lab.providers.embedded.record import Places, Record
from lab.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRETS = "/api/v1/namespaces/default/secrets"


def silent(_line: str) -> None:
    return


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return dataclasses.replace(Settings.from_environment(), home=tmp_path / "lab")


@pytest.fixture
def provider(settings: Settings) -> Iterator[EmbeddedProvider]:
    provider = EmbeddedProvider(settings)
    yield provider
    provider.down(silent)


def connection(provider: EmbeddedProvider | InProcessProvider) -> Connection:
    return Connection.from_kubeconfig(provider.kubeconfig())


def connection_of(places: Places) -> Connection:
    return Connection.from_kubeconfig(places.kubeconfig)


def keep(provider: EmbeddedProvider, name: str) -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}}
    connection(provider).call("POST", SECRETS, secret)


def kept(provider: EmbeddedProvider) -> list[str]:
    return [each["metadata"]["name"] for each in connection(provider).call("GET", SECRETS)["items"]]


def test_absent_until_started_then_found_again(provider: EmbeddedProvider, settings: Settings) -> None:
    assert provider.status().state == "absent"
    with pytest.raises(NotAbleError, match="not up"):
        provider.kubeconfig()
    told: list[str] = []
    provider.up(told.append)
    assert told == ["starting the embedded cluster"]
    first = Record.read(Places.of(settings).record)
    assert provider.status().state == "running"
    provider.up(told.append)
    EmbeddedProvider(settings).up(told.append)
    assert Record.read(Places.of(settings).record) == first
    assert len(told) == 1
    for path in (Places.of(settings).record, provider.kubeconfig()):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_killed_it_is_replaced_and_nothing_is_lost(provider: EmbeddedProvider, settings: Settings) -> None:
    provider.up(silent)
    keep(provider, "a")
    record = Record.read(Places.of(settings).record)
    assert record is not None
    os.kill(record.pid, signal.SIGKILL)
    os.waitpid(record.pid, 0)
    assert provider.status().state == "stale"
    earlier = connection_of(Places.of(settings))
    said: list[str] = []
    provider.up(said.append)
    assert "is gone (killed" in said[0]
    assert "its objects were kept, its pods start as after a node's reboot" in said[1]
    assert kept(provider) == ["a"]
    assert earlier.call("GET", "/version"), "a kubeconfig from before the kill still works: port, CA, token"


def test_a_port_taken_meanwhile_is_given_up(provider: EmbeddedProvider, settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        Kept(make_identity(), taken.getsockname()[1]).write(Places.of(settings).identity)
        provider.up(silent)
        assert connection(provider).port != taken.getsockname()[1]
        assert provider.status().state == "running"


def test_a_clock_keeps_one_connection_and_notices_when_it_was_closed() -> None:
    with InProcessProvider() as provider:
        clock = provider.clock()
        before = clock.now()
        line = clock._line._open
        clock.wait(1)
        assert clock._line._open is line
        assert line is not None
        line.sock.shutdown(socket.SHUT_RDWR)
        assert clock.now() == before + 1
    with pytest.raises(ObservationLost):
        clock.now()


def test_one_of_another_version_is_replaced(provider: EmbeddedProvider, settings: Settings) -> None:
    provider.up(silent)
    keep(provider, "a")
    places = Places.of(settings)
    record = Record.read(places.record)
    assert record is not None
    dataclasses.replace(record, version="0.0.1").write(places.record)
    assert provider.status().state == "stale"
    told: list[str] = []
    provider.up(told.append)
    assert "another version (0.0.1)" in told[0]
    again = Record.read(places.record)
    assert again is not None
    assert again.pid != record.pid
    assert kept(provider) == ["a"]


def test_a_record_of_a_stranger_never_ends_the_stranger(
    provider: EmbeddedProvider, settings: Settings
) -> None:
    places = Places.of(settings)
    places.directory.mkdir(parents=True)
    stranger = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
    try:
        Record(stranger.pid, 1, "0", str(places.kubeconfig)).write(places.record)
        provider.up(silent)
        assert stranger.poll() is None
        assert provider.status().state == "running"
    finally:
        stranger.kill()
        stranger.wait()


def test_down_removes_the_objects_and_idling_ends_the_process(settings: Settings) -> None:
    impatient = dataclasses.replace(settings, environment={"PODLAB_EMBEDDED_IDLE": "0.1"})
    provider = EmbeddedProvider(impatient)
    provider.up(silent)
    record = Record.read(Places.of(settings).record)
    assert record is not None
    os.waitpid(record.pid, 0)
    assert provider.status().state == "stopped"
    provider.down(silent)
    assert provider.status().state == "absent"


def test_a_cluster_that_cannot_start_says_why(settings: Settings) -> None:
    settings.home.parent.mkdir(parents=True, exist_ok=True)
    settings.home.write_text("a file where a directory should be")
    with pytest.raises(NotAbleError, match="state directory cannot be made") as failed:
        EmbeddedProvider(settings).up(silent)
    assert "PODLAB_HOME" in failed.value.remedy


def test_in_process_time_stands_still_and_is_moved_by_waiting() -> None:
    with InProcessProvider() as provider:
        clock = provider.clock()
        assert isinstance(clock, RatedClock)
        assert (clock.skips, clock.rate(), clock.now()) == (True, 0.0, 1767225600.0)
        clock.wait(90)
        assert clock.now() == 1767225690.0
        answer = advance(provider.kubeconfig(), 0.5)
        assert answer["now"] == 1767225690.5
        assert int(answer["resourceVersion"]) > 0
        with pytest.raises(UsageError, match="time cannot go back"):
            advance(provider.kubeconfig(), -1)
        assert provider.faults == ()
        path = provider.kubeconfig()
    assert not path.exists()


def test_an_image_is_identified_by_its_files(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("print()")
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "app.pyc").write_bytes(b"x")
    with InProcessProvider() as provider:
        provider.load_image(ImageSource("podlab/mine:1", tmp_path), silent)
        assert connection(provider).call("GET", "/podlab/status")["images"] == ["podlab/mine:1"]
        with pytest.raises(NotAbleError, match="not there"):
            provider.load_image(ImageSource("podlab/none:1", tmp_path / "none"), silent)


@pytest.mark.parametrize(
    ("text", "error"),
    [(None, UsageError), ("{}", ContentError), ("a: [", ContentError), ("- 1", ContentError)],
)
def test_a_kubeconfig_that_is_none_is_named(tmp_path: Path, text: str | None, error: type[LabError]) -> None:
    path = tmp_path / "kubeconfig"
    if text is not None:
        path.write_text(text)
    with pytest.raises(error, match=r"kubeconfig") as failed:
        advance(path, 1)
    assert failed.value.remedy


FOREGROUND = (
    "import sys; from pathlib import Path; from lab.providers.embedded.foreground import serve_foreground; "
    "serve_foreground(Path(sys.argv[1]), rate=0, port=int(sys.argv[2]), "
    "progress=lambda line: print(line, flush=True))"
)


def foreground(path: Path, port: int = 0) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", FOREGROUND, str(path), str(port)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_the_foreground_cluster_ends_on_sigterm_and_names_a_taken_port(tmp_path: Path) -> None:
    path = tmp_path / "kubeconfig"
    process = foreground(path)
    assert process.stdout is not None
    assert process.stdout.readline().startswith("serving on https://127.0.0.1:")
    images = process.stdout.readline()
    assert re.search(r"images it plays: .*\bbusybox, .*\bregistry.k8s.io/pause\b", images)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert advance(path, 30)["now"] == 1767225630.0
    port = Connection.from_kubeconfig(path).port
    second = foreground(tmp_path / "other", port)
    _, errors = second.communicate(timeout=30)
    assert f"port {port} on 127.0.0.1 is taken" in errors
    assert not (tmp_path / "other").exists()
    process.send_signal(signal.SIGTERM)
    out, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (0, "")
    assert out == f"stopped; the cluster is gone, and {path} leads nowhere now\n"
    with pytest.raises(ObservationLost, match="does not answer") as lost:
        advance(path, 1)
    assert "cluster status" in lost.value.remedy


@pytest.mark.parametrize("rate", [float("nan"), float("inf"), -1.0])
def test_a_rate_that_is_none_is_refused(tmp_path: Path, rate: float) -> None:
    with pytest.raises(UsageError, match="that is no cluster"):
        serve_foreground(tmp_path / "kubeconfig", rate=rate)


def test_serving_never_writes_over_somebodys_file(tmp_path: Path) -> None:
    somebodys = tmp_path / "config"
    somebodys.write_text("apiVersion: v1\nkind: Config\ncontexts: []\n")
    for path in (somebodys, Path(os.devnull)):
        with pytest.raises(UsageError, match="not written over") as caught:
            serve_foreground(path)
        assert "another file" in caught.value.remedy
    assert somebodys.read_text().endswith("contexts: []\n")
    with pytest.raises(NotAbleError, match="cannot be written") as unable:
        serve_foreground(Path("/proc/nowhere/kubeconfig"))
    assert "--kubeconfig" in unable.value.remedy


def test_looking_at_the_provider_imports_nothing_heavy(tmp_path: Path) -> None:
    code = (
        "import sys, json; from lab.providers.embedded.provider import EmbeddedProvider; "
        "from lab.settings import Settings; EmbeddedProvider(Settings.from_environment()).status(); "
        "heavy = ('aiohttp', 'trustme', 'kubernetes', 'lab.embedded'); "
        "print(json.dumps([m for m in heavy if m in sys.modules]))"
    )
    environment = {**os.environ, "PODLAB_HOME": str(tmp_path)}
    done: Any = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=True)
    assert json.loads(done.stdout) == []

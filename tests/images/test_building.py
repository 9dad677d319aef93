"""Building: the engine's stream, engines that are not there, and one real build."""

from __future__ import annotations

import http.client
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lab.errors import Cancelled, NotAbleError
from lab.images import building
from lab.images.building import Transcript, build_image, save_image
from lab.images.engine import engine
from lab.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

IMAGES = Path(__file__).parents[2] / "images"


@dataclass(frozen=True)
class Source:
    reference: str
    directory: Path
    build_args: Mapping[str, str] = field(default_factory=dict)
    also: tuple[str, ...] = ()


def _settings(**env: str) -> Settings:
    return Settings.from_environment({**env, "HOME": os.environ["HOME"]})


def test_the_transcript_knows_the_failing_step() -> None:
    transcript = Transcript()
    events: list[dict[str, object]] = [
        {"stream": "Step 1/2 : FROM x\n"},
        {"stream": "\n"},
        {"stream": "Step 2/2 : RUN fa"},
        {"stream": "lse\n"},
        {"stream": "\x1b[91mno\x1b[0m\n"},
        {"errorDetail": {"code": 1, "message": "returned a non-zero code: 1"}, "error": "…"},
    ]
    lines = [line for event in events for line in transcript.feed(event)]
    assert lines == ["[1/2] FROM x", "[2/2] RUN false", "no"]
    assert transcript.step == "Step 2/2 : RUN false"
    assert list(transcript.tail) == ["no"]
    assert transcript.error == "returned a non-zero code: 1"


@pytest.mark.parametrize("host", ["unix:///nope/docker.sock", "tcp://127.0.0.1:1", "nonsense"])
def test_no_engine_says_so_and_the_way_out(host: str, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    with pytest.raises(NotAbleError) as caught:
        build_image(Source("podlab/x:1", tmp_path), _settings(DOCKER_HOST=host), lambda _: None)
    assert host in caught.value.what
    assert "docker info" in caught.value.remedy
    assert "--provider embedded" in caught.value.remedy


def test_a_directory_without_a_dockerfile_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotAbleError, match="no Dockerfile"):
        build_image(Source("podlab/x:1", tmp_path), _settings(DOCKER_HOST="unix:///nope"), lambda _: None)


@pytest.fixture
def docker_settings() -> Settings:
    """Settings of an engine that answers; without one the test is skipped, with CI=true it fails."""
    settings = Settings.from_environment(dict(os.environ))
    try:
        with engine(settings.environment):
            pass
    except NotAbleError as error:
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI has to have a Docker engine: {error}")
        pytest.skip(f"NO DOCKER ENGINE, NOTHING WAS BUILT: {error.what}")
    return settings


@pytest.fixture
def built(docker_settings: Settings) -> tuple[str, list[str]]:
    lines: list[str] = []
    reference = "podlab/healthz:test"
    try:
        build_image(Source(reference, IMAGES / "healthz"), docker_settings, lines.append)
    except NotAbleError as error:
        if "FROM" in error.what and os.environ.get("CI") != "true":
            pytest.skip(f"NO BASE IMAGE (PODLAB_BASE_IMAGE), NOTHING WAS BUILT: {error.what}")
        raise
    return reference, lines


@pytest.fixture
def container(built: tuple[str, list[str]]) -> Iterator[int]:
    run = ["docker", "run", "--rm", "-d", "-e", "STARTUP_SECONDS=0", "-p", "127.0.0.1::8080", built[0]]
    name = subprocess.run(run, check=True, capture_output=True, text=True).stdout.strip()
    try:
        follow = subprocess.Popen(["docker", "logs", "-f", name], stdout=subprocess.PIPE, text=True)
        assert follow.stdout is not None
        assert any("server listening on :8080" in line for line in follow.stdout)
        follow.kill()
        follow.stdout.close()
        follow.wait()
        port = subprocess.run(
            ["docker", "port", name, "8080"], check=True, capture_output=True, text=True
        ).stdout.splitlines()[0]
        yield int(port.rpartition(":")[2])
    finally:
        subprocess.run(["docker", "rm", "-f", name], check=True, capture_output=True)


@pytest.mark.docker
def test_the_image_builds_runs_and_answers(built: tuple[str, list[str]], container: int) -> None:
    assert any(line.startswith("[") and "FROM" in line for line in built[1])
    connection = http.client.HTTPConnection("127.0.0.1", container, timeout=20)
    connection.request("GET", "/healthz")
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (200, b'{"status":"UP"}\n')
    connection.close()


@pytest.mark.docker
def test_a_failing_step_is_shown_with_its_output(docker_settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY nothing /\n")
    with pytest.raises(NotAbleError) as caught:
        build_image(Source("podlab/x:test", tmp_path), docker_settings, lambda _: None)
    assert ": COPY nothing /" in caught.value.what


@pytest.mark.docker
def test_a_build_is_left_between_two_lines(docker_settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY Dockerfile /\n")
    with pytest.raises(Cancelled):
        build_image(Source("podlab/cancelled:test", tmp_path), docker_settings, lambda _: None, lambda: True)
    with pytest.raises(NotAbleError, match="no image"):
        save_image("podlab/cancelled:test", tmp_path / "x.tar", docker_settings)


def test_the_networks_and_indexes_of_the_user_reach_the_build(tmp_path: Path) -> None:
    settings = _settings(
        PODLAB_BASE_IMAGE="localhost/python:3.11", PODLAB_PIP_INDEX_URL="https://pypi.example/simple",
        PODLAB_BUILD_NETWORK="host",
    )  # fmt: skip
    options = building._options(Source("podlab/x:1", tmp_path, {"EXTRA": "1"}), settings)
    assert options["network_mode"] == "host"
    assert options["buildargs"] == {
        "BASE_IMAGE": "localhost/python:3.11",
        "PIP_INDEX_URL": "https://pypi.example/simple",
        "EXTRA": "1",
    }

"""The Docker engine: where it is, and a clear word within two seconds when it is not there."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lab.errors import NotAbleError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import docker

PATIENCE = 1.5
"""Seconds of host time the engine has for its first answer."""

WORK = 900
"""Seconds of host time between two pieces of output of a build: a slow download is no dead engine."""

REMEDY = (
    "start Docker (Docker Desktop, or `sudo systemctl start docker`) and check it with `docker info`; "
    "DOCKER_HOST names an engine elsewhere. The embedded cluster needs no engine: --provider embedded"
)


@contextmanager
def engine(environment: Mapping[str, str]) -> Iterator[docker.DockerClient]:
    """A client of the engine that answers; closed at the end.

    `DOCKER_HOST` (with `DOCKER_TLS_VERIFY`, `DOCKER_CERT_PATH`) names it, else the current context of the
    docker command line, else the local socket.

    Raises:
        NotAbleError: the docker package is missing, or no engine answers in time.
    """
    try:
        import docker  # noqa: PLC0415 (150 ms that only builds pay)
        from docker.errors import DockerException  # noqa: PLC0415
    except ImportError as error:
        remedy = "install it: pip install 'docker>=7.1'"
        raise NotAbleError(f"the docker package for Python is missing ({error})", remedy=remedy) from error
    host = environment.get("DOCKER_HOST") or _context_host(environment)
    given = {**environment, "DOCKER_HOST": host} if host else dict(environment)
    if refused := _refused(given.get("DOCKER_HOST", "")):
        raise NotAbleError(_absent(host, refused), remedy=REMEDY) from refused
    try:
        client = docker.from_env(version="auto", timeout=PATIENCE, environment=given)  # type: ignore[arg-type]  # fractions are fine
    except (DockerException, OSError, ValueError) as error:
        raise NotAbleError(_absent(host, error), remedy=REMEDY) from error
    client.api.timeout = WORK
    try:
        yield client
    finally:
        client.close()


def _refused(host: str) -> OSError | None:
    """Why nobody takes a connection on the engine's socket; None: somebody does, or it is no local one.

    Asked first because docker's own client leaves the socket open when it cannot connect.
    """
    scheme, _, path = (host or "unix:///var/run/docker.sock").partition("://")
    if scheme not in {"unix", "http+unix"} or not hasattr(socket, "AF_UNIX"):
        return None
    with socket.socket(socket.AF_UNIX) as knock:
        knock.settimeout(PATIENCE)
        try:
            knock.connect(f"/{path.lstrip('/')}")
        except OSError as error:
            return error
    return None


def _context_host(environment: Mapping[str, str]) -> str:
    """The engine of the docker command line's current context; empty: the default one."""
    from docker.context import ContextAPI  # noqa: PLC0415
    from docker.errors import DockerException  # noqa: PLC0415

    name = environment.get("DOCKER_CONTEXT") or None
    try:
        context = ContextAPI.get_context(name) if name else ContextAPI.get_current_context()
    except (DockerException, OSError, ValueError, KeyError):
        return ""
    if context is None or context.Name == "default":
        return ""
    return str(context.Host or "")


def _absent(host: str, error: Exception) -> str:
    where = host or "the local socket"
    text = f"{error} {error.__cause__ or ''}".lower()
    if "permission denied" in text:
        return f"this user may not talk to the Docker engine at {where} (permission denied)"
    if "timed out" in text or "timeout" in text:
        return f"the Docker engine at {where} does not answer within {PATIENCE} seconds"
    return f"there is no Docker engine at {where}"

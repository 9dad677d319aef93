"""A client of the embedded cluster's own endpoints: plain HTTP with what the kubeconfig holds, nothing else.

It is used where the weight of a Kubernetes client is not wanted: the clock, images, status, shutdown.
"""

from __future__ import annotations

import base64
import http.client
import json
import select
import ssl
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from lab.errors import ContentError, NotAbleError, ObservationLost, UsageError
from lab.kube.transport import reason_of

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping
    from pathlib import Path

    from lab.providers.base import ImageSource

Json = dict[str, Any]
_TIMEOUT = 10.0
_LONG = 3600.0
"""Seconds of host time an advance may take."""


@dataclass(frozen=True)
class Connection:
    """Where a cluster is, and what lets one in."""

    host: str
    port: int
    authority: str
    token: str

    @classmethod
    def from_kubeconfig(cls, path: Path) -> Connection:
        """Read the current context of a kubeconfig.

        Raises:
            UsageError: there is no such file.
            ContentError: it is no kubeconfig of an embedded cluster.
        """
        try:
            text = path.read_text()
        except FileNotFoundError:
            raise UsageError(
                f"there is no kubeconfig {path}",
                remedy="start a cluster with `podlab cluster serve --kubeconfig FILE`, or name its file",
            ) from None
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"the kubeconfig cannot be read: {error}", where=str(path)) from error
        try:
            return cls.from_document(_parse(text))
        except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
            raise ContentError(
                "this is no kubeconfig of an embedded cluster",
                where=str(path),
                remedy="name the file that `podlab cluster serve --kubeconfig FILE` wrote",
            ) from error

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Connection:
        """The connection that a kubeconfig, as data, describes.

        Raises:
            KeyError, IndexError, TypeError, ValueError: it has another form.
        """
        chosen = _named(document["contexts"], document["current-context"])["context"]
        cluster = _named(document["clusters"], chosen["cluster"])["cluster"]
        user = _named(document["users"], chosen["user"])["user"]
        url = urlsplit(cluster["server"])
        authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
        return cls(url.hostname or "", url.port or 443, authority, user["token"])

    def call(self, method: str, path: str, body: object = None, *, timeout: float = _TIMEOUT) -> Json:
        """Ask, and return the JSON answered.

        Raises:
            ObservationLost: nobody answers, or not in time.
            UsageError: the cluster refuses what was asked.
            NotAbleError: what answers is no embedded cluster.
        """
        return self.understood(path, *self._exchange(method, path, body, timeout))

    def understood(self, path: str, status: int, text: bytes) -> Json:
        """The JSON of an answer to a request for `path`.

        Raises:
            UsageError: the cluster refuses what was asked.
            NotAbleError: what answers is no embedded cluster.
        """
        try:
            answer = json.loads(text)
        except ValueError:
            answer = None
        if status in {401, 403} or not isinstance(answer, dict):
            raise self._stranger(status)
        if status == 404 and path.startswith("/podlab/"):
            raise self._stranger(status)
        if status >= 400:
            raise UsageError(str(answer.get("message") or f"the cluster answered {status}"))
        return answer

    def _exchange(self, method: str, path: str, body: object, timeout: float) -> tuple[int, bytes]:
        line = Line(self)
        try:
            return line.exchange(method, path, body, timeout)
        finally:
            line.close()

    def _stranger(self, status: int) -> NotAbleError:
        return NotAbleError(
            f"what answers at {self.host}:{self.port} (status {status}) is not this kubeconfig's cluster",
            remedy="name the kubeconfig that `podlab cluster serve` wrote, or start the cluster anew",
        )


class Line:
    """One connection that is kept open between requests; to be used by one thread at a time."""

    def __init__(self, connection: Connection) -> None:
        self._to = connection
        self._open: http.client.HTTPSConnection | None = None

    def exchange(self, method: str, path: str, body: object, timeout: float) -> tuple[int, bytes]:
        """Send a request, and return status and body of the answer.

        Raises:
            ObservationLost: nobody answers, or not in time.
        """
        headers = {"Authorization": f"Bearer {self._to.token}", "Podlab-Time": "cluster"}
        data = None
        if body is not None:
            data = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        try:
            connection = self._connected(timeout)
            connection.request(method, path, data, headers)
            response = connection.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            where = f"{self._to.host}:{self._to.port}"
            raise ObservationLost(
                f"the embedded cluster at {where} does not answer: {reason_of(error)}",
                remedy="podlab cluster status tells how the lab's own stands; podlab cluster up starts it",
            ) from error
        except BaseException:
            self.close()  # an answer under way would be taken for that of the next request
            raise

    def close(self) -> None:
        """Give the connection back; the next request makes another one."""
        if self._open is not None:
            self._open.close()
            self._open = None

    def _connected(self, timeout: float) -> http.client.HTTPSConnection:
        """The open connection if the other side still holds it: an advance must not be sent twice."""
        if self._open is not None and (self._open.sock is None or _readable(self._open.sock)):
            self.close()
        if self._open is None:
            context = ssl.create_default_context(cadata=self._to.authority)
            self._open = http.client.HTTPSConnection(
                self._to.host, self._to.port, timeout=timeout, context=context
            )
        else:
            self._open.sock.settimeout(timeout)
        return self._open


def _readable(sock: socket.socket) -> bool:
    """Whether something is there to be read: on a line at rest that is the other side's good-bye."""
    return bool(select.select([sock], [], [], 0)[0])


def advance(kubeconfig: Path, seconds: float) -> Json:
    """Let `seconds` of cluster time pass; answers `{"now": …, "resourceVersion": …}` when all has settled.

    Raises:
        UsageError: no such kubeconfig, or a senseless number of seconds.
        ObservationLost: the cluster does not answer.
        NotAbleError: what answers is no embedded cluster.
    """
    connection = Connection.from_kubeconfig(kubeconfig)
    return connection.call("POST", "/podlab/advance", {"seconds": seconds}, timeout=_LONG)


class EmbeddedClock:
    """The cluster's clock over the wire (implements `base.SteppedClock`); its connection is kept open."""

    skips = True

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._line = Line(connection)
        self._lock = threading.Lock()

    def __del__(self) -> None:
        """Give the connection back: whoever is given a clock does not know that it has one."""
        self._line.close()

    def now(self) -> float:
        """Cluster time, seconds since the Unix epoch.

        Raises:
            ObservationLost: the cluster does not answer.
        """
        return float(self._call("GET", "/podlab/clock")["now"])

    def wait(self, seconds: float) -> None:
        """Let `seconds` of cluster time pass at once; returns when the cluster has settled.

        Raises:
            ObservationLost: the cluster does not answer.
        """
        self._call("POST", "/podlab/advance", {"seconds": seconds}, timeout=_LONG)

    def rate(self) -> float:
        """Cluster seconds a host second; 0: the clock stands still.

        Raises:
            ObservationLost: the cluster does not answer.
        """
        return float(self._call("GET", "/podlab/clock")["rate"])

    def set_rate(self, rate: float) -> None:
        """Let time run at this rate from now on.

        Raises:
            ObservationLost: the cluster does not answer.
        """
        self._call("PUT", "/podlab/clock", {"rate": rate})

    def step(self, seconds: float, until: str, namespace: str) -> bool:
        """Let time pass for `seconds`, or until a `change` or a `restart` comes in a namespace; True: it did.

        Raises:
            ObservationLost: the cluster does not answer.
        """
        body = {"seconds": seconds, "until": until, "namespace": namespace}
        return bool(self._call("POST", "/podlab/advance", body, timeout=_LONG).get("happened"))

    def _call(self, method: str, path: str, body: object = None, *, timeout: float = _TIMEOUT) -> Json:
        with self._lock:
            status, text = self._line.exchange(method, path, body, timeout)
        return self._connection.understood(path, status, text)


def bring_image(source: ImageSource, connection: Connection) -> None:
    """Bring a directory's files in as an image, under all its names.

    Raises:
        NotAbleError: the directory cannot be read, or is far too large for an image of the lab.
        ObservationLost: the cluster does not answer.
    """
    body = _image_body(source.directory)
    for name in source.names:
        connection.call("POST", "/podlab/images", {**body, "reference": name}, timeout=60)


def _image_body(directory: Path) -> Json:
    """What is sent of an image, but for its name; its identity is the digest of the files."""
    import hashlib

    files = _files(directory)
    digest = hashlib.sha256()
    for name, data in files.items():
        digest.update(f"{len(name)}:{name}{len(data)}:".encode() + data)
    return {
        "digest": f"sha256:{digest.hexdigest()}",
        "labels": {"app.kubernetes.io/managed-by": "podlab"},
        "files": {name: base64.b64encode(data).decode() for name, data in files.items()},
    }


_LARGEST_IMAGE = 16 * 1024 * 1024
_IGNORED = frozenset({"__pycache__", ".git", ".DS_Store"})


def _files(directory: Path) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    size = 0
    try:
        if not directory.is_dir():
            raise NotAbleError("the image's directory is not there", where=str(directory))
        for path in sorted(directory.rglob("*")):
            relative = path.relative_to(directory)
            if _IGNORED & set(relative.parts) or path.is_symlink() or not path.is_file():
                continue
            found[relative.as_posix()] = path.read_bytes()
            size += len(found[relative.as_posix()])
            if size > _LARGEST_IMAGE:
                raise NotAbleError(
                    f"the image's files are larger than {_LARGEST_IMAGE // 1024 // 1024} MiB",
                    where=str(directory),
                    remedy="take out of the directory what does not belong to the image",
                )
    except OSError as error:
        raise NotAbleError(f"the image's files cannot be read: {error}", where=str(directory)) from error
    return found


def _named(entries: list[Json], name: str) -> Json:
    return next(entry for entry in entries if entry["name"] == name)


def _parse(text: str) -> Json:
    """The lab writes its kubeconfigs as JSON; kubectl may have rewritten them as YAML."""
    try:
        document = json.loads(text)
    except ValueError:
        import yaml

        try:
            document = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise ValueError(str(error)) from error
    if not isinstance(document, dict):
        raise ValueError("not a mapping")  # noqa: TRY004 (the content is wrong)
    return document

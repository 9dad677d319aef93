"""Logs and interactive sessions: `logs`, `exec` and `attach` of a pod, framed as clients expect them.

Sessions speak `v4.channel.k8s.io` and `v5.channel.k8s.io` (`apimachinery/pkg/util/remotecommand`): every
frame begins with a channel byte; how the command ended comes as a `Status` on the error channel. Version 5
added a frame by which the client closes a channel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from msgspec import Struct

from lab.embedded.api.errors import ApiError, bad_request
from lab.embedded.api.interface import LogRequest, NodeAgent
from lab.embedded.objects.times import parse_time
from lab.embedded.server import parameters

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lab.embedded.server.messages import Request

STDIN, STDOUT, STDERR, ERROR, RESIZE, CLOSE = 0, 1, 2, 3, 4, 255
PROTOCOLS = ("v5.channel.k8s.io", "v4.channel.k8s.io")


def log_request(query: parameters.Query, unshift: float, pod: str = "") -> LogRequest:
    """The query of a `logs` request; `unshift` seconds turn the client's timestamps into cluster time.

    Raises:
        ApiError: a parameter cannot be read, or contradicts another.
    """
    since_time = parameters.text(query, "sinceTime")
    seconds, tail = parameters.integer(query, "sinceSeconds"), parameters.integer(query, "tailLines")
    limit = parameters.integer(query, "limitBytes")
    if since_time and seconds is not None:
        raise _invalid(pod, "sinceTime", "at most one of `sinceTime` or `sinceSeconds` may be specified")
    if seconds is not None and seconds < 1:
        raise _invalid(pod, "sinceSeconds", "must be greater than 0", seconds)
    if tail is not None and tail < 0:
        raise _invalid(pod, "tailLines", "must be greater than or equal to 0", tail)
    if limit is not None and limit < 1:
        raise _invalid(pod, "limitBytes", "must be greater than 0", limit)
    try:
        since = parse_time(since_time) + unshift if since_time else None
    except ValueError:
        raise bad_request(
            f'parsing time "{since_time}" as "2006-01-02T15:04:05Z07:00": cannot parse'
        ) from None
    return LogRequest(
        container=parameters.text(query, "container") or None,
        previous=parameters.boolean(query, "previous"),
        follow=parameters.boolean(query, "follow"),
        tail=tail,
        since_seconds=seconds,
        since_time=since,
        timestamps=parameters.boolean(query, "timestamps"),
        limit_bytes=limit,
    )


def _invalid(pod: str, field: str, why: str, value: int | None = None) -> ApiError:
    shown = "Forbidden" if value is None else f"Invalid value: {value}"
    return ApiError(422, "Invalid", f'PodLogOptions "{pod}" is invalid: {field}: {shown}: {why}')


class SessionQuery(Struct, frozen=True):
    """What `exec` and `attach` ask for."""

    namespace: str
    pod: str
    container: str | None
    argv: Sequence[str]
    """Empty for `attach`."""
    stdin: bool
    stdout: bool
    stderr: bool
    tty: bool
    attach: bool

    @classmethod
    def read(cls, namespace: str, pod: str, query: parameters.Query, *, attach: bool) -> SessionQuery:
        """From the query string.

        Raises:
            ApiError: no command, or no stream at all.
        """
        argv = tuple(query.get("command", ()))
        if not attach and not argv:
            raise bad_request("you must specify at least 1 container command")
        found = cls(
            namespace, pod, parameters.text(query, "container") or None, argv,
            stdin=parameters.boolean(query, "stdin"), stdout=parameters.boolean(query, "stdout"),
            stderr=parameters.boolean(query, "stderr"), tty=parameters.boolean(query, "tty"), attach=attach,
        )  # fmt: skip
        if not (found.stdin or found.stdout or found.stderr):
            raise bad_request("you must specify at least 1 of stdin, stdout, stderr")
        return found


def chosen_protocol(request: Request) -> str:
    """The newest protocol both sides speak.

    Raises:
        ApiError: the request is no websocket upgrade, or speaks no protocol known here.
    """
    if request.header("upgrade").lower() != "websocket":
        raise bad_request(
            "Upgrade request required: this server speaks websockets (v4.channel.k8s.io, v5.channel.k8s.io)"
        )
    offered = {each.strip() for each in request.header("sec-websocket-protocol").split(",")}
    for protocol in PROTOCOLS:
        if protocol in offered:
            return protocol
    raise ApiError(403, "Forbidden", "unable to upgrade: none of the offered subprotocols is supported")


def check_container(agent: NodeAgent, query: SessionQuery) -> None:
    """Look whether the container could be talked to, and do nothing with it.

    kubectl asks a second time without a websocket when the first answer was a refusal, and prints what it is
    told then.

    Raises:
        ApiError: the refusal.
    """
    agent.attach(
        query.namespace, query.pod, query.container, stdin=False, tty=False,
        on_output=lambda _stream, _data: None, on_exit=lambda _code: None,
    ).kill()  # fmt: skip


class CommandSession:
    """A command (or the main process) of a container at one end of a websocket; a `messages.Session`.

    Opening begins at once, so that a container that is not there is an HTTP error and not a broken session;
    output that comes before `start` is kept until then.
    """

    def __init__(self, agent: NodeAgent, query: SessionQuery) -> None:
        self._query = query
        self._send: Callable[[bytes], None] | None = None
        self._end: Callable[[], None] = lambda: None
        self._held: list[bytes] = []
        self._over = False
        self._session = self._opened(agent, query)

    def _opened(self, agent: NodeAgent, query: SessionQuery) -> Any:
        """Open the session; what goes wrong in the container comes over the error channel (None then)."""
        try:
            return self._open(agent, query)
        except ApiError as error:
            if error.code != 500:
                raise
            self._frame(ERROR, orjson.dumps(error.status()))
            self._over = True
            return None

    def _open(self, agent: NodeAgent, query: SessionQuery) -> Any:
        if query.attach:
            return agent.attach(
                query.namespace, query.pod, query.container, stdin=query.stdin, tty=query.tty,
                on_output=self._on_output, on_exit=self._on_exit,
            )  # fmt: skip
        return agent.exec(
            query.namespace, query.pod, query.container, query.argv, stdin=query.stdin, tty=query.tty,
            on_output=self._on_output, on_exit=self._on_exit,
        )  # fmt: skip

    def start(self, send: Callable[[bytes], None], end: Callable[[], None]) -> None:
        """The websocket is open: send what was held back."""
        self._send, self._end = send, end
        for channel, wanted in ((STDOUT, self._query.stdout), (STDERR, self._query.stderr)):
            if wanted:
                send(bytes([channel]))  # an empty frame tells clients that the stream is there
                break
        for frame in self._held:
            send(frame)
        self._held.clear()
        if self._over:
            end()

    def receive(self, frame: bytes) -> None:
        """A frame from the client: standard input, a resize, or the closing of a channel."""
        if not frame or self._over:
            return
        channel, data = frame[0], frame[1:]
        if channel == STDIN and self._query.stdin:
            if data:
                self._session.write_stdin(data)
        elif channel == RESIZE:
            self._resize(data)
        elif channel == CLOSE and data[:1] == bytes([STDIN]):
            self._session.close_stdin()

    def stop(self) -> None:
        """The client has gone: end the command (an attached process lives on)."""
        if self._over:
            return
        self._over = True
        self._session.kill()

    def _resize(self, data: bytes) -> None:
        try:
            size = orjson.loads(data)
            self._session.resize(int(size["Width"]), int(size["Height"]))
        except (ValueError, KeyError, TypeError):
            return  # a malformed size changes nothing, as in the kubelet

    def _on_output(self, stream: str, data: bytes) -> None:
        stderr = stream == "stderr" and not self._query.tty
        if self._query.stderr if stderr else self._query.stdout:
            self._frame(STDERR if stderr else STDOUT, data)

    def _on_exit(self, code: int) -> None:
        if self._over:
            return
        self._frame(ERROR, orjson.dumps(exit_status(code, self._query.argv)))
        self._over = True
        if self._send is not None:
            self._end()

    def _frame(self, channel: int, data: bytes) -> None:
        if self._over:
            return
        frame = bytes([channel]) + data
        if self._send is None:
            self._held.append(frame)
        else:
            self._send(frame)


def exit_status(code: int, argv: Sequence[str]) -> dict[str, Any]:
    """The `Status` on the error channel (`kubelet/pkg/cri/streaming/remotecommand`)."""
    if code == 0:
        return {"metadata": {}, "status": "Success"}
    return {
        "metadata": {},
        "status": "Failure",
        "message": "command terminated with non-zero exit code: error executing command "
        f"[{' '.join(argv)}], exit code {code}",
        "reason": "NonZeroExitCode",
        "details": {"causes": [{"reason": "ExitCode", "message": str(code)}]},
    }

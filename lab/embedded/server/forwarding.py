"""`kubectl port-forward`: SPDY streams in a websocket, a pair of them for every connection forwarded.

Follows `pkg/kubelet/portforward/httpstream.go` (`kubelet/pkg/cri/streaming/portforward`): of each pair one
stream carries data both ways, the other tells the client what went wrong. A connection is opened when its
data stream comes; the pair ends when the pod's side has ended.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from lab.embedded.api.errors import ApiError, bad_request
from lab.embedded.server import spdy

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.embedded.api.interface import Connection, NodeAgent
    from lab.embedded.server.messages import Request

PROTOCOL = "SPDY/3.1+portforward.k8s.io"


def check_protocol(request: Request) -> None:
    """See that the client speaks what is spoken here.

    Raises:
        ApiError: it does not.
    """
    if request.header("upgrade").lower() != "websocket":
        raise bad_request(
            f"Upgrade request required: this server forwards ports over websockets ({PROTOCOL})"
        )
    offered = {each.strip() for each in request.header("sec-websocket-protocol").split(",")}
    if PROTOCOL not in offered:
        raise ApiError(
            403, "Forbidden", f"unable to upgrade: {PROTOCOL} is not among the offered subprotocols"
        )


class _Pair(Struct):
    """The two streams of one forwarded connection."""

    error: int = 0
    data: int = 0
    connection: Connection | None = None
    over: bool = False


class ForwardSession:
    """All connections forwarded over one websocket; a `messages.Session`.

    Raises:
        ApiError: there is no such pod, or it does not run.
    """

    def __init__(self, agent: NodeAgent, namespace: str, pod: str) -> None:
        agent.check_forward(namespace, pod)
        self._agent = agent
        self._namespace, self._pod = namespace, pod
        self._framer = spdy.Framer()
        self._send: Callable[[bytes], None] = lambda _data: None
        self._end: Callable[[], None] = lambda: None
        self._pairs: dict[str, _Pair] = {}
        self._by_stream: dict[int, _Pair] = {}

    def start(self, send: Callable[[bytes], None], end: Callable[[], None]) -> None:
        """The websocket is open."""
        self._send, self._end = send, end

    def receive(self, frame: bytes) -> None:
        """Bytes from the client, in pieces of any size."""
        try:
            for each in self._framer.feed(frame):
                self._take(each)
        except spdy.MalformedError:
            self.stop()
            self._end()

    def stop(self) -> None:
        """The client has gone: close what is open."""
        for pair in self._pairs.values():
            self._close(pair)
        self._pairs.clear()
        self._by_stream.clear()

    def _take(self, frame: spdy.Frame) -> None:
        if frame.type == spdy.SYN_STREAM:
            self._open(frame)
        elif frame.type == spdy.PING:
            self._send(self._framer.pong(frame.stream))
        elif frame.type == spdy.GOAWAY:
            self._end()
        elif frame.type in {0, spdy.RST_STREAM}:
            self._on_stream(frame)

    def _open(self, frame: spdy.Frame) -> None:
        headers = frame.headers
        kind, port = headers.get("streamtype", ""), headers.get("port", "")
        if kind not in {"data", "error"} or not port.isdigit() or not 0 < int(port) < 65536:
            self._send(self._framer.reset(frame.stream))
            return
        self._send(self._framer.reply(frame.stream))
        pair = self._pairs.setdefault(headers.get("requestid") or str(frame.stream), _Pair())
        self._by_stream[frame.stream] = pair
        if kind == "error":
            pair.error = frame.stream
        else:
            pair.data = frame.stream
        if pair.error and pair.data:
            self._connect(pair, int(port))

    def _connect(self, pair: _Pair, port: int) -> None:
        def data(chunk: bytes) -> None:
            self._send(self._framer.data(pair.data, chunk))

        connection = self._agent.forward(
            self._namespace, self._pod, port, on_data=data, on_end=lambda: self._finish(pair)
        )
        if isinstance(connection, str):
            self._send(self._framer.data(pair.error, connection.encode()))
            self._finish(pair)
        else:
            pair.connection = connection

    def _on_stream(self, frame: spdy.Frame) -> None:
        pair = self._by_stream.get(frame.stream)
        if pair is None or frame.stream != pair.data or pair.connection is None:
            return  # the client's end of an error stream, or something for a connection that is over
        if frame.type == spdy.RST_STREAM:
            self._finish(pair)
            return
        if frame.data:
            pair.connection.write(frame.data)
        if frame.last:
            pair.connection.finish()

    def _finish(self, pair: _Pair) -> None:
        """The pod's side has ended: so do both streams."""
        if pair.over:
            return
        self._close(pair)
        for stream in (pair.data, pair.error):
            self._send(self._framer.data(stream, b"", last=True))
            self._by_stream.pop(stream, None)
        self._pairs = {name: each for name, each in self._pairs.items() if each is not pair}

    @staticmethod
    def _close(pair: _Pair) -> None:
        pair.over = True
        if pair.connection is not None:
            pair.connection.close()

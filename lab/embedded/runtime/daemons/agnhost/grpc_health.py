"""`grpc-health-checking`: a gRPC health service whose answer an HTTP port beside it switches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.embedded.runtime import grpc
from lab.embedded.runtime.daemons import golang
from lab.embedded.runtime.daemons.agnhost.webserver import NOT_FOUND, plain
from lab.embedded.runtime.daemons.serving import Server, epoch

if TYPE_CHECKING:
    from collections.abc import Generator

    from lab.embedded.runtime.daemons.agnhost.flags import Flags
    from lab.embedded.runtime.http import HttpRequest, HttpResponse
    from lab.embedded.runtime.process import Process
    from lab.embedded.runtime.tasks import Reason, Syscall

FLAGS = {"port": "5000", "http-port": "8080", "delay-unhealthy-sec": "-1", "service": ""}


def grpc_health_checking(process: Process, flags: Flags) -> Generator[Syscall, Reason, int]:
    """Serves both ports; a signal ends it with 2."""
    port, http_port = flags.number("port"), flags.number("http-port")
    health = _Health(process, flags.text("service"), flags.number("delay-unhealthy-sec"))
    server = Server(process)
    yield from golang.log(process, f"Http server starting to listen on :{http_port}")
    server.listen_http(http_port, health.switch)
    yield from golang.log(process, f"gRPC server starting to listen on :{port}")
    server.listen(port, lambda socket: grpc.answer_in_child(process, socket, health.call))
    return (yield from golang.serve(process, server))


class _Health:
    """What is served: SERVING for a while, or as the HTTP port was told."""

    def __init__(self, process: Process, service: str, delay: int) -> None:
        self._process, self._service, self._delay = process, service, delay
        self._forced: bool | None = None

    def switch(self, request: HttpRequest) -> Generator[Syscall, Reason, HttpResponse | None]:
        """`/make-serving` and `/make-not-serving`."""
        words = {"/make-not-serving": (True, "unhealthy"), "/make-serving": (False, "healthy")}
        if request.path not in words:
            return NOT_FOUND
        self._forced, word = words[request.path]
        yield from golang.log(self._process, f"Mark as {word}")
        return plain(golang.duration(self._age()))

    def call(self, rpc: grpc.Rpc) -> Generator[Syscall, Reason, grpc.Reply]:
        """One call."""
        service, _, method = rpc.path.strip("/").partition("/")
        if service != "grpc.health.v1.Health":
            return grpc.Reply(code=grpc.UNIMPLEMENTED, text=f"unknown service {service}")
        if method != "Check":
            return grpc.Reply(code=grpc.UNIMPLEMENTED, text="unimplemented")
        began = epoch(self._process) - self._age()
        yield from golang.log(
            self._process, f"Serving the Check request for health check, started at {golang.moment(began)}"
        )
        if grpc.requested_service(rpc.message) != self._service:
            return grpc.Reply(code=grpc.NOT_FOUND, text="unknown service")
        ill = bool(self._forced) or (self._delay >= 0 and self._age() >= self._delay)
        return grpc.Reply(grpc.health_response("NOT_SERVING" if ill else "SERVING"))

    def _age(self) -> float:
        return self._process.now() - self._process.started_at

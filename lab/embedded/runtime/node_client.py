"""What a node asks its pods over the network: the calls of probes, hooks and the API server's proxy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.runtime.http import dial_error, fetch
from lab.embedded.runtime.network import TIMED_OUT, ConnectFailed, Host, Network, never
from lab.embedded.runtime.tasks import Task

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.embedded.clock.agenda import Agenda
    from lab.embedded.runtime.interface import HealthAnswer, HttpAnswer, HttpCall


class NodeClient:
    """The network calls of `interface.ContainerRuntime`."""

    def __init__(self, agenda: Agenda, network: Network, host: Host) -> None:
        self.agenda = agenda
        self.network = network
        self._node_host = host

    def http(
        self, address: str, port: int, request: HttpCall, timeout: float, done: Callable[[HttpAnswer], None]
    ) -> None:
        """See `ContainerRuntime`."""
        self._run(fetch(self.network, self._node_host, address, port, request, timeout), done)

    def tcp(self, address: str, port: int, timeout: float, done: Callable[[str | None], None]) -> None:
        """See `ContainerRuntime`."""

        def steps() -> Any:
            try:
                socket = self.network.connect(self._node_host, address, port)
            except ConnectFailed as failed:
                if failed.reason != TIMED_OUT:
                    return dial_error(address, port, failed.reason)
                yield from never(self.agenda.after(timeout), self.agenda)
                return f"dial tcp {address}:{port}: i/o timeout"
            socket.hold().release()
            return None

        self._run(steps(), done)

    def grpc(
        self, address: str, port: int, service: str, timeout: float, done: Callable[[HealthAnswer], None]
    ) -> None:
        """See `ContainerRuntime`."""
        from lab.embedded.runtime import grpc  # noqa: PLC0415 (HTTP/2 costs imports, and few clusters speak it)

        self._run(grpc.check(self.network, self._node_host, address, port, service, timeout), done)

    def _run(self, steps: Any, done: Callable[[Any], None]) -> None:
        def ended(result: Any, error: BaseException | None) -> None:
            if error is not None:
                raise error
            done(result)

        Task(self.agenda, steps, ended).start()

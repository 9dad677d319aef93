"""The simulated network: addresses, listeners and byte streams between them.

Latency is nothing: a connection either is there at once, is refused at once, or never comes (an address
nobody has) and the caller's own time-out decides. What happens in which order is the agenda's order.
Service addresses and names are the `ServiceTable`'s business; a name is asked there each time, nothing is
cached.
"""

from __future__ import annotations

import ipaddress
from collections import deque
from typing import TYPE_CHECKING

from msgspec import Struct, field

from lab.embedded.runtime.interface import DNS, Endpoint
from lab.embedded.runtime.resolving import CLUSTER_DNS, NODE_DNS, listed, resolver
from lab.embedded.runtime.streams import Pipe, Stream
from lab.embedded.runtime.tasks import Reason, Syscall, Wait, WaitQueue

if TYPE_CHECKING:
    from collections.abc import Generator

    from lab.embedded.clock.agenda import Agenda
    from lab.embedded.runtime.filesystem import FileTree
    from lab.embedded.runtime.interface import NetworkPolicies, ServiceTable

ANY_ADDRESS = "0.0.0.0"  # noqa: S104 (of the simulated hosts)
REFUSED = "connection refused"
NO_ROUTE = "no route to host"
TIMED_OUT = "i/o timeout"
NO_HOST = "no such host"
BACKLOG = 128
"""Connections that may wait to be accepted; more are dropped, so their clients time out."""


class ConnectFailed(Exception):  # noqa: N818 (what happened, not a mistake)
    """No connection; `reason` is one of the constants above."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Socket(Stream):
    """One end of a connection."""

    def __init__(
        self, incoming: Pipe, outgoing: Pipe, local: tuple[str, int], remote: tuple[str, int]
    ) -> None:
        super().__init__()
        self._in, self._out = incoming, outgoing
        self.local, self.remote = local, remote
        self.readable = incoming.reader.readable
        self.writable = outgoing.writer.writable

    def try_read(self, count: int) -> bytes | None:
        """See `Stream`."""
        return self._in.reader.try_read(count)

    def try_write(self, data: bytes) -> int:
        """See `Stream`."""
        return self._out.writer.try_write(data)

    def finish(self) -> None:
        """Send nothing more (shutdown for writing)."""
        if self._out.writer_open:
            self._out.writer.closed()

    def closed(self) -> None:
        """See `Stream`."""
        self.finish()
        if self._in.reader_open:
            self._in.reader.closed()


class Listener(Stream):
    """A port somebody listens on."""

    def __init__(self, host: Host, address: str, port: int) -> None:
        super().__init__()
        self.host, self.address, self.port = host, address, port
        self.waiting: deque[Socket] = deque()

    def try_accept(self) -> Socket | None:
        """The next connection, or None yet."""
        return self.waiting.popleft() if self.waiting else None

    def closed(self) -> None:
        """See `Stream`."""
        self.host.listeners.pop((self.address, self.port), None)
        for socket in self.waiting:
            socket.closed()


class Host(Struct, eq=False):
    """A network identity: a pod's, or a node's."""

    ip: str
    hostname: str
    namespace: str = "default"
    listeners: dict[tuple[str, int], Listener] = field(default_factory=dict)
    domain: str = ""
    """What follows its host name in full (`db.default.svc.cluster.local`); empty for most."""
    pod: str = ""
    """UID of the pod it belongs to; empty for a node."""
    etc: FileTree | None = None
    """The files `hosts` and `resolv.conf` of its programs; None: as a pod has them by itself."""

    @property
    def full_name(self) -> str:
        """The host name with its domain, where it has one."""
        bare = not self.domain or self.hostname.endswith(f".{self.domain}")
        return self.hostname if bare else f"{self.hostname}.{self.domain}"

    @property
    def endpoint(self) -> Endpoint:
        """How policies know it."""
        return Endpoint(self.ip, self.pod)

    def listen(self, address: str, port: int) -> Listener | None:
        """Listen on a port of an address (`0.0.0.0` all); None: the port is in use."""
        if any(taken == port and (where == address or ANY_ADDRESS in (where, address))
               for where, taken in self.listeners):  # fmt: skip
            return None
        listener = Listener(self, address, port)
        self.listeners[address, port] = listener
        return listener

    def listener_for(self, address: str, port: int) -> Listener | None:
        """Who answers a connection to an address of this host."""
        return self.listeners.get((address, port)) or self.listeners.get((ANY_ADDRESS, port))


class Network:
    """All hosts of the cluster."""

    def __init__(self, agenda: Agenda, services: ServiceTable | None) -> None:
        self.agenda = agenda
        self.services = services
        self.policies: NetworkPolicies | None = None
        self._hosts: dict[str, Host] = {}
        self._next_port = 32768
        self._cluster = ipaddress.ip_network("10.244.0.0/16")

    def add(self, host: Host) -> None:
        """Give a host its address."""
        self._hosts[host.ip] = host

    def remove(self, host: Host) -> None:
        """Take a host's address back."""
        if self._hosts.get(host.ip) is host:
            del self._hosts[host.ip]

    def resolve(self, name: str, source: Host) -> list[str]:
        """Addresses of a name as a program of a host finds them; [] when there is no such name.

        `/etc/hosts` is looked at first, then the name server is asked.
        """
        if is_address(name):
            return [name]
        plain = name.rstrip(".").lower()
        if plain == "localhost":
            return ["127.0.0.1"]
        return listed(source, plain) or self.ask(name, source)

    def ask(self, name: str, source: Host) -> list[str]:
        """What the host's name server answers to a name; [] when there is none, or no answer."""
        config = resolver(source)
        if self.services is None or CLUSTER_DNS not in config.servers or not self._cluster_dns(source):
            return []
        return self.services.resolve(name.lower(), source.namespace, config.searches, config.ndots)

    def names_answered(self, source: Host) -> bool:
        """Whether a name server can be reached from a host; if not, asking it takes until it times out."""
        servers = resolver(source).servers
        if CLUSTER_DNS not in servers:
            return NODE_DNS in servers
        return self._cluster_dns(source)

    def _cluster_dns(self, source: Host) -> bool:
        """Whether the policies let a host ask the cluster's name server."""
        return self.policies is None or self.policies.allows(source.endpoint, DNS, 53, "UDP")

    def connect(self, source: Host, address: str, port: int) -> Socket:
        """Open a connection.

        Raises:
            ConnectFailed: refused, no route, or (TIMED_OUT) nobody will ever answer.
        """
        target, listener = self._listener(source, address, port)
        if len(listener.waiting) >= BACKLOG:
            raise ConnectFailed(TIMED_OUT)
        self._next_port = 32768 + (self._next_port - 32767) % 28232
        near = (source.ip if target != "127.0.0.1" else "127.0.0.1", self._next_port)
        there, back = Pipe(), Pipe()
        far = Socket(there, back, (target, listener.port), near)
        listener.waiting.append(far)
        listener.readable.notify()
        return Socket(back, there, near, (address, port))

    def _listener(self, source: Host, address: str, port: int) -> tuple[str, Listener]:
        if address.startswith("127.") or address == ANY_ADDRESS:
            listener = source.listener_for("127.0.0.1", port)
            if listener is None:
                raise ConnectFailed(REFUSED)
            return "127.0.0.1", listener
        if self.services is not None:
            routed = self.services.route(address, port, source.ip)
            if isinstance(routed, str):
                raise ConnectFailed(routed)
            address, port = routed
        host = self._hosts.get(address)
        if host is None and not is_address(address):
            raise ConnectFailed(NO_HOST)
        target = host.endpoint if host is not None else Endpoint(address)
        if self.policies is not None and not self.policies.allows(source.endpoint, target, port, "TCP"):
            raise ConnectFailed(TIMED_OUT)
        if host is None:
            inside = ipaddress.ip_address(address) in self._cluster
            raise ConnectFailed(NO_ROUTE if inside else TIMED_OUT)
        listener = host.listener_for(address, port)
        if listener is None:
            raise ConnectFailed(REFUSED)
        return address, listener


def is_address(name: str) -> bool:
    """Whether a name is an IPv4 address already."""
    try:
        ipaddress.IPv4Address(name)
    except ValueError:
        return False
    return True


def receive(socket: Socket, until: float | None, now: Agenda) -> Generator[Syscall, Reason, bytes | None]:
    """The next bytes of a connection, b"" at its end, None when `until` came first."""
    while (chunk := socket.try_read(65536)) is None:
        if until is not None and now.now() >= until:
            return None
        yield Wait((socket.readable,), until)
    return chunk


def send(socket: Socket, data: bytes, until: float | None, now: Agenda) -> Generator[Syscall, Reason, bool]:
    """Send all of `data`; False when `until` came first.

    Raises:
        BrokenPipe: the other end is closed.
    """
    while data:
        done = socket.try_write(data)
        data = data[done:]
        if done == 0:
            if until is not None and now.now() >= until:
                return False
            yield Wait((socket.writable,), until)
    return True


def never(until: float | None, now: Agenda) -> Generator[Syscall, Reason, None]:
    """Wait until a time, for something that will not come."""
    while until is None or now.now() < until:
        yield Wait((WaitQueue(),), until)

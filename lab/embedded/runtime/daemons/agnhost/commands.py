"""agnhost itself: which subcommand runs, and the small ones (pause, connect, serve-hostname, …)."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import TYPE_CHECKING, TypeAlias

from lab.embedded.runtime import signals
from lab.embedded.runtime.daemons import golang
from lab.embedded.runtime.daemons.agnhost import grpc_health, liveness, mounttest, netexec, nettest, webserver
from lab.embedded.runtime.daemons.agnhost.flags import BadFlags, Flags, parse
from lab.embedded.runtime.daemons.serving import CannotListen, Server
from lab.embedded.runtime.network import REFUSED, TIMED_OUT, ConnectFailed, Socket, is_address, never
from lab.embedded.runtime.resolving import resolver

if TYPE_CHECKING:
    from lab.embedded.runtime.http import HttpRequest, HttpResponse
    from lab.embedded.runtime.process import Process
    from lab.embedded.runtime.tasks import Reason, Syscall

Step: TypeAlias = Generator["Syscall", "Reason", int]
Command: TypeAlias = Callable[["Process", Flags], Step]
VERSION = "2.53"

_UNPLAYED = """
audit-proxy crd-conversion-webhook dns-server-list dns-suffix etc-hosts external-metrics fake-gitserver
fake-metrics-server fake-registry-server guestbook h2c-server http-echo inclusterclient logs-generator
mtlsclient mtlsserver net no-snat-test no-snat-test-proxy nonewprivs openid-discovery podcertificatesigner
port-forward-tester porter resource-consumer resource-consumer-controller stress tcp-reset
test-service-account-issuer-discovery vishhstress watch-file webhook
"""
UNPLAYED = frozenset(_UNPLAYED.split())
"""Subcommands that agnhost has and the simulation does not play."""


def agnhost(process: Process) -> Step:
    """Run a subcommand; a mistake on the command line ends with 0, because agnhost ignores cobra's error."""
    name, *arguments = process.argv[1:] or [""]
    if name in ("", "help", "--help", "-h"):
        yield from process.print("Usage:\n  app [command]\n\nAvailable Commands:\n"
                                 + "\n".join(f"  {each}" for each in sorted(COMMANDS)))  # fmt: skip
        return 0
    if name == "--version":
        yield from process.print(f"app version {VERSION}")
        return 0
    if name in UNPLAYED:
        yield from process.complain(f"agnhost {name}: not available in the simulation")
        return 1
    if name not in COMMANDS:
        yield from process.complain(
            f'Error: unknown command "{name}" for "app"\nRun \'app --help\' for usage.'
        )
        return 0
    command, defaults = COMMANDS[name]
    try:
        flags = parse(arguments, defaults) if name != "entrypoint-tester" else Flags({}, tuple(arguments))
        return (yield from command(process, flags))
    except BadFlags as error:
        usage = "".join(f"\n      --{each} (default {value!r})" for each, value in defaults.items())
        yield from process.complain(f"Error: {error}\nUsage:\n  app {name} [flags]\n\nFlags:{usage}")
        return 0
    except CannotListen as error:
        text = error.text[:1].lower() + error.text[1:]
        return (yield from golang.fatal(process, f"listen tcp :{error.port}: bind: {text}"))


def _pause(process: Process, _flags: Flags) -> Step:
    process.handled |= {signals.INT, signals.TERM}
    yield from process.print("Paused")
    while not process.pending:
        yield from process.wait()
    return {signals.INT: 1, signals.TERM: 2}[process.pending[0]]


def _entrypoint(process: Process, _flags: Flags) -> Step:
    yield from process.print(f"[{' '.join(process.argv)}]")
    return 0


def _connect(process: Process, flags: Flags) -> Step:
    if len(flags.operands) != 1:
        raise BadFlags(f"accepts 1 arg(s), received {len(flags.operands)}")
    if flags.text("protocol") not in ("", "tcp"):
        what = f"agnhost connect --protocol={flags.text('protocol')}"
        yield from process.complain(f"{what}: not available in the simulation")
        return 1
    host, colon, port = flags.operands[0].rpartition(":")
    if not colon or not port.isdigit():
        yield from process.complain(f"UNKNOWN: address {flags.operands[0]}: missing port in address")
        return 1
    network, here = process.kernel.network, process.kernel.host
    found = [host] if is_address(host) else network.resolve(host, here)
    if not found:
        server = next(iter(resolver(here).servers), "127.0.0.1")
        yield from process.complain(f"DNS: lookup {host} on {server}:53: no such host")
        return 1
    patience = golang.parse_duration(flags.text("timeout")) or 127.0
    try:
        network.connect(here, found[0], int(port)).hold().release()
    except ConnectFailed as failed:
        if failed.reason == TIMED_OUT:
            yield from never(process.after(patience), process.kernel.agenda)
        other = f"OTHER: dial tcp {found[0]}:{port}: connect: {failed.reason}"
        yield from process.complain({TIMED_OUT: "TIMEOUT", REFUSED: "REFUSED"}.get(failed.reason, other))
        return 1
    return 0


def _serve_hostname(process: Process, flags: Flags) -> Step:
    name, port = process.kernel.host.hostname, flags.number("port")
    over_tcp = flags.on("tcp")
    if flags.on("udp"):
        yield from process.complain("agnhost serve-hostname --udp: not available in the simulation")
        return 1
    if over_tcp and flags.on("http"):
        return (yield from golang.fatal(process, "Can't server TCP/UDP mode and HTTP mode at the same time"))
    server = Server(process)

    def handle(request: HttpRequest) -> Generator[Syscall, Reason, HttpResponse | None]:
        yield from golang.log(process, f"HTTP request from {request.client}")
        return webserver.plain(name)

    def answer(socket: Socket) -> None:
        socket.hold()
        socket.try_write(name.encode())
        socket.release()

    if over_tcp:
        server.listen(port, answer)
    else:
        server.listen_http(port, handle)
    process.handled |= {signals.TERM}
    yield from golang.log(process, f"Serving on port {port}.\n")
    yield from server.run()
    yield from golang.log(process, "Shutting down after receiving signal: terminated.\n")
    yield from golang.log(process, "Awaiting pod deletion.\n")
    process.pending.clear()
    until = process.after(60)
    while process.now() < until:
        process.pending.clear()
        yield from process.wait(until=until)
    return 0


COMMANDS: Mapping[str, tuple[Command, Mapping[str, str]]] = {
    "pause": (_pause, {}),
    "entrypoint-tester": (_entrypoint, {}),
    "connect": (
        _connect,
        {"timeout": "0s", "protocol": "tcp", "udp-data": "hostname", "sctp-data": "hostname"},
    ),
    "serve-hostname": (
        _serve_hostname,
        {"tcp": "false", "udp": "false", "http": "true", "close": "false", "port": "9376"},
    ),
    "netexec": (netexec.netexec, netexec.FLAGS),
    "liveness": (liveness.liveness, {}),
    "test-webserver": (webserver.test_webserver, {"port": "80"}),
    "mounttest": (mounttest.mounttest, mounttest.FLAGS),
    "nettest": (nettest.nettest, nettest.FLAGS),
    "grpc-health-checking": (grpc_health.grpc_health_checking, grpc_health.FLAGS),
}
"""What is played: the program and its flags with their defaults."""

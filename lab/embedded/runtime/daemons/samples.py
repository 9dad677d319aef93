"""The small web servers of tutorials: each answers every request with a line or a page about itself."""

from __future__ import annotations

import re
from collections.abc import Generator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from lab.embedded.runtime import signals
from lab.embedded.runtime.daemons import golang
from lab.embedded.runtime.daemons.agnhost.flags import BadFlags, parse
from lab.embedded.runtime.daemons.serving import CannotListen, Server, utc
from lab.embedded.runtime.http import HttpRequest, HttpResponse

if TYPE_CHECKING:
    from lab.embedded.runtime.http import Handler
    from lab.embedded.runtime.process import Process, Program
    from lab.embedded.runtime.tasks import Reason, Syscall

Step = Generator["Syscall", "Reason", int]
Answer = Generator["Syscall", "Reason", HttpResponse | None]
TEXT = ("Content-Type", "text/plain; charset=utf-8")


def _listening(process: Process, port: str, handler: Handler) -> Generator[Syscall, Reason, Server | int]:
    """A server on a port; the exit code where it cannot be had."""
    if not port.isdigit() or not 0 < int(port) < 65536:
        return (yield from golang.fatal(process, f"listen tcp: address {port}: invalid port"))
    server = Server(process)
    try:
        server.listen_http(int(port), handler)
    except CannotListen as error:
        text = error.text[:1].lower() + error.text[1:]
        return (yield from golang.fatal(process, f"listen tcp :{error.port}: bind: {text}"))
    return server


def _text(body: str, *headers: tuple[str, str], status: int = 200) -> HttpResponse:
    return HttpResponse(status, body.encode("utf-8", "surrogateescape"), [*headers, TEXT])


def _headers(request: HttpRequest) -> list[tuple[str, str]]:
    """The headers a Go program sees, by name; Host is not among them."""
    return sorted((name.title(), value) for name, value in request.headers if name.lower() != "host")


def _header(request: HttpRequest, wanted: str) -> str:
    return next((value for name, value in request.headers if name.lower() == wanted), "")


def _host(request: HttpRequest) -> str:
    return _header(request, "host")


# -- Google's hello-app -------------------------------------------------------------------------------------


def hello_app(version: str) -> Program:
    """The program of a version: `Hello, world!`, its version, its host."""

    def program(process: Process) -> Step:
        def handle(request: HttpRequest) -> Answer:
            yield from golang.log(process, f"Serving request: {request.path}")
            return _text(f"Hello, world!\nVersion: {version}\nHostname: {process.kernel.host.hostname}\n")

        port = process.env.get("PORT") or "8080"
        server = yield from _listening(process, port, handle)
        if isinstance(server, int):
            return server
        yield from golang.log(process, f"Server listening on port {port}")
        return (yield from golang.serve(process, server))

    return program


# -- hashicorp/http-echo ------------------------------------------------------------------------------------


def http_echo(process: Process) -> Step:
    """`-text` to every request, `/health` besides."""
    arguments = [re.sub(r"^-(?=[a-z])", "--", each) for each in process.argv[1:]]
    try:
        flags = parse(arguments, {"listen": ":5678", "text": "", "status-code": "200", "version": "false"})
    except BadFlags as error:
        yield from process.complain(f"flag provided but not defined: {str(error).rpartition(' ')[2][1:]}")
        return 2
    text = flags.text("text") or process.env.get("ECHO_TEXT", "")
    if not text:
        yield from process.complain("Missing -text option!")
        return 127

    def handle(request: HttpRequest) -> Answer:
        named = (("X-App-Name", "http-echo"), ("X-App-Version", "1.0.0"))
        if request.path == "/health":
            return _text('{"status":"ok"}\n', *named)
        body = f"{text}\n"
        line = f'"{request.method} {request.target} HTTP/1.1" {flags.text("status-code")} {len(body)}'
        agent = _header(request, "user-agent")
        at = utc(process)
        yield from process.print(
            f'{at:%Y/%m/%d %H:%M:%S} {_host(request)} {request.client} {line} "{agent}" 0s'
        )
        return _text(body, *named, status=flags.number("status-code"))

    listen = flags.text("listen")
    server = yield from _listening(process, listen.rpartition(":")[2], handle)
    if isinstance(server, int):
        return server
    yield from golang.log(process, f"[INFO] server is listening on {listen}")
    process.handled |= {signals.TERM, signals.INT}
    yield from server.run()
    name = {signals.INT: "interrupt", signals.TERM: "terminated"}[process.pending[0]]
    yield from golang.log(process, f"[INFO] server is shutting down: received signal {name}")
    return 0


# -- traefik/whoami -----------------------------------------------------------------------------------------


def whoami(process: Process) -> Step:
    """Tells the host, its addresses and the request; `/health` answers as it was told to."""
    arguments = [re.sub(r"^-(?=[a-z])", "--", each) for each in process.argv[1:]]
    default = process.env.get("WHOAMI_PORT_NUMBER") or "80"
    try:
        flags = parse(
            arguments, {"port": default, "name": process.env.get("WHOAMI_NAME", ""), "verbose": "false"}
        )
    except BadFlags as error:
        yield from process.complain(f"whoami: {error}; or it is not available in the simulation")
        return 2
    status = [200]

    def handle(request: HttpRequest) -> Answer:
        yield from process.compute(1)
        if request.path == "/health":
            if request.method == "POST" and request.body.strip().isdigit():
                status[0] = int(request.body)
                return HttpResponse(200)
            return HttpResponse(status[0])
        if request.path in ("/bench", "/data", "/echo", "/api", "/upload"):
            if request.path == "/bench":
                return _text("1")
            return _text(f"{request.path} is not available in the simulation\n", status=501)
        host = process.kernel.host
        lines = [f"Name: {flags.text('name')}"] if flags.text("name") else []
        lines += [f"Hostname: {host.hostname}", "IP: 127.0.0.1", f"IP: {host.ip}",
                  f"RemoteAddr: {request.client}:0", f"{request.method} {request.target} HTTP/1.1",
                  f"Host: {_host(request)}"]  # fmt: skip
        lines += [f"{name}: {value}" for name, value in _headers(request)]
        return _text("\n".join(lines) + "\n\n")

    server = yield from _listening(process, flags.text("port"), handle)
    if isinstance(server, int):
        return server
    yield from golang.log(process, f"Starting up on port {flags.text('port')}")
    return (yield from golang.serve(process, server))


# -- echo servers -------------------------------------------------------------------------------------------


def echo_server(process: Process) -> Step:
    """Jmalloc's and kicbase's: the request, and who served it."""

    def handle(request: HttpRequest) -> Answer:
        yield from process.print(f"{request.client} | {request.method} {request.target}")
        lines = [f"Request served by {process.kernel.host.hostname}", "",
                 f"HTTP/1.1 {request.method} {request.target}", "", f"Host: {_host(request)}"]  # fmt: skip
        lines += [f"{name}: {value}" for name, value in _headers(request)]
        return _text("\n".join(lines) + "\n\n" + request.body.decode("utf-8", "replace"))

    port = process.env.get("PORT") or "8080"
    server = yield from _listening(process, port, handle)
    if isinstance(server, int):
        return server
    yield from process.print(f"Echo server listening on port {port}.")
    return (yield from golang.serve(process, server))


_POD = {
    "node name": "NODE_NAME",
    "pod name": "POD_NAME",
    "pod namespace": "POD_NAMESPACE",
    "pod IP": "POD_IP",
}


def echoserver(process: Process) -> Step:
    """The one of registry.k8s.io: nginx with Lua, as its version 1.10 answers."""

    def handle(request: HttpRequest) -> Answer:
        at = utc(process)
        line = f'"{request.method} {request.target} HTTP/1.1" 200'
        yield from process.print(f"{request.client} - - [{at:%d/%b/%Y:%H:%M:%S +0000}] {line}")
        headers = [("Server", "echoserver"), ("Content-Type", "text/plain")]
        return HttpResponse(200, _reflected(process, request).encode(), headers)

    server = yield from _listening(process, "8080", handle)
    if isinstance(server, int):
        return server
    yield from process.print("Generating self-signed cert\nStarting nginx")
    process.handled |= {signals.TERM, signals.QUIT, signals.INT}
    yield from server.run()
    return 0


def _reflected(process: Process, request: HttpRequest) -> str:
    told = [f"\t{label}:\t{process.env[name]}" for label, name in _POD.items() if process.env.get(name)]
    headers = sorted(f"\t{name.lower()}={value}" for name, value in request.headers)
    lines = [
        f"\n\nHostname: {process.kernel.host.hostname}\n",
        "Pod Information:",
        *(told or ["\t-no pod information available-"]),
        "\nServer values:\n\tserver_version=nginx: 1.13.3 - lua: 10008\n",
        f"Request Information:\n\tclient_address={request.client}\n\tmethod={request.method}",
        f"\treal path={request.target}\n\tquery={urlsplit(request.target).query}",
        "\trequest_version=1.1\n\trequest_scheme=http",
        f"\trequest_uri=http://{_host(request)}{request.target}\n",
        "Request Headers:",
        *headers,
        f"\nRequest Body:\n{request.body.decode('utf-8', 'replace') or chr(9) + '-no body in request-'}\n",
    ]
    return "\n".join(lines)


# -- the bootcamp of kubernetes.io --------------------------------------------------------------------------


def bootcamp(version: str) -> Program:
    """The program of a version: it counts its requests; SIGTERM is not handled."""

    def program(process: Process) -> Step:
        host, began, total = process.kernel.host.hostname, process.now(), [0]

        def stamp() -> str:
            at = utc(process)
            return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"

        def handle(_request: HttpRequest) -> Answer:
            total[0] += 1
            counted = f"Total Requests: {total[0]} | App Uptime: {process.now() - began:g} seconds"
            yield from process.print(f"Running On: {host} | {counted} | Log Time: {stamp()}")
            body = f"Hello Kubernetes bootcamp! | Running on: {host} | v={version}\n"
            return HttpResponse(200, body.encode(), [("Content-Type", "text/plain")])

        server = yield from _listening(process, "8080", handle)
        if isinstance(server, int):
            return server
        yield from process.print(f"Kubernetes Bootcamp App Started At: {stamp()} | Running On:  {host} \n")
        return (yield from server.run()) or 0

    return program

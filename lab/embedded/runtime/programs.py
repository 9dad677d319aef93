"""Programs by name: what an executable file's `program` stands for.

A program is a callable that takes the `Process` and gives a generator of steps ending with the exit status.
An image says which programs its files are (`images.Image.executables`); whoever brings more (the lab's own
images) registers them here, on the registry of one runtime.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING

from lab.embedded.runtime.applets.netservers import file_response
from lab.embedded.runtime.applets.table import busybox
from lab.embedded.runtime.http import HttpRequest, HttpResponse, serve

if TYPE_CHECKING:
    from lab.embedded.runtime.process import Process, Program
    from lab.embedded.runtime.tasks import Reason, Syscall

Step = Generator["Syscall", "Reason", int]

_WELCOME = (
    b"<!DOCTYPE html>\n<html>\n<head>\n<title>Welcome to nginx!</title>\n</head>\n"
    b"<body>\n<h1>Welcome to nginx!</h1>\n</body>\n</html>\n"
)


class ProgramTable:
    """The programs one runtime knows."""

    def __init__(self) -> None:
        self._programs: dict[str, Program] = {
            "busybox": busybox,
            "pause": pause,
            "nginx": nginx,
            "httpd": apache,
            "agnhost": agnhost,
            "refused": refused,
        }

    def register(self, name: str, program: Program) -> None:
        """Add or replace a program."""
        self._programs[name] = program

    def get(self, name: str) -> Program | None:
        """The program of a name."""
        return self._programs.get(name)


def pause(process: Process) -> Step:
    """Sleeps until a signal; leaves with 0 on TERM and INT."""
    process.handled |= {2, 15}
    while not process.pending:
        yield from process.wait()
    return 0


def refused(process: Process) -> Step:
    """An executable whose program the simulation cannot play."""
    yield from process.complain(f"{process.argv[0]}: not available in the simulation")
    return 1


def nginx(process: Process) -> Step:
    """Serves the files of `/usr/share/nginx/html` on port 80; configuration files are not read."""
    return (yield from _pages(process, 80, "/usr/share/nginx/html", "nginx/1.27.0"))


def apache(process: Process) -> Step:
    """Serves the files of `/usr/local/apache2/htdocs` on port 80; configuration files are not read."""
    return (yield from _pages(process, 80, "/usr/local/apache2/htdocs", "Apache/2.4.62 (Unix)"))


def _pages(process: Process, port: int, home: str, server: str) -> Step:
    process.handled |= {3, 15}
    if process.uid and port < 1024:
        yield from process.complain(f"bind() to 0.0.0.0:{port} failed (13: Permission denied)")
        return 1

    def handle(request: HttpRequest) -> Generator[Syscall, Reason, HttpResponse | None]:
        answer = file_response(process, home, request)
        yield from process.print(
            f'{request.client} - - "{request.method} {request.target} HTTP/1.1" {answer.status}'
        )
        headers = [
            ("Server", server),
            *((key, value) for key, value in answer.headers if key != "Connection"),
        ]
        return HttpResponse(answer.status, answer.body, headers)

    return (yield from serve_until_signal(process, port, handle))


def serve_until_signal(
    process: Process,
    port: int,
    handle: Callable[[HttpRequest], Generator[Syscall, Reason, HttpResponse | None]],
) -> Step:
    """Serve in a child; leave with 0 when a handled signal comes, with 1 when the port is taken."""

    def child_main(child: Process) -> Step:
        return (yield from serve(child, port, handle))

    child = process.kernel.spawn(process, list(process.argv), child_main)
    while not process.pending and child.status is None:
        yield from process.wait(child.ended)
    if child.status is not None:
        yield from process.complain(f"bind() to 0.0.0.0:{port} failed (98: Address in use)")
        return 1
    process.kernel.signal(child, 9)
    return 0


def agnhost(process: Process) -> Step:
    """Agnhost's `pause`, `netexec` and `serve-hostname`, as far as HTTP goes."""
    command = process.argv[1] if len(process.argv) > 1 else "pause"
    if command == "pause":
        return (yield from pause(process))
    if command not in ("netexec", "serve-hostname"):
        yield from process.complain(f"agnhost {command}: not available in the simulation")
        return 1
    flag = next((each for each in process.argv if each.startswith(("--http-port=", "--port="))), "")
    port = int(flag.partition("=")[2] or (8080 if command == "netexec" else 9376))
    hostname = process.kernel.host.hostname

    def handle(request: HttpRequest) -> Generator[Syscall, Reason, HttpResponse | None]:
        yield from process.compute(1)
        if command == "serve-hostname" or request.path in ("/hostname", "/hostName"):
            return HttpResponse(200, hostname.encode())
        if request.path == "/healthz":
            return HttpResponse(200)
        return (
            HttpResponse(200, f"NOW: {process.now():.6f}".encode())
            if request.path == "/"
            else HttpResponse(404)
        )

    process.handled |= {15}
    return (yield from serve_until_signal(process, port, handle))


WELCOME = _WELCOME

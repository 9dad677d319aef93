"""`liveness`: healthy for ten seconds, then answering 500 for ever (`agnhost/liveness/server.go`)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote_plus, urlsplit

from lab.embedded.runtime.daemons import golang
from lab.embedded.runtime.daemons.agnhost.webserver import NOT_FOUND, plain, problem
from lab.embedded.runtime.daemons.serving import Server
from lab.embedded.runtime.http import HttpRequest, HttpResponse

if TYPE_CHECKING:
    from collections.abc import Generator

    from lab.embedded.runtime.daemons.agnhost.flags import Flags
    from lab.embedded.runtime.process import Process
    from lab.embedded.runtime.tasks import Reason, Syscall

HEALTHY_SECONDS = 10.0
LONGEST_BODY = 1024
"""KiB of a body that are made at most."""


def liveness(process: Process, _flags: Flags) -> Generator[Syscall, Reason, int]:
    """Serves on port 8080; a signal ends it with 2."""

    def handle(request: HttpRequest) -> Generator[Syscall, Reason, HttpResponse | None]:
        yield from process.compute(1)
        age = process.now() - process.started_at
        query = {name: values[0] for name, values in parse_qs(urlsplit(request.target).query).items()}
        match request.path:
            case "/started":
                return plain(golang.duration(age))
            case "/healthz":
                return plain(f"error: {age:.6g}", 500) if age > HEALTHY_SECONDS else plain("ok")
            case "/redirect":
                return HttpResponse(302, b"", [("Location", unquote_plus(query.get("loc", "")))])
            case "/sleep-headers" | "/sleep-body" | "/slow-response" | "/disconnect-body":
                return (yield from _slow(process, request.path, query))
            case "/disconnect-headers":
                return None
            case _:
                return NOT_FOUND

    server = Server(process)
    server.listen_http(8080, handle)
    return (yield from golang.serve(process, server))


def _slow(
    process: Process, path: str, query: dict[str, str]
) -> Generator[Syscall, Reason, HttpResponse | None]:
    values = {"code": 500, "time": 0, "size": 0, "interval": 0}
    for name, default in values.items():
        try:
            values[name] = int(query.get(name) or default)
        except ValueError:
            return problem(
                f"parameter '{name}' is invalid: strconv.Atoi: parsing \"{query[name]}\": invalid syntax", 400
            )
    size = min(max(values["size"], 0), LONGEST_BODY)
    pause = values["time"] if "sleep" in path else 0
    pause += values["interval"] * size if path in ("/sleep-body", "/slow-response") else 0
    if pause > 0:
        yield from process.sleep(float(pause))
    if path == "/disconnect-body":
        return None
    body = "0123456789abcdef" * 64 * size
    return plain(f"Slept for {values['time']} secs\n{body}" if "sleep" in path else body, values["code"])

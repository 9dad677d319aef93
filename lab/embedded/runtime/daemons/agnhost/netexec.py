"""`netexec`: an HTTP server that echoes, dials, redirects, runs commands and exits as told.

After `agnhost/netexec/netexec.go`. Its UDP and SCTP servers are not there: the simulated network has TCP
only, and `/dial` to them says so. TLS is refused.
"""

from __future__ import annotations

import json
from collections.abc import Generator
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from lab.embedded.runtime import signals
from lab.embedded.runtime.daemons import golang
from lab.embedded.runtime.daemons.agnhost.webserver import NOT_FOUND, plain, problem
from lab.embedded.runtime.daemons.serving import Server
from lab.embedded.runtime.filesystem import FileError
from lab.embedded.runtime.http import HttpRequest, HttpResponse, exchange
from lab.embedded.runtime.interface import HttpCall
from lab.embedded.runtime.network import is_address
from lab.embedded.runtime.streams import OutputStream

if TYPE_CHECKING:
    from lab.embedded.runtime.daemons.agnhost.flags import Flags
    from lab.embedded.runtime.process import Process
    from lab.embedded.runtime.tasks import Reason, Syscall

Answer = Generator["Syscall", "Reason", HttpResponse | None]
FLAGS = {
    "http-port": "8080",
    "tls-cert-file": "",
    "tls-private-key-file": "",
    "udp-port": "8081",
    "sctp-port": "-1",
    "http-override": "",
    "udp-listen-addresses": "",
    "delay-shutdown": "0",
}
_DIAL_SECONDS = 5.0
_MOST_TRIES = 100


def netexec(process: Process, flags: Flags) -> Generator[Syscall, Reason, int]:
    """Serves until it is told to exit; SIGTERM ends it with 2, unless there is a `--delay-shutdown`."""
    if flags.text("tls-cert-file"):
        yield from process.complain("agnhost netexec --tls-cert-file: TLS is not available in the simulation")
        return 1
    delay = flags.number("delay-shutdown")
    if delay > 0:
        process.handled.add(signals.TERM)
    server = Server(process)
    routes = _Routes(process, server, flags.text("http-override"))
    server.listen_http(flags.number("http-port"), routes.answer)
    yield from golang.log(process, f"Started HTTP server on port {flags.number('http-port')}")
    code = yield from server.run() if delay > 0 else golang.serve(process, server)
    if code is None:
        yield from golang.log(process, f"Sleeping {delay} seconds before terminating...")
        process.pending.clear()
        yield from _serve_on(process, server, float(delay))
        return server.code or 0
    if routes.grace > 0:
        server.close()
        yield from _drained(process, routes.grace)
        yield from golang.log(process, "Graceful shutdown completed with: <nil>")
    return code


def _serve_on(process: Process, server: Server, seconds: float) -> Generator[Syscall, Reason, None]:
    """Go on answering for a while after SIGTERM."""
    process.kernel.agenda.call_after(seconds, lambda: server.end(server.code or 0))
    while server.code is None:
        yield from server.run()
        process.pending.clear()


def _drained(process: Process, seconds: float) -> Generator[Syscall, Reason, None]:
    until = process.after(seconds)
    while process.now() < until:
        busy = [each for each in process.children.values() if each.status is None]
        if not busy:
            return
        yield from process.wait(busy[0].ended, until=until)


class _Routes:
    """The endpoints."""

    def __init__(self, process: Process, server: Server, override: str) -> None:
        self._process, self._server, self._override = process, server, override
        self.grace = 0.0

    def answer(self, request: HttpRequest) -> Answer:  # noqa: PLR0911 (a table of endpoints)
        """One request."""
        target = self._override or request.target
        path = urlsplit(target).path
        query = {
            name: values[0]
            for name, values in parse_qs(urlsplit(target).query, keep_blank_values=True).items()
        }
        if request.method == "POST" and "application/x-www-form-urlencoded" in dict(request.headers).get(
            "content-type", ""
        ):
            query |= {name: values[0] for name, values in parse_qs(request.body.decode("latin-1")).items()}
        name = self._process.kernel.host.hostname
        simple = {"/": golang.timestamp(self._process), "/clientip": request.client, "/hostname": name,
                  "/hostName": name}  # fmt: skip
        match path:
            case "/" | "/clientip" | "/hostname" | "/hostName":
                yield from self._log(f"GET {path}")
                return plain(("NOW: " if path == "/" else "") + simple[path])
            case "/healthz":
                yield from self._log("GET /healthz")
                return HttpResponse(200)
            case "/echo":
                return (yield from self._echo(query))
            case "/exit":
                return (yield from self._exit(query))
            case "/shutdown":
                yield from self._log("GET /shutdown")
                self._server.end(0)
                return None
            case "/redirect":
                return (yield from self._redirect(query))
            case "/shell":
                return (yield from self._shell(query))
            case "/dial":
                return (yield from self._dial(query))
            case "/upload":
                return problem("uploads are not available in the simulation", 501)
            case _:
                return NOT_FOUND if not path.startswith("/") else (yield from self._root())

    def _root(self) -> Answer:
        """Go's mux gives `/` all that nothing else takes."""
        yield from self._log("GET /")
        return plain(f"NOW: {golang.timestamp(self._process)}")

    def _log(self, text: str) -> Generator[Syscall, Reason, None]:
        yield from golang.log(self._process, text)

    def _echo(self, query: dict[str, str]) -> Answer:
        text, code = query.get("msg", ""), query.get("code", "")
        yield from self._log(f"GET /echo?msg={text}&code={code}")
        if code and not code.lstrip("-").isdigit():
            return plain(f"argument 'code' must be an integer or empty, got \"{code}\"\n")
        return plain(text, int(code) if code else 200)

    def _exit(self, query: dict[str, str]) -> Answer:
        code, patience, wait = (query.get(name, "") for name in ("code", "timeout", "wait"))
        yield from self._log(f"GET /exit?code={code}&timeout={patience}&wait={wait}")
        seconds = {name: golang.parse_duration(text) if text else 0.0
                   for name, text in (("timeout", patience), ("wait", wait))}  # fmt: skip
        for name, text in (("timeout", patience), ("wait", wait)):
            if seconds[name] is None:
                return plain(f"argument '{name}' must be a valid golang duration or empty, got \"{text}\"\n")
        if code and not code.isdigit():
            return plain(f"argument 'code' must be an integer [0-127] or empty, got \"{code}\"\n")
        pause, self.grace = seconds["wait"] or 0.0, seconds["timeout"] or 0.0
        allowing = f"allowing {golang.duration(self.grace)} for connections to close"
        lead = f"Will begin shutdown in {golang.duration(pause)}"
        yield from self._log(f"{lead}, {allowing}, then will exit with {int(code or 0)}")
        yield from self._process.sleep(pause)
        self._server.end(int(code or 0) & 0xFF)
        return plain("") if self.grace else None

    def _redirect(self, query: dict[str, str]) -> Answer:
        where, code = query.get("location", ""), query.get("code", "")
        yield from self._log(f"GET /redirect?location={where}&code={code}")
        if code and not code.isdigit():
            return plain(f"argument 'code' must be an integer or empty, got \"{code}\"\n")
        return HttpResponse(int(code or 302), b"", [("Location", where)])

    def _shell(self, query: dict[str, str]) -> Answer:
        command = query.get("shellCommand") or query.get("cmd", "")
        yield from self._log(f"GET /shell?cmd={command}")
        out = bytearray()
        stream = OutputStream(out.extend)
        result = {}
        try:
            child = self._process.spawn(["/bin/sh", "-c", command], fds={0: stream, 1: stream, 2: stream})
            ended = yield from self._process.wait_child(child)
            if ended.code:
                result["error"] = f"exit status {ended.code}"
        except FileError as error:
            result["error"] = golang.path_error("fork/exec", "/bin/sh", error)
        if out:
            result = {"output": out.decode("utf-8", "replace")} | result
        yield from self._log(
            f"Output: map[{' '.join(f'{key}:{value}' for key, value in sorted(result.items()))}]"
        )
        return plain(json.dumps(dict(sorted(result.items())), separators=(",", ":")))

    def _dial(self, query: dict[str, str]) -> Answer:
        host, port, request = (query.get(name, "") for name in ("host", "port", "request"))
        protocol, tries = query.get("protocol", ""), query.get("tries", "")
        yield from self._log(
            f"GET /dial?host={host}&protocol={protocol}&port={port}&request={request}&tries={tries}"
        )
        if tries and not tries.isdigit():
            return problem(
                f'tries parameter is invalid. strconv.Atoi: parsing "{tries}": invalid syntax', 400
            )
        if not request:
            return problem("request parameter not specified. <nil>", 400)
        if protocol.lower() in ("udp", "sctp"):
            return problem(f"{protocol} is not available in the simulation", 501)
        if protocol.lower() not in ("", "http"):
            return problem(f"unsupported protocol. {protocol}", 400)
        network, here = self._process.kernel.network, self._process.kernel.host
        found = [host] if is_address(host) else network.resolve(host, here)
        if not found or not port.isdigit():
            return problem(f"host and/or port param are invalid. lookup {host}: no such host", 400)
        replies: dict[str, list[str]] = {"responses": [], "errors": []}
        for _ in range(min(int(tries or 1), _MOST_TRIES)):
            until = self._process.after(_DIAL_SECONDS)
            url = f"http://{found[0]}:{port}/{request}"
            call = HttpCall("GET", f"/{request}")
            answer = yield from exchange(network, here, found[0], int(port), call, until, url)
            kind = "errors" if answer.error is not None else "responses"
            replies[kind].append(answer.error or answer.body.decode("utf-8", "replace"))
        shown = {name: values for name, values in sorted(replies.items()) if values}
        return plain(json.dumps(shown, separators=(",", ":")))

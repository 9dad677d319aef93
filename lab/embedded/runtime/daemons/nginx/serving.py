"""How nginx answers a request: which server, which location, and what that makes of it."""

from __future__ import annotations

import ipaddress
import posixpath
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from msgspec import Struct

from lab.embedded.runtime.daemons.nginx import pages, proxying
from lab.embedded.runtime.daemons.nginx.logging import Logs
from lab.embedded.runtime.daemons.nginx.variables import Exchange
from lab.embedded.runtime.filesystem import Directory, File
from lab.embedded.runtime.http import HttpRequest, HttpResponse
from lab.embedded.runtime.mounting import may

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from lab.embedded.runtime.daemons.nginx.configuration import (
        Configuration,
        Location,
        Rewrite,
        Scope,
        VirtualServer,
    )
    from lab.embedded.runtime.process import Process
    from lab.embedded.runtime.tasks import Reason, Syscall

_MOST_JUMPS = 10
"""Internal redirections until nginx gives up with 500."""
_REDIRECTS = (301, 302, 303, 307, 308)


class Counters(Struct):
    """What `stub_status` tells."""

    accepts: int = 0
    requests: int = 0


class Answering:
    """Answers for one worker with one configuration."""

    def __init__(
        self, process: Process, configuration: Configuration, version: str, counters: Counters,
        worker: Callable[[], int],
    ) -> None:  # fmt: skip
        self._process, self._configuration = process, configuration
        self._version, self._counters = version, counters
        self._logs = Logs(process, configuration, worker)
        self._turns: dict[str, int] = {}

    def answer(self, port: int, request: HttpRequest) -> Generator[Syscall, Reason, HttpResponse | None]:
        """One request to a port."""
        self._counters.accepts += 1
        self._counters.requests += 1
        exchange = Exchange(self._process, request, port, self._counters.accepts, version=self._version)
        server = self._server(port, exchange.host)
        exchange.server_name = server.names[0]
        response, scope = yield from self._respond(server, exchange)
        if response is None:
            exchange.status = 444
            yield from self._logs.access(scope, exchange)
            return None
        response = self._finished(scope, exchange, response)
        exchange.status = response.status
        exchange.sent = 0 if request.method == "HEAD" else len(response.body)
        yield from self._logs.access(scope, exchange)
        return response

    def _server(self, port: int, host: str) -> VirtualServer:
        here = [each for each in self._configuration.servers if any(port == p for _, p, _ in each.ports)]
        for server in here:
            if any(_names(name, host) for name in server.names):
                return server
        return next(
            (each for each in here if any(p == port and first for _, p, first in each.ports)), here[0]
        )

    def _finished(self, scope: Scope, exchange: Exchange, response: HttpResponse) -> HttpResponse:
        lead = [
            ("Server", f"nginx/{self._version}" if scope.tokens else "nginx"),
            ("Date", self._logs.date()),
        ]
        good = response.status in (200, 201, 204, 206, 301, 302, 303, 304, 307, 308)
        own = [(name, exchange.expand(value)) for name, value, always in scope.headers if good or always]
        named = {name.lower() for name, _ in response.headers}
        length = (
            []
            if {"content-length", "transfer-encoding"} & named
            else [("Content-Length", str(len(response.body)))]
        )
        wants_close = exchange.header("connection").lower() == "close"
        tail = [("Connection", "close" if wants_close else "keep-alive")]
        kept = [pair for pair in response.headers if pair[0].lower() not in ("server", "date", "connection")]
        return HttpResponse(response.status, response.body, [*lead, *kept, *length, *tail, *own])

    def _respond(
        self, server: VirtualServer, exchange: Exchange
    ) -> Generator[Syscall, Reason, tuple[HttpResponse | None, Scope]]:
        """The answer and the scope it was made in; error pages are carried out here."""
        target, handled, status = "", False, 0
        for _ in range(_MOST_JUMPS):
            scope, outcome = yield from self._step(server, exchange, target, internal=handled)
            if isinstance(outcome, str):  # an internal redirection
                target = outcome
                exchange.uri = exchange.uri if target.startswith("@") else target.split("?", 1)[0]
                handled = True
                continue
            if outcome is None:
                return None, scope
            if status:
                return HttpResponse(status, outcome.body, outcome.headers), scope
            page = next((each for each in scope.error_pages if outcome.status in each[0]), None)
            if page is None or outcome.status < 300 or isinstance(outcome, proxying.Passed):
                return outcome, scope
            _, instead, where = page
            if where.startswith("http"):
                return HttpResponse(302, b"", [("Location", exchange.expand(where))]), scope
            status = outcome.status if instead is None else instead
            target, handled = exchange.expand(where), True
            exchange.uri = target if not target.startswith("@") else exchange.uri
        yield from self._logs.error(server.scope, exchange, "rewrite or internal redirection cycle")
        return self._page(500, server.scope), server.scope

    def _step(
        self, server: VirtualServer, exchange: Exchange, target: str, *, internal: bool
    ) -> Generator[Syscall, Reason, tuple[Scope, HttpResponse | str | None]]:
        if not internal:
            jump = self._rewritten(server.rewrites, exchange, server.scope)
            if isinstance(jump, HttpResponse):
                return server.scope, jump
            if server.answer:
                return server.scope, self._returned(server.answer, exchange, server.scope)
        location = (
            _named(server.locations, target)
            if target.startswith("@")
            else _match(server.locations, exchange.uri)
        )
        if location is None:
            if target.startswith("@"):
                yield from self._logs.error(
                    server.scope, exchange, f'could not find named location "{target}"'
                )
                return server.scope, self._page(500, server.scope)
            if server.try_files and not internal:
                return server.scope, self._tried(server.try_files, exchange, server.scope)
            return server.scope, (yield from self._file(server.scope, exchange, ""))
        return location.scope, (yield from self._located(location, exchange, internal=internal))

    def _located(  # noqa: PLR0911 (the phases of a request, each of which may answer it)
        self, location: Location, exchange: Exchange, *, internal: bool
    ) -> Generator[Syscall, Reason, HttpResponse | str | None]:
        scope = location.scope
        if location.internal and not internal:
            return self._page(404, scope)
        jump = self._rewritten(location.rewrites, exchange, scope)
        if jump is not None:
            return jump
        if location.answer:
            return self._returned(location.answer, exchange, scope)
        if _denied(scope, exchange.request.client):
            yield from self._logs.error(scope, exchange, "access forbidden by rule")
            return self._page(403, scope)
        if len(exchange.request.body) > scope.body_limit > 0:
            size = len(exchange.request.body)
            yield from self._logs.error(
                scope, exchange, f"client intended to send too large body: {size} bytes"
            )
            return self._page(413, scope)
        if location.try_files and not internal:
            return self._tried(location.try_files, exchange, scope)
        if location.status:
            return HttpResponse(200, self._status(), [("Content-Type", "text/plain")])
        if location.proxy:
            return (yield from self._proxied(location, exchange))
        return (yield from self._file(scope, exchange, location.alias, location.pattern))

    def _status(self) -> bytes:
        count = self._counters
        return (
            f"Active connections: 1 \nserver accepts handled requests\n {count.accepts} {count.accepts} "
            f"{count.requests} \nReading: 0 Writing: 1 Waiting: 0 \n"
        ).encode()

    def _returned(self, args: tuple[str, ...], exchange: Exchange, scope: Scope) -> HttpResponse | None:
        code, text = (int(args[0]), args[1:]) if args[0].isdigit() else (302, args[:1])
        if code == 444:
            return None
        if code in _REDIRECTS:
            where = exchange.expand(text[0]) if text else ""
            return self._redirect(code, where, exchange, scope)
        if not text:
            return self._page(code, scope) if code >= 300 else HttpResponse(code)
        kind = scope.types.get(posixpath.splitext(exchange.uri)[1].lstrip("."), scope.default_type)
        return HttpResponse(code, exchange.expand(text[0]).encode(), [("Content-Type", kind)])

    def _redirect(self, code: int, where: str, exchange: Exchange, scope: Scope) -> HttpResponse:
        if where.startswith("/"):
            shown = exchange.header("host") or exchange.server_name
            where = f"http://{shown}{where}"
        page = self._page(code, scope)
        return HttpResponse(code, page.body, [*page.headers, ("Location", where)])

    def _page(self, status: int, scope: Scope) -> HttpResponse:
        body = pages.error_page(status, f"nginx/{self._version}" if scope.tokens else "nginx")
        return HttpResponse(status, body, [("Content-Type", "text/html")])

    def _rewritten(
        self, rewrites: tuple[Rewrite, ...], exchange: Exchange, scope: Scope
    ) -> HttpResponse | str | None:
        for each in rewrites:
            if (match := each.pattern.search(exchange.uri)) is None:
                continue
            exchange.captures |= {str(at + 1): value or "" for at, value in enumerate(match.groups())}
            target = exchange.expand(each.target)
            if each.flag in ("redirect", "permanent") or target.startswith(
                ("http://", "https://", "$scheme")
            ):
                code = 301 if each.flag == "permanent" else 302
                return self._redirect(code, target, exchange, scope)
            exchange.uri = target.split("?", 1)[0]
            if each.flag == "last":
                return exchange.uri
            if each.flag == "break":
                return None
        return None

    def _tried(self, names: tuple[str, ...], exchange: Exchange, scope: Scope) -> HttpResponse | str | None:
        *paths, last = names
        for name in paths:
            uri = exchange.expand(name)
            node = self._process.kernel.files.exists(exchange.expand(scope.root).rstrip("/") + uri)
            if isinstance(node, Directory if uri.endswith("/") else File):
                return uri
        if last.startswith("="):
            return self._page(int(last[1:]), scope) if int(last[1:]) >= 300 else HttpResponse(int(last[1:]))
        return exchange.expand(last)

    def _proxied(self, location: Location, exchange: Exchange) -> Generator[Syscall, Reason, HttpResponse]:
        parts = urlsplit(location.proxy)
        places = self._configuration.upstreams[parts.netloc]
        turn = self._turns.get(parts.netloc, 0)
        self._turns[parts.netloc] = turn + 1
        for attempt in range(len(places)):
            place = places[(turn + attempt) % len(places)]
            answer, problem = yield from proxying.forward(location, exchange, place)
            if answer is not None:
                return answer
            yield from self._logs.error(location.scope, exchange, problem.text, upstream=problem.upstream)
            if attempt == len(places) - 1:
                return self._page(problem.status, location.scope)
        return self._page(502, location.scope)

    def _file(
        self, scope: Scope, exchange: Exchange, alias: str, prefix: str = ""
    ) -> Generator[Syscall, Reason, HttpResponse | str]:
        root = exchange.expand(scope.root)
        exchange.root = root
        path = alias + exchange.uri[len(prefix) :] if alias else root.rstrip("/") + exchange.uri
        if exchange.request.method not in ("GET", "HEAD"):
            return self._page(405, scope)
        files = self._process.kernel.files
        node = files.exists(path)
        if isinstance(node, Directory):
            if not exchange.uri.endswith("/"):
                return self._redirect(301, f"{quote(exchange.uri)}/", exchange, scope)
            for name in scope.index:
                if isinstance(files.exists(path.rstrip("/") + "/" + name), File):
                    return exchange.uri + name
            if scope.autoindex:
                return HttpResponse(
                    200, pages.listing(exchange.uri, node.listing()), [("Content-Type", "text/html")]
                )
            yield from self._logs.error(scope, exchange, f'directory index of "{path}" is forbidden')
            return self._page(403, scope)
        if exchange.uri.endswith("/") and node is None:
            path = path.rstrip("/") + "/" + scope.index[0]
        if not isinstance(node, File):
            yield from self._logs.error(
                scope, exchange, f'open() "{path}" failed (2: No such file or directory)'
            )
            return self._page(404, scope)
        if not may(node, self._process.uid or 101, 4):
            yield from self._logs.error(scope, exchange, f'open() "{path}" failed (13: Permission denied)')
            return self._page(403, scope)
        end = posixpath.splitext(path)[1].lstrip(".").lower()
        kind = scope.types.get(end, scope.default_type)
        modified = self._logs.date(node.mtime)
        tag = f'"{int(node.mtime):x}-{len(node.data):x}"'
        headers = [
            ("Content-Type", kind),
            ("Last-Modified", modified),
            ("ETag", tag),
            ("Accept-Ranges", "bytes"),
        ]
        return HttpResponse(200, bytes(node.data), headers)


def _names(pattern: str, host: str) -> bool:
    if pattern.startswith("*."):
        return host.endswith(pattern[1:])
    return bool(pattern) and pattern.lower() == host


def _named(locations: tuple[Location, ...], name: str) -> Location | None:
    return next((each for each in locations if each.pattern == name), None)


def _match(locations: tuple[Location, ...], uri: str) -> Location | None:
    """The location nginx chooses: exact, else the longest prefix unless a regular expression matches."""
    plain = [each for each in locations if each.modifier in ("", "^~") and uri.startswith(each.pattern)]
    exact = next((each for each in locations if each.modifier == "=" and each.pattern == uri), None)
    if exact is not None:
        return exact
    best = max(plain, key=lambda each: len(each.pattern), default=None)
    if best is not None and best.inner and (found := _match(best.inner, uri)) is not None:
        return found
    if best is None or best.modifier != "^~":
        for each in locations:
            if each.regex is not None and each.regex.search(uri):
                return each
    return best


def _denied(scope: Scope, client: str) -> bool:
    for verb, where in scope.access:
        try:
            inside = where == "all" or ipaddress.ip_address(client) in ipaddress.ip_network(
                where, strict=False
            )
        except ValueError:
            inside = False
        if inside:
            return verb == "deny"
    return False

"""`proxy_pass`: one request handed on to an upstream, and the words for why that failed."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from msgspec import Struct

from lab.embedded.runtime.http import HttpResponse
from lab.embedded.runtime.http import exchange as converse
from lab.embedded.runtime.interface import HttpCall

if TYPE_CHECKING:
    from collections.abc import Generator

    from lab.embedded.runtime.daemons.nginx.configuration import Location
    from lab.embedded.runtime.daemons.nginx.variables import Exchange
    from lab.embedded.runtime.tasks import Reason, Syscall

_DROPPED = ("connection", "keep-alive", "transfer-encoding", "upgrade", "content-length")


class Passed(HttpResponse, frozen=True):
    """An upstream's own answer: `error_page` leaves it alone."""


class Problem(Struct, frozen=True):
    """Why an upstream gave no answer."""

    status: int
    text: str
    upstream: str


def forward(
    location: Location, exchange: Exchange, place: tuple[str, int]
) -> Generator[Syscall, Reason, tuple[HttpResponse | None, Problem]]:
    """Hand a request on to one address of the upstream."""
    address, port = place
    parts, scope = urlsplit(location.proxy), location.scope
    target = exchange.request.target
    if parts.path:
        query = urlsplit(target).query
        target = parts.path + exchange.uri[len(location.pattern) :] + (f"?{query}" if query else "")
    exchange.captures["proxy_host"] = parts.netloc
    headers = {
        name.title(): value for name, value in exchange.request.headers if name.lower() not in _DROPPED
    }
    headers |= {"Host": parts.netloc, "Connection": "close"}
    headers |= {name.title(): exchange.expand(value) for name, value in scope.proxy_headers}
    call = HttpCall(
        exchange.request.method,
        target or "/",
        [(k, v) for k, v in headers.items() if v],
        exchange.request.body,
    )
    process = exchange.process
    until = process.after(max(scope.connect_timeout, scope.read_timeout))
    url = f"http://{address}:{port}{target}"
    network, host = process.kernel.network, process.kernel.host
    answer = yield from converse(network, host, address, port, call, until, url)
    if answer.error is None:
        kept = [(name, value) for name, value in answer.headers if name.lower() not in _DROPPED]
        return Passed(answer.status, answer.body, kept), Problem(0, "", url)
    return None, _problem(answer.error, url)


def _problem(error: str, url: str) -> Problem:
    if "connection refused" in error:
        return Problem(502, "connect() failed (111: Connection refused) while connecting to upstream", url)
    if "no route to host" in error:
        return Problem(502, "connect() failed (113: Host is unreachable) while connecting to upstream", url)
    if "i/o timeout" in error:
        return Problem(
            504, "upstream timed out (110: Connection timed out) while connecting to upstream", url
        )
    if "deadline" in error:
        text = "upstream timed out (110: Connection timed out) while reading response header from upstream"
        return Problem(504, text, url)
    if error.endswith("EOF"):
        return Problem(
            502, "upstream prematurely closed connection while reading response header from upstream", url
        )
    return Problem(502, "upstream sent invalid header while reading response header from upstream", url)

"""The server: one page and one socket behind a token, a session of the lab's own for each browser.

Nothing is fetched from elsewhere, and the browser is told not to (Content-Security-Policy). Everything is
under the token: without it there is one sentence to read, and nothing to open.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import signal
from dataclasses import replace
from importlib import resources
from typing import TYPE_CHECKING

from aiohttp import web

from lab.errors import NotAbleError
from lab.tui.web.session import Session, cells

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aiohttp.typedefs import Handler

    from lab.tui.web.address import Address

HEARTBEAT_SECONDS = 15.0
"""A browser that does not answer for so long is gone (host time)."""

FILES = {
    "page.css": ("lab.tui.web", "static/page.css", "text/css"),
    "page.js": ("lab.tui.web", "static/page.js", "text/javascript"),
    "xterm.css": ("textual_serve", "static/css/xterm.css", "text/css"),
    "textual.js": ("textual_serve", "static/js/textual.js", "text/javascript"),
    "mono.ttf": ("textual_serve", "static/fonts/RobotoMono-VariableFont_wght.ttf", "font/ttf"),
    "mono-italic.ttf": ("textual_serve", "static/fonts/RobotoMono-Italic-VariableFont_wght.ttf", "font/ttf"),
}
"""All there is to fetch beside the page: name, then package, path in it, and type."""

PAGE = ("lab.tui.web", "static/page.html")

POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self' {socket}; font-src 'self'; "
    "img-src 'self' data:; "
    # The terminal in the page makes style elements as it goes.
    "style-src 'self' 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Referrer-Policy": "no-referrer",  # the token is in the address
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
REFUSAL = "This address needs the token that `podlab serve` printed with it.\n"


class Server:
    """Serves the lab until it is stopped."""

    def __init__(
        self,
        address: Address,
        *,
        environment: Mapping[str, str],
        most: int,
        say: Callable[[str], None],
    ) -> None:
        """`most` sessions at a time; `environment` is what each is started with, on top of this process's."""
        self._address, self._environment, self._most, self._say = address, environment, most, say
        self._sessions: set[Session] = set()

    def application(self) -> web.Application:
        """The routes, behind the guard."""
        application = web.Application(middlewares=[self._guard])
        application.add_routes(
            [
                web.get("/{token}/", self._page),
                web.get("/{token}/ws", self._socket),
                web.get("/{token}/{name}", self._file),
            ]
        )
        application.on_shutdown.append(self._end_sessions)
        return application

    async def serve(self) -> None:
        """Serve until SIGINT, SIGTERM or SIGHUP; then every session is ended.

        Raises:
            NotAbleError: the port is taken, or the address is not this machine's.
        """
        runner = web.AppRunner(self.application(), access_log=None)
        await runner.setup()
        try:
            ended = asyncio.Event()
            loop = asyncio.get_running_loop()
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                loop.add_signal_handler(number, ended.set)
            await self._listen(runner)  # says where: from then on a signal is a wish to end
            await ended.wait()
        finally:
            await runner.cleanup()

    async def _listen(self, runner: web.AppRunner) -> None:
        address = self._address
        try:
            await web.TCPSite(runner, address.host, address.port).start()
        except OSError as error:
            taken = error.errno == errno.EADDRINUSE
            what = f"port {address.port} is taken" if taken else f"cannot listen there: {error.strerror}"
            raise NotAbleError(
                what,
                where=f"{address.host}:{address.port}",
                remedy="choose another one with --port, or 0 for any that is free"
                if taken
                else "name an address of this machine with --host",
            ) from error
        if not address.port:
            self._address = replace(address, port=runner.addresses[0][1])
        self._say(self._address.url)

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """No way in without the token, under another server's name, or from another page."""
        given = request.path.split("/", 2)[1]
        if not self._address.admits_token(given) or not self._address.admits_host(request.host):
            response: web.StreamResponse = web.Response(status=403, text=REFUSAL)
        else:
            try:
                response = await handler(request)
            except web.HTTPException as problem:
                response = web.Response(status=problem.status, text=f"{problem.reason}\n")
        if not response.prepared:
            socket = f"ws://{request.host} wss://{request.host}"
            response.headers.update({**HEADERS, "Content-Security-Policy": POLICY.format(socket=socket)})
        return response

    async def _page(self, _request: web.Request) -> web.Response:
        return web.Response(text=_resource(*PAGE).decode(), content_type="text/html")

    async def _file(self, request: web.Request) -> web.Response:
        found = FILES.get(request.match_info["name"])
        if found is None:
            raise web.HTTPNotFound
        package, path, kind = found
        return web.Response(body=_resource(package, path), content_type=kind)

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        if not self._address.admits_origin(request.headers.get("Origin"), request.host):
            return web.Response(status=403, text="Only the lab's own page may open this.\n")
        if len(self._sessions) >= self._most:
            return web.Response(
                status=503,
                text=f"{self._most} sessions are open already; close one, or start with more: --sessions N\n",
            )
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT_SECONDS)
        session = Session(socket, self._environment)
        self._sessions.add(session)
        try:
            await socket.prepare(request)
            width, height = (request.query.get(name) for name in ("width", "height"))
            await session.start(cells(width, 80), cells(height, 24))
            with contextlib.suppress(ConnectionResetError):
                await session.follow()
        finally:
            self._sessions.discard(session)
            await session.stop()
        return socket

    async def _end_sessions(self, _application: web.Application) -> None:
        await asyncio.gather(*(session.stop() for session in tuple(self._sessions)))


def _resource(package: str, path: str) -> bytes:
    return resources.files(package).joinpath(path).read_bytes()

"""Answers as Go's net/http gives them, and `test-webserver`: any file of the container by its path."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING
from urllib.parse import unquote

from lab.embedded.runtime.applets.netservers import TYPES
from lab.embedded.runtime.daemons import golang
from lab.embedded.runtime.daemons.serving import Server
from lab.embedded.runtime.filesystem import Directory, File, FileError
from lab.embedded.runtime.http import HttpRequest, HttpResponse

if TYPE_CHECKING:
    from collections.abc import Generator

    from lab.embedded.runtime.daemons.agnhost.flags import Flags
    from lab.embedded.runtime.process import Process
    from lab.embedded.runtime.tasks import Reason, Syscall

TEXT = "text/plain; charset=utf-8"
_CORS = (
    ("Cache-Control", "private"),
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Allow-Credentials", "true"),
    ("Access-Control-Allow-Methods", "GET, POST, OPTIONS"),
)


def plain(text: str, status: int = 200) -> HttpResponse:
    """A text."""
    return HttpResponse(status, text.encode("utf-8", "surrogateescape"), [("Content-Type", TEXT)])


def problem(text: str, status: int) -> HttpResponse:
    """`http.Error`."""
    headers = [("Content-Type", TEXT), ("X-Content-Type-Options", "nosniff")]
    return HttpResponse(status, f"{text}\n".encode(), headers)


NOT_FOUND = problem("404 page not found", 404)


def test_webserver(process: Process, flags: Flags) -> Generator[Syscall, Reason, int]:
    """Serves the container's files; a signal ends it with 2."""

    def handle(request: HttpRequest) -> Generator[Syscall, Reason, HttpResponse | None]:
        yield from process.compute(1)
        found = _file(process, request)
        return HttpResponse(found.status, found.body, [*_CORS, *found.headers])

    server = Server(process)
    server.listen_http(flags.number("port"), handle)
    return (yield from golang.serve(process, server))


def _file(process: Process, request: HttpRequest) -> HttpResponse:
    path = posixpath.normpath("/" + unquote(request.path))
    files = process.kernel.files
    node = files.exists(path)
    if isinstance(node, Directory):
        index = files.exists(posixpath.join(path, "index.html"))
        if not request.path.endswith("/"):
            return HttpResponse(301, b"", [("Location", posixpath.basename(path) + "/")])
        if isinstance(index, File):
            return HttpResponse(200, bytes(index.data), [("Content-Type", "text/html; charset=utf-8")])
        return _listing(process, path)
    if not isinstance(node, File):
        return NOT_FOUND
    kind = TYPES.get(posixpath.splitext(path)[1], TEXT)
    return HttpResponse(200, bytes(node.data), [("Content-Type", kind)])


def _listing(process: Process, path: str) -> HttpResponse:
    files = process.kernel.files
    try:
        names = sorted(files.names(path))
    except FileError:
        return NOT_FOUND
    shown = [f"{name}/" if isinstance(files.exists(f"{path}/{name}"), Directory) else name for name in names]
    lines = "".join(f'<a href="{name}">{name}</a>\n' for name in shown)
    page = f'<!doctype html>\n<meta name="viewport" content="width=device-width">\n<pre>\n{lines}</pre>\n'
    return HttpResponse(200, page.encode(), [("Content-Type", "text/html; charset=utf-8")])

"""httpd: busybox's web server, for files."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING
from urllib.parse import unquote

from lab.embedded.runtime.applets.options import Applet, Failed, Step, parse
from lab.embedded.runtime.filesystem import Directory, File
from lab.embedded.runtime.http import HttpRequest, HttpResponse, serve
from lab.embedded.runtime.network import ANY_ADDRESS

if TYPE_CHECKING:
    from collections.abc import Generator

    from lab.embedded.runtime.process import Process
    from lab.embedded.runtime.tasks import Reason, Syscall

TYPES = {".html": "text/html", ".htm": "text/html", ".txt": "text/plain", ".json": "application/json",
         ".css": "text/css", ".js": "application/javascript", ".xml": "text/xml",
          ".png": "image/png"}  # fmt: skip
_PAGE = (
    "<HTML><HEAD><TITLE>{code} {title}</TITLE></HEAD>\n"
    "<BODY><H1>{code} {title}</H1>\n{text}\n</BODY></HTML>\n"
)


def error_page(code: int, title: str, text: str) -> HttpResponse:
    """An error as busybox httpd answers it."""
    return HttpResponse(
        code, _PAGE.format(code=code, title=title, text=text).encode(), [("Content-Type", "text/html")]
    )


def file_response(process: Process, home: str, request: HttpRequest) -> HttpResponse:
    """The file a request asks for."""
    if request.method not in ("GET", "HEAD"):
        return error_page(501, "Not Implemented", "The requested method is not recognized")
    path = posixpath.normpath("/" + unquote(request.path))
    node = process.kernel.files.exists(home.rstrip("/") + path, process.cwd)
    if isinstance(node, Directory):
        if not request.path.endswith("/"):
            return HttpResponse(302, b"", [("Location", request.path + "/")])
        path = path.rstrip("/") + "/index.html"
        node = process.kernel.files.exists(home.rstrip("/") + path, process.cwd)
    if not isinstance(node, File):
        return error_page(404, "Not Found", "The requested URL was not found")
    kind = TYPES.get(posixpath.splitext(path)[1], "application/octet-stream")
    return HttpResponse(200, bytes(node.data), [("Content-Type", kind), ("Connection", "close")])


def _httpd(process: Process, arguments: list[str]) -> Step:
    options = parse(arguments, "fivp:h:u:r:c:")
    port = options.get("p", "80").rsplit(":", 1)[-1]
    home = options.get("h", ".")
    if not port.isdigit():
        raise Failed(f"bad address '{options.get('p')}'")
    if not isinstance(process.kernel.files.exists(home, process.cwd), Directory):
        raise Failed(f"can't change directory to '{home}': No such file or directory")
    home = posixpath.join(process.cwd, home)

    def handle(request: HttpRequest) -> Generator[Syscall, Reason, HttpResponse | None]:
        response = file_response(process, home, request)
        if "v" in options:
            yield from process.complain(
                f"{request.client}: url:{request.target}\n{request.client}: response:{response.status}"
            )
        return response

    if "f" in options:
        yield from serve(process, int(port), handle)
        raise Failed("bind: Address already in use")

    def daemon(child: Process) -> Step:
        return (yield from serve(child, int(port), handle))

    if process.kernel.host.listener_for(ANY_ADDRESS, int(port)) is not None:
        raise Failed("bind: Address already in use")
    process.kernel.spawn(process, list(process.argv), daemon)
    return 0


APPLETS = (
    Applet(
        "httpd", "httpd [-ifv[v]] [-c CONFFILE] [-p [IP:]PORT] [-u USER[:GRP]] [-r REALM] [-h HOME]", _httpd
    ),
)

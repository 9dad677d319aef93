"""Apache's httpd: files of its document root, with its log lines and signals.

Of its configuration `Listen`, `DocumentRoot` and `ServerName` are carried out; what only tunes changes
nothing, what would change an answer is refused by name, and a directive nobody knows in Apache's words.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Generator
from typing import TYPE_CHECKING
from urllib.parse import unquote

from lab.embedded.runtime import signals
from lab.embedded.runtime.applets.netservers import TYPES
from lab.embedded.runtime.daemons.serving import CannotListen, Server, drain, utc
from lab.embedded.runtime.filesystem import Directory, File
from lab.embedded.runtime.http import HttpRequest, HttpResponse

if TYPE_CHECKING:
    from lab.embedded.runtime.process import Process
    from lab.embedded.runtime.tasks import Reason, Syscall

Step = Generator["Syscall", "Reason", int]
HOME = "/usr/local/apache2"
CONFIGURATION = b"""ServerRoot "/usr/local/apache2"
Listen 80
LoadModule mpm_event_module modules/mod_mpm_event.so
<IfModule unixd_module>
User www-data
Group www-data
</IfModule>
ServerAdmin you@example.com
DocumentRoot "/usr/local/apache2/htdocs"
ErrorLog /proc/self/fd/2
LogLevel warn
"""
_KNOWN_TEXT = """
accessfilename addcharset addencoding addhandler addicon addiconbytype addlanguage addoutputfilter addtype
alias allow allowoverride browsermatch customlog defaulticon deny directoryindex documentroot enablemmap
enablesendfile errorlog extendedstatus forcelanguagepriority group header headername hostnamelookups include
includeoptional indexignore indexoptions keepalive keepalivetimeout languagepriority listen loadmodule
logformat loglevel maxconnectionsperchild maxkeepaliverequests maxrequestworkers maxsparethreads
mimemagicfile minsparethreads mutex options order pidfile protocols proxyhtmllinks readmename requestheader
require scriptalias serveradmin servername serverroot serversignature servertokens setenvif sslrandomseed
startservers threadsperchild timeout typesconfig usecanonicalname user
"""
_KNOWN = frozenset(_KNOWN_TEXT.split())
_UNPLAYED_TEXT = """
authtype authuserfile errordocument proxypass proxypassreverse redirect redirectmatch rewritecond
rewriteengine rewriterule sslcertificatefile sslcertificatekeyfile sslengine
"""
_UNPLAYED = frozenset(_UNPLAYED_TEXT.split())
_PAGE = (
    '<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<html><head>\n'
    "<title>{code} {title}</title>\n</head><body>\n"
    "<h1>{title}</h1>\n<p>{text}</p>\n</body></html>\n"
)


def httpd(process: Process) -> Step:
    """`httpd-foreground`, `httpd -t`, `httpd -v`."""
    version = process.env.get("HTTPD_VERSION", "2.4.65")
    if "-v" in process.argv:
        yield from process.print(f"Server version: Apache/{version} (Unix)")
        return 0
    path = f"{HOME}/conf/httpd.conf"
    settings = _read(process, path)
    if isinstance(settings, str):
        yield from process.complain(settings)
        return 1
    if "-t" in process.argv or "configtest" in process.argv:
        yield from process.complain("Syntax OK")
        return 0
    return (yield from _serve(process, settings, version))


def _read(process: Process, path: str) -> dict[str, str] | str:
    node = process.kernel.files.exists(path)
    if not isinstance(node, File):
        return f"httpd: Could not open configuration file {path}: No such file or directory"
    found: dict[str, str] = {}
    for number, line in enumerate(node.data.decode("utf-8", "replace").splitlines(), 1):
        text = line.strip()
        if not text or text.startswith(("#", "<")):
            continue
        name, _, value = text.partition(" ")
        lead = f"AH00526: Syntax error on line {number} of {path}:\n"
        if name.lower() in _UNPLAYED:
            return f"{lead}'{name}' is not available in the simulation"
        if name.lower() not in _KNOWN:
            why = "perhaps misspelled or defined by a module not included in the server configuration"
            return f"{lead}Invalid command '{name}', {why}"
        found[name.lower()] = value.strip().strip("\"'")
    return found


def _serve(process: Process, settings: dict[str, str], version: str) -> Step:
    match = re.fullmatch(r"(?:[\d.]+:)?(\d+)(?: .*)?", settings.get("listen", "80"))
    port = int(match[1]) if match else 80
    root = settings.get("documentroot", f"{HOME}/htdocs")
    if not isinstance(process.kernel.files.exists(root), Directory):
        yield from process.complain(
            f"AH00526: Syntax error: DocumentRoot '{root}' is not a directory, or is not readable"
        )
        return 1
    name = settings.get("servername")
    if name is None:
        text = "AH00558: httpd: Could not reliably determine the server's fully qualified domain name, using"
        hint = "Set the 'ServerName' directive globally to suppress this message"
        yield from process.complain(f"{text} {process.kernel.host.ip}. {hint}")
    process.handled |= {signals.TERM, signals.INT, signals.WINCH, signals.HUP, signals.USR1}
    server = Server(process)
    try:
        server.listen_http(port, _Files(process, root, version).answer)
    except CannotListen as error:
        yield from process.complain(
            f"({error.number}){error.text}: AH00072: make_sock: could not bind to address 0.0.0.0:{port}"
        )
        yield from process.complain(
            "no listening sockets available, shutting down\nAH00015: Unable to open logs"
        )
        return 1
    configured = f"AH00489: Apache/{version} (Unix) configured -- resuming normal operations"
    yield from process.complain(_stamped(process, "mpm_event:notice", configured))
    yield from process.complain(
        _stamped(process, "core:notice", "AH00094: Command line: 'httpd -D FOREGROUND'")
    )
    while True:
        yield from server.run()
        number = process.pending.pop(0)
        if number in (signals.HUP, signals.USR1):
            yield from process.complain(_stamped(process, "mpm_event:notice", configured))
            continue
        server.close()
        if number == signals.WINCH:
            yield from process.complain(
                _stamped(process, "mpm_event:notice", "AH00492: caught SIGWINCH, shutting down gracefully")
            )
            yield from drain(process)
        else:
            yield from process.complain(
                _stamped(process, "mpm_event:notice", "AH00491: caught SIGTERM, shutting down")
            )
        return 0


def _stamped(process: Process, kind: str, text: str) -> str:
    at = utc(process)
    return f"[{at:%a %b %d %H:%M:%S.%f %Y}] [{kind}] [pid {process.pid}:tid {process.pid}] {text}"


class _Files:
    """Answers with the files of the document root."""

    def __init__(self, process: Process, root: str, version: str) -> None:
        self._process, self._root, self._version = process, root, version

    def answer(self, request: HttpRequest) -> Generator[Syscall, Reason, HttpResponse | None]:
        """One request."""
        found = self._found(request)
        at = utc(self._process)
        line = f"{request.method} {request.target} HTTP/1.1"
        lead = f"{request.client} - - [{at:%d/%b/%Y:%H:%M:%S +0000}]"
        yield from self._process.print(f'{lead} "{line}" {found.status} {len(found.body) or "-"}')
        headers = [("Date", f"{at:%a, %d %b %Y %H:%M:%S GMT}"), ("Server", f"Apache/{self._version} (Unix)")]
        return HttpResponse(found.status, found.body, [*headers, *found.headers])

    def _found(self, request: HttpRequest) -> HttpResponse:
        if request.method not in ("GET", "HEAD", "POST"):
            return self._page(
                405,
                "Method Not Allowed",
                f"The requested method {request.method} is not allowed for this URL.",
            )
        path = posixpath.normpath("/" + unquote(request.path))
        files = self._process.kernel.files
        node = files.exists(self._root + path)
        if isinstance(node, Directory):
            if not request.path.endswith("/"):
                return HttpResponse(301, b"", [("Location", request.path + "/")])
            path = path.rstrip("/") + "/index.html"
            index = files.exists(self._root + path)
            if index is None:
                return self._listing(node, request.path)
            node = index
        if not isinstance(node, File):
            return self._page(404, "Not Found", "The requested URL was not found on this server.")
        kind = TYPES.get(posixpath.splitext(path)[1], "application/octet-stream")
        return HttpResponse(200, bytes(node.data), [("Content-Type", kind)])

    @staticmethod
    def _page(code: int, title: str, text: str) -> HttpResponse:
        body = _PAGE.format(code=code, title=title, text=text).encode()
        return HttpResponse(code, body, [("Content-Type", "text/html; charset=iso-8859-1")])

    @staticmethod
    def _listing(node: Directory, path: str) -> HttpResponse:
        lines = "".join(f'<li><a href="{name}"> {name}</a></li>\n' for name in sorted(node.listing()))
        head = f"<html>\n <head>\n  <title>Index of {path}</title>\n </head>\n <body>\n"
        head += f"<h1>Index of {path}</h1>\n"
        body = f"{head}<ul>{lines}</ul>\n</body></html>\n"
        return HttpResponse(200, body.encode(), [("Content-Type", "text/html;charset=ISO-8859-1")])

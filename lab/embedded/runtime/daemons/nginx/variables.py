"""nginx' variables: `$host`, `$uri`, `$http_NAME`, … in logs, headers, redirects and paths."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit

from msgspec import Struct, field

from lab.embedded.runtime.daemons.serving import epoch, utc

if TYPE_CHECKING:
    from lab.embedded.runtime.http import HttpRequest
    from lab.embedded.runtime.process import Process

_NAME = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


class Exchange(Struct):
    """One request on its way through the server, and what is known of its answer."""

    process: Process
    request: HttpRequest
    port: int
    number: int
    """Of the connection, as error log lines name it (`*3`)."""
    server_name: str = ""
    uri: str = ""
    root: str = ""
    status: int = 0
    sent: int = 0
    version: str = ""
    captures: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.uri = _normal(unquote(urlsplit(self.request.target).path or "/"))

    def header(self, name: str) -> str:
        """A header of the request."""
        wanted = name.lower()
        return next((value for key, value in self.request.headers if key.lower() == wanted), "")

    @property
    def host(self) -> str:
        """`$host`: the name asked for, without port."""
        return self.header("host").rsplit(":", 1)[0].lower() or self.server_name

    def expand(self, text: str) -> str:
        """`text` with its variables replaced; an unknown one becomes empty."""
        return _NAME.sub(lambda match: self.value(match[1] or match[2]), text)

    def value(self, name: str) -> str:
        """The value of a variable."""
        if name in self.captures:
            return self.captures[name]
        query = urlsplit(self.request.target).query
        if name.startswith("http_"):
            return self.header(name[5:].replace("_", "-")) or ("" if self.status == 0 else "-")
        if name.startswith("arg_"):
            return parse_qs(query).get(name[4:], [""])[0]
        at = utc(self.process)
        values = {
            "remote_addr": self.request.client, "remote_user": "-", "remote_port": "0", "host": self.host,
            "hostname": self.process.kernel.host.hostname, "server_name": self.server_name,
            "server_port": str(self.port), "server_addr": self.process.kernel.host.ip,
            "server_protocol": "HTTP/1.1", "scheme": "http", "request_method": self.request.method,
            "request_uri": self.request.target, "uri": self.uri, "document_uri": self.uri, "args": query,
            "query_string": query, "is_args": "?" if query else "", "request": self.line,
            "status": str(self.status), "body_bytes_sent": str(self.sent), "bytes_sent": str(self.sent),
            "time_local": f"{at:%d/%b/%Y:%H:%M:%S +0000}", "time_iso8601": f"{at:%Y-%m-%dT%H:%M:%S+00:00}",
            "msec": f"{epoch(self.process):.3f}", "request_time": "0.000", "connection": str(self.number),
            "connection_requests": "1", "pid": str(self.process.pid), "document_root": self.root,
            "nginx_version": self.version, "request_length": str(len(self.request.body) + 80),
            "request_body": self.request.body.decode("utf-8", "replace"),
            "proxy_host": self.captures.get("proxy_host", ""),
            "proxy_add_x_forwarded_for": ", ".join(
                each for each in (self.header("x-forwarded-for"), self.request.client) if each
            ),
        }  # fmt: skip
        return values.get(name, "")

    @property
    def line(self) -> str:
        """The request line."""
        return f"{self.request.method} {self.request.target} HTTP/1.1"


def _normal(path: str) -> str:
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in ("", "."):
            parts.append(part)
    return "/" + "/".join(parts) + ("/" if path.endswith("/") and parts else "")

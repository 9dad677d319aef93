"""nginx' own pages: errors, redirects, the listing of a directory."""

from __future__ import annotations

import datetime as dt
from http import HTTPStatus
from typing import TYPE_CHECKING

from lab.embedded.clock.agenda import EPOCH
from lab.embedded.runtime.filesystem import Directory, File

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lab.embedded.runtime.filesystem import Node

_PHRASES = {413: "Request Entity Too Large", 414: "Request-URI Too Large", 302: "Found",
            416: "Requested Range Not Satisfiable",
            500: "Internal Server Error", 503: "Service Temporarily Unavailable", 504: "Gateway Time-out",
            408: "Request Time-out", 405: "Not Allowed"}  # fmt: skip
"""Where nginx words a status differently from the standard."""


def phrase(status: int) -> str:
    """The words of a status, as nginx writes them; empty when it has none."""
    if status in _PHRASES:
        return _PHRASES[status]
    return HTTPStatus(status).phrase if status in set(HTTPStatus) else ""


def error_page(status: int, server: str) -> bytes:
    """The page nginx makes for a status."""
    title = f"{status} {phrase(status)}"
    return (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n"
        f"<hr><center>{server}</center>\r\n</body>\r\n</html>\r\n"
    ).encode()


def listing(path: str, entries: Mapping[str, Node]) -> bytes:
    """`autoindex`."""
    lines = ['<a href="../">../</a>']
    folders = sorted(name for name, node in entries.items() if isinstance(node, Directory))
    files = sorted(name for name, node in entries.items() if not isinstance(node, Directory))
    for name in [*folders, *files]:
        node = entries[name]
        slash = "/" if isinstance(node, Directory) else ""
        at = dt.datetime.fromtimestamp(EPOCH + node.mtime, dt.UTC)
        size = str(len(node.data)) if isinstance(node, File) else "-"
        shown = f"{name}{slash}"
        lines.append(
            f'<a href="{shown}">{shown}</a>{"":<{max(1, 51 - len(shown))}}{at:%d-%b-%Y %H:%M} {size:>19}'
        )
    body = "\r\n".join(lines)
    return (
        f"<html>\r\n<head><title>Index of {path}</title></head>\r\n<body>\r\n"
        f"<h1>Index of {path}</h1><hr><pre>"
        f"{body}\r\n</pre><hr></body>\r\n</html>\r\n"
    ).encode()

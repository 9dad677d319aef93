"""curl: requests over plain http, with curl's options, output and exit codes.

6: no such host, 7: not connected, 22: an error status with `-f`, 28: too late, 47: too many redirects,
52: an empty answer, 56: an answer cut short. TLS is not there: an https address fails with 35.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote, urljoin, urlsplit

from msgspec import Struct

from lab.embedded.runtime.applets.options import Applet, Options, Step, Usage, duration, parse
from lab.embedded.runtime.filesystem import File, FileError
from lab.embedded.runtime.http import exchange
from lab.embedded.runtime.interface import HttpAnswer, HttpCall
from lab.embedded.runtime.network import is_address

if TYPE_CHECKING:
    from collections.abc import Generator

    from lab.embedded.runtime.process import Process
    from lab.embedded.runtime.tasks import Reason, Syscall

VERSION = "8.11.1"
_PATIENCE = 300.0
_MOST_REDIRECTS = 50
_LONG = {
    "silent": "s", "show-error": "S", "fail": "f", "location": "L", "output": "o", "remote-name": "O",
    "include": "i", "head": "I", "verbose": "v", "request": "X", "header": "H", "data": "d",
    "data-raw": "d", "data-binary": "d", "json": "j", "user-agent": "A", "user": "u", "max-time": "m",
    "connect-timeout": "C", "write-out": "w", "insecure": "k", "get": "G", "retry": "R", "retry-delay": "D",
    "retry-connrefused": "r", "version": "V", "url": "U", "no-progress-meter": "s", "progress-bar": "n",
    "http1.1": "n", "compressed": "n", "fail-with-body": "F", "globoff": "g", "ipv4": "4",
    "retry-all-errors": "r", "no-buffer": "N", "data-urlencode": "E", "cookie": "b",
}  # fmt: skip
_SPEC = "sSfLo:OiIvX:H:d:j:A:u:m:C:w:kGR:D:rVU:nFg4NE:b:"


class _Outcome(Struct):
    """How a transfer ended."""

    code: int = 0
    message: str = ""
    answer: HttpAnswer | None = None
    url: str = ""
    seconds: float = 0.0
    redirects: int = 0
    address: str = ""


def _curl(process: Process, arguments: list[str]) -> Step:
    try:
        options = parse(arguments, _SPEC, _LONG)
    except Usage as error:
        what = str(error).rsplit(" ", 1)[-1].strip("'")
        shown = what if what.startswith("--") else f"-{what}"
        yield from process.complain(
            f"curl: option {shown}: is unknown\ncurl: try 'curl --help' for more information"
        )
        return 2
    if "V" in options:
        yield from process.print(f"curl {VERSION} (x86_64-pc-linux-musl) libcurl/{VERSION}\nProtocols: http")
        return 0
    urls = [*options.every.get("U", []), *options.operands]
    if not urls:
        yield from process.complain(
            "curl: (2) no URL specified\ncurl: try 'curl --help' for more information"
        )
        return 2
    code = 0
    for url in urls:
        code = yield from _one(process, url, options)
    return code


def _one(process: Process, url: str, options: Options) -> Step:
    tries = int(options.get("R", "0")) + 1 if options.get("R", "0").isdigit() else 1
    for attempt in range(tries):
        outcome = yield from _transfer(process, url if "://" in url else f"http://{url}", options)
        if outcome.code in (0, 22) or (outcome.code == 7 and "r" not in options):
            break
        if attempt < tries - 1:
            pause = duration(options.get("D")) if "D" in options else float(2**attempt)
            yield from process.complain(
                f"Warning: Problem: {outcome.message}. Will retry in {pause:.0f} seconds."
            )
            yield from process.sleep(pause)
    if outcome.answer is not None and not (outcome.code == 22 and "F" not in options):
        outcome = yield from _save(process, outcome, options)
    if outcome.code and ("s" not in options or "S" in options):
        yield from process.complain(f"curl: ({outcome.code}) {outcome.message}")
    if "w" in options:
        yield from process.write(1, _written(options.get("w"), outcome).encode())
    return outcome.code


def _transfer(process: Process, url: str, options: Options) -> Generator[Syscall, Reason, _Outcome]:
    began = process.now()
    patience = duration(options.get("m")) if "m" in options else _PATIENCE
    until = process.after(patience)
    limit = process.after(duration(options.get("C"))) if "C" in options else until
    method, body, headers = _request(process, options)
    outcome = _Outcome(url=url)
    for hop in range(_MOST_REDIRECTS + 1):
        outcome = yield from _ask(
            process, outcome.url, (method, body, headers), options, min(until, limit), began
        )
        outcome.redirects, outcome.seconds = hop, process.now() - began
        answer = outcome.answer
        if answer is None:
            return outcome
        location = next((value for name, value in answer.headers if name.lower() == "location"), None)
        if "L" not in options or location is None or not 300 <= answer.status < 400:
            break
        outcome.url = urljoin(outcome.url, location)
        if answer.status in (301, 302, 303) and method == "POST" and "X" not in options:
            method, body = "GET", b""
    else:
        return _Outcome(47, f"Maximum ({_MOST_REDIRECTS}) redirects followed", url=outcome.url)
    if answer is not None and answer.status >= 400 and ("f" in options or "F" in options):
        outcome.code, outcome.message = 22, f"The requested URL returned error: {answer.status}"
    return outcome


def _request(process: Process, options: Options) -> tuple[str, bytes, list[tuple[str, str]]]:
    """Method, body and headers, from the options."""
    parts = [_data(process, each) for each in options.every.get("d", [])]
    parts += [quote(each.partition("=")[2] or each).encode() if "=" not in each else
              f"{each.partition('=')[0]}={quote(each.partition('=')[2])}".encode()
              for each in options.every.get("E", [])]  # fmt: skip
    body = b"&".join(parts)
    kind = "application/x-www-form-urlencoded"
    if "j" in options:
        body, kind = _data(process, options.get("j")), "application/json"
    headers = [("User-Agent", options.get("A", f"curl/{VERSION}")), ("Accept", "*/*")]
    posting = bool(body) or "d" in options or "j" in options
    if posting and "G" not in options:
        headers.append(("Content-Type", kind))
    for each in options.every.get("H", []):
        name, _, value = each.partition(":")
        headers = [pair for pair in headers if pair[0].lower() != name.strip().lower()]
        if value.strip():
            headers.append((name.strip(), value.strip()))
    if "b" in options:
        headers.append(("Cookie", options.get("b")))
    method = options.get("X") or (
        "HEAD" if "I" in options else "POST" if posting and "G" not in options else "GET"
    )
    return method, body, headers


def _data(process: Process, text: str) -> bytes:
    if not text.startswith("@"):
        return text.encode("utf-8", "surrogateescape")
    node = process.kernel.files.exists(text[1:], process.cwd)
    return bytes(node.data).replace(b"\n", b"") if isinstance(node, File) else b""


def _ask(
    process: Process, url: str, request: tuple[str, bytes, list[tuple[str, str]]], options: Options,
    until: float, began: float,
) -> Generator[Syscall, Reason, _Outcome]:  # fmt: skip
    method, body, headers = request
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https"):
        return _Outcome(1, f'Protocol "{parts.scheme}" not supported', url=url)
    host = parts.hostname or ""
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return _Outcome(3, "URL using bad/illegal format or missing URL", url=url)
    network, here = process.kernel.network, process.kernel.host
    found = [host] if is_address(host) else network.resolve(host, here)
    if not found:
        return _Outcome(6, f"Could not resolve host: {host}", url=url)
    if "v" in options:
        yield from process.complain(f"*   Trying {found[0]}:{port}...")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if "G" in options and body:
        path, body = f"{path}{'&' if '?' in path else '?'}{body.decode()}", b""
    named = any(name.lower() == "host" for name, _ in headers)
    sent = headers if named else [("Host", parts.netloc.rpartition("@")[2]), *headers]
    call = HttpCall(method, path, sent, body, parts.scheme)
    answer = yield from exchange(network, here, found[0], port, call, until, url)
    if answer.error is not None:
        return _failure(answer.error, host, port, url, process.now() - began)
    if "v" in options:
        yield from _told(process, call, answer, host, found[0], port)
    return _Outcome(answer=answer, url=url, address=found[0])


def _told(
    process: Process, call: HttpCall, answer: HttpAnswer, host: str, address: str, port: int
) -> Generator[Syscall, Reason, None]:
    lines = [f"* Connected to {host} ({address}) port {port}", f"> {call.method} {call.path} HTTP/1.1"]
    lines += [f"> {name}: {value}" for name, value in call.headers] + [">"]
    lines += [f"< {line}" for line in _head(answer)] + ["<"]
    yield from process.complain("\n".join(lines))


def _head(answer: HttpAnswer) -> list[str]:
    phrase = HTTPStatus(answer.status).phrase if answer.status in set(HTTPStatus) else ""
    return [
        f"HTTP/1.1 {answer.status} {phrase}".rstrip(),
        *(f"{name}: {value}" for name, value in answer.headers),
    ]


def _failure(error: str, host: str, port: int, url: str, seconds: float) -> _Outcome:
    took = f"after {round(seconds * 1000)} ms"
    if "tls" in error or "HTTPS client" in error:
        return _Outcome(35, "TLS connect error: https is not available in the simulation", url=url)
    if "connection refused" in error or "no route" in error:
        return _Outcome(
            7, f"Failed to connect to {host} port {port} {took}: Could not connect to server", url=url
        )
    if "i/o timeout" in error:
        return _Outcome(28, f"Failed to connect to {host} port {port} {took}: Timeout was reached", url=url)
    if "deadline" in error:
        late = f"after {round(seconds * 1000)} milliseconds"
        return _Outcome(28, f"Operation timed out {late} with 0 bytes received", url=url)
    if error.endswith(": EOF"):
        return _Outcome(52, "Empty reply from server", url=url)
    if "malformed" in error:
        return _Outcome(1, "Received HTTP/0.9 when not allowed", url=url)
    return _Outcome(56, "Recv failure: Connection reset by peer", url=url)


def _save(process: Process, outcome: _Outcome, options: Options) -> Generator[Syscall, Reason, _Outcome]:
    answer = outcome.answer
    if answer is None:
        return outcome
    target = options.get("o") or (urlsplit(outcome.url).path.rsplit("/", 1)[-1] if "O" in options else "")
    if "O" in options and not target:
        return _Outcome(23, "Remote file name has no length", answer, outcome.url)
    content = answer.body
    if "i" in options or "I" in options:
        content = ("\r\n".join(_head(answer)) + "\r\n\r\n").encode("latin-1") + (
            b"" if "I" in options else content
        )
    if not target or target == "-":
        yield from process.write(1, content)
        return outcome
    try:
        process.install(4, process.open(target, write=True))
        yield from process.write(4, content)
        process.close(4)
    except FileError:
        outcome.code, outcome.message = (
            23,
            f"client returned ERROR on write, {len(content)} bytes to {target}",
        )
    return outcome


def _written(shape: str, outcome: _Outcome) -> str:
    answer = outcome.answer
    status = answer.status if answer is not None else 0
    headers = {name.lower(): value for name, value in answer.headers} if answer is not None else {}
    values = {
        "http_code": f"{status:03d}", "response_code": f"{status:03d}", "url_effective": outcome.url,
        "time_total": f"{outcome.seconds:.6f}", "time_connect": "0.000000",
        "time_starttransfer": f"{outcome.seconds:.6f}", "num_redirects": str(outcome.redirects),
        "size_download": str(len(answer.body) if answer is not None else 0),
        "content_type": headers.get("content-type", ""), "redirect_url": headers.get("location", ""),
        "remote_ip": outcome.address, "exitcode": str(outcome.code), "errormsg": outcome.message,
        "http_version": "1.1",
    }  # fmt: skip
    values["json"] = json.dumps(values)
    for name, value in values.items():
        shape = shape.replace("%{" + name + "}", value)
    return shape.replace("\\n", "\n").replace("\\t", "\t").replace("%%", "%")


APPLETS = (Applet("curl", "curl [options...] <url>", _curl),)

"""Applets that connect: wget, nc, nslookup."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from lab.embedded.runtime.applets.basics import become
from lab.embedded.runtime.applets.options import Applet, Failed, Options, Step, Usage, duration, parse
from lab.embedded.runtime.http import exchange
from lab.embedded.runtime.interface import HttpAnswer, HttpCall
from lab.embedded.runtime.network import (
    ANY_ADDRESS,
    TIMED_OUT,
    ConnectFailed,
    Network,
    Socket,
    is_address,
    never,
)
from lab.embedded.runtime.resolving import resolver
from lab.embedded.runtime.streams import BrokenPipe
from lab.embedded.runtime.tasks import Wait

if TYPE_CHECKING:
    from collections.abc import Generator

    from lab.embedded.runtime.process import Process
    from lab.embedded.runtime.tasks import Reason, Syscall

CONNECT_TIMEOUT = 127.0
"""Seconds until Linux gives a connection up that nobody answers."""
NAME_TIMEOUT = 10.0
"""Seconds until the C library gives a name up that no server answers: two attempts of five."""
_TEXTS = {"connection refused": "Connection refused", "no route to host": "Host is unreachable"}


def network_of(process: Process) -> Network:
    """The network a process' container is in."""
    return process.kernel.network


def _resolved(process: Process, name: str) -> Generator[Syscall, Reason, str]:
    """The address of a name; where no name server answers, that takes as long as its patience."""
    found = network_of(process).resolve(name, process.kernel.host)
    if not found:
        yield from _wait_for_names(process)
        raise Failed(f"bad address '{name}'")
    return found[0]


def _wait_for_names(process: Process) -> Generator[Syscall, Reason, bool]:
    """Wait for a name server that does not answer; whether it was so."""
    if network_of(process).names_answered(process.kernel.host):
        return False
    yield from never(process.after(NAME_TIMEOUT), process.kernel.agenda)
    return True


def connect(
    process: Process, address: str, port: int, timeout: float | None
) -> Generator[Syscall, Reason, Socket | str]:
    """A connection, or the C library's text for why there is none."""
    try:
        return network_of(process).connect(process.kernel.host, address, port)
    except ConnectFailed as failed:
        if failed.reason == TIMED_OUT:
            yield from never(process.after(timeout or CONNECT_TIMEOUT), process.kernel.agenda)
            return "Operation timed out" if timeout else "Connection timed out"
        return _TEXTS.get(failed.reason, failed.reason)


# -- wget ---------------------------------------------------------------------------------------------------

_LONG = {
    "spider": "s",
    "header": "h",
    "post-data": "p",
    "post-file": "f",
    "timeout": "T",
    "output-document": "O",
    "quiet": "q",
    "server-response": "S",
    "no-check-certificate": "n",
    "user-agent": "U",
    "tries": "t",
}


def _wget(process: Process, arguments: list[str]) -> Step:
    options = parse(arguments, "cqSnsO:o:T:P:U:Y:t:h:p:f:", _LONG)
    if len(options.operands) != 1:
        raise Usage("")
    url = options.operands[0]
    url = url if "://" in url else f"http://{url}"
    timeout = duration(options.get("T")) if "T" in options else 900.0
    quiet = "q" in options
    for _ in range(6):
        answer = yield from _request(process, url, options, timeout, quiet=quiet)
        location = next((value for name, value in answer.headers if name.lower() == "location"), None)
        if 300 <= answer.status < 400 and location:
            url = urljoin(url, location)
            continue
        break
    else:
        raise Failed("too many redirections")
    if not 200 <= answer.status < 300:
        phrase = HTTPStatus(answer.status).phrase if answer.status in set(HTTPStatus) else ""
        raise Failed(f"server returned error: HTTP/1.1 {answer.status} {phrase}")
    if "s" in options:
        if not quiet:
            yield from process.complain("remote file exists")
        return 0
    return (yield from _save(process, url, options, answer, quiet=quiet))


def _request(
    process: Process, url: str, options: Options, timeout: float, *, quiet: bool
) -> Generator[Syscall, Reason, HttpAnswer]:
    parts = urlsplit(url)
    if parts.scheme == "https":
        raise Failed("https (TLS) is not available in the simulation: ask for an http:// address")
    if parts.scheme != "http":
        raise Failed(f"not an http or ftp url: {url}")
    try:
        host, port = parts.hostname or "", parts.port or 80
    except ValueError:
        raise Failed(f"bad port spec '{parts.netloc}'") from None
    address = yield from _resolved(process, host)
    if not quiet:
        yield from process.complain(f"Connecting to {parts.netloc} ({address}:{port})")
    headers = [("Host", parts.netloc), ("User-Agent", options.get("U", "Wget"))]
    for each in options.every.get("h", []):
        name, _, value = each.partition(":")
        headers.append((name.strip(), value.strip()))
    body = options.get("p").encode("utf-8", "surrogateescape")
    method = "POST" if "p" in options else "HEAD" if "s" in options else "GET"
    if method == "POST":
        headers.append(("Content-Type", "application/x-www-form-urlencoded"))
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    call = HttpCall(method, path, headers, body)
    until = process.after(timeout)
    answer = yield from exchange(network_of(process), process.kernel.host, address, port, call, until, url)
    if answer.error is not None:
        raise Failed(_plain(answer.error, address))
    if "S" in options:
        yield from process.complain(f"  HTTP/1.1 {answer.status}")
        for name, value in answer.headers:
            yield from process.complain(f"  {name}: {value}")
    return answer


def _plain(error: str, address: str) -> str:
    for go, text in _TEXTS.items():
        if go in error:
            return f"can't connect to remote host ({address}): {text}"
    if "timeout" in error or "deadline" in error:
        return "download timed out"
    return "error getting response" if "EOF" in error else f"bad header line: {error.rsplit(': ', 1)[-1]}"


def _save(process: Process, url: str, options: Options, answer: HttpAnswer, *, quiet: bool) -> Step:
    target = options.get("O") or urlsplit(url).path.rsplit("/", 1)[-1] or "index.html"
    if target == "-":
        yield from process.write(1, answer.body)
        return 0
    if "O" not in options and process.kernel.files.exists(target, process.cwd) is not None:
        raise Failed(f"can't open '{target}': File exists")
    process.install(3, process.open(target, write=True))
    yield from process.write(3, answer.body)
    if not quiet:
        yield from process.complain(f"saving to '{target}'\n'{target}' saved")
    return 0


# -- nc -----------------------------------------------------------------------------------------------------


def _nc(process: Process, arguments: list[str]) -> Step:
    program: list[str] = []
    if "-e" in arguments:
        at = arguments.index("-e")
        program, arguments = arguments[at + 1 :], arguments[:at]
    talkative = sum(each.count("v") for each in arguments if re.fullmatch(r"-[a-z]+", each)) > 1
    options = parse(arguments, "lkp:w:vznus:i:q:46", {})
    if "u" in options:
        raise Failed("UDP is not available in the simulation")
    if "l" in options:
        return (yield from _listen(process, options, program))
    ports = options.operands[1:]
    if len(ports) != 1 or not ports[0].isdigit():
        raise Usage("")
    name, port = options.operands[0], int(ports[0])
    address = yield from _resolved(process, name)
    timeout = duration(options.get("w")) if "w" in options else None
    connected = yield from connect(process, address, port, timeout)
    if isinstance(connected, str):
        if "refused" in connected and not talkative:
            return 1
        raise Failed(f"{name} ({address}:{port}): {connected}")
    if "v" in options:
        yield from process.complain(f"{name} ({address}:{port}) open")
    if "z" in options:
        connected.hold().release()
        return 0
    process.install(3, connected)
    if program:
        process.install(0, connected)
        process.install(1, connected)
        return become(process, program)
    yield from _relay(process, connected, timeout)
    return 0


def _listen(process: Process, options: Options, program: list[str]) -> Step:
    ports = [options.get("p"), *options.operands][-1 if options.operands else 0]
    if not ports.isdigit():
        raise Usage("")
    listener = process.kernel.host.listen(options.get("s", ANY_ADDRESS), int(ports))
    if listener is None:
        raise Failed("bind: Address already in use")
    process.install(4, listener)
    while True:
        while (socket := listener.try_accept()) is None:
            yield from process.wait(listener.readable)
        process.install(3, socket)
        if program:
            child = process.spawn(program, fds={0: socket, 1: socket, 2: process.fds.get(2, socket)})
            process.close(3)
            if "k" not in options:
                return (yield from process.wait_child(child)).code
        else:
            if "k" not in options:
                process.close(4)
            yield from _relay(process, socket, None)
            process.close(3)
            if "k" not in options:
                return 0


def _relay(process: Process, socket: Socket, timeout: float | None) -> Generator[Syscall, Reason, None]:
    """Copy input to the connection and the connection to output, until the other end closes."""
    source = process.fds.get(0)
    deadline = None if timeout is None else process.after(timeout)
    while True:
        moved = False
        if source is not None:  # first, as busybox asks: a client that only listens must not cut us short
            typed = source.try_read(65536)
            if typed:
                moved = True
                try:
                    yield from process.write(3, typed)
                except BrokenPipe:
                    return
            elif typed == b"":
                source = None
                socket.finish()
        data = socket.try_read(65536)
        if data == b"":
            return
        if data:
            moved = True
            yield from process.write(1, data)
        if moved:
            continue
        if deadline is not None and process.now() >= deadline:
            return
        queues = (socket.readable,) if source is None else (socket.readable, source.readable)
        yield Wait(queues, deadline)


def _nslookup(process: Process, arguments: list[str]) -> Step:
    options = parse([each for each in arguments if not re.match(r"-(type|query|debug)", each)], "")
    if not options.operands:
        raise Usage("")
    name = options.operands[0]
    found = [name] if is_address(name) else network_of(process).ask(name, process.kernel.host)
    if not found and (yield from _wait_for_names(process)):
        yield from process.print(";; connection timed out; no servers could be reached\n")
        return 1
    server = resolver(process.kernel.host).servers[0]
    yield from process.print(f"Server:\t\t{server}\nAddress:\t{server}:53\n")
    if not found:
        yield from process.print(f"** server can't find {name}: NXDOMAIN\n")
        return 1
    for address in found:
        yield from process.print(f"Name:\t{name}\nAddress: {address}")
    yield from process.print("")
    return 0


APPLETS = (
    Applet("wget", "wget [-cqS] [--spider] [-O FILE] [-o LOGFILE] [--header STR] [-T SEC] URL...", _wget),
    Applet("nc", "nc [OPTIONS] HOST PORT  - connect\nnc [OPTIONS] -l -p PORT [HOST] [PORT]  - listen", _nc),
    Applet("nslookup", "nslookup [-type=QUERY_TYPE] [-debug] HOST [DNS_SERVER]", _nslookup),
)

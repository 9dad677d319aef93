"""What a checked configuration means: servers, locations, upstreams, with what they inherit."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field
from msgspec.structs import replace

from lab.embedded.runtime.daemons.nginx import directives, quantities, syntax
from lab.embedded.runtime.daemons.nginx.syntax import ConfigurationError, Directive
from lab.embedded.runtime.network import ANY_ADDRESS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab.embedded.runtime.mounting import Mounts

COMBINED = (
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent '
    '"$http_referer" "$http_user_agent"'
)
PREFIX = "/etc/nginx"


class Scope(Struct, frozen=True):
    """What a location inherits from its server, and that from http."""

    root: str = f"{PREFIX}/html"
    index: tuple[str, ...] = ("index.html",)
    default_type: str = "text/plain"
    access_log: tuple[str, str] | None = ("/var/log/nginx/access.log", "combined")
    error_log: str = "/var/log/nginx/error.log"
    autoindex: bool = False
    tokens: bool = True
    body_limit: int = 1024 * 1024
    headers: tuple[tuple[str, str, bool], ...] = ()
    """Name, value, and whether they go with error answers too."""
    proxy_headers: tuple[tuple[str, str], ...] = ()
    connect_timeout: float = 60.0
    read_timeout: float = 60.0
    error_pages: tuple[tuple[tuple[int, ...], int | None, str], ...] = ()
    """Statuses, the status to answer instead (None: the same; 0: the page's own), and where the page is."""
    access: tuple[tuple[str, str], ...] = ()
    """`allow` and `deny` in their order."""
    types: Mapping[str, str] = field(default_factory=dict)


class Rewrite(Struct, frozen=True):
    """One `rewrite`."""

    pattern: re.Pattern[str]
    target: str
    flag: str


class Location(Struct, frozen=True):
    """One location of a server."""

    modifier: str
    pattern: str
    scope: Scope
    answer: tuple[str, ...] = ()
    """The arguments of `return`."""
    alias: str = ""
    try_files: tuple[str, ...] = ()
    proxy: str = ""
    status: bool = False
    internal: bool = False
    rewrites: tuple[Rewrite, ...] = ()
    regex: re.Pattern[str] | None = None
    inner: tuple[Location, ...] = ()


class VirtualServer(Struct, frozen=True):
    """One `server`."""

    ports: tuple[tuple[str, int, bool], ...]
    """Addresses, ports, and whether this is the default server there."""
    names: tuple[str, ...]
    scope: Scope
    locations: tuple[Location, ...]
    answer: tuple[str, ...]
    rewrites: tuple[Rewrite, ...]
    try_files: tuple[str, ...] = ()


class Configuration(Struct, frozen=True):
    """All of it."""

    servers: tuple[VirtualServer, ...] = ()
    upstreams: Mapping[str, tuple[tuple[str, int], ...]] = field(default_factory=dict)
    formats: Mapping[str, str] = field(default_factory=dict)
    error_log: str = "/var/log/nginx/error.log"
    pid: str = "/run/nginx.pid"
    workers: int = 1
    user: Directive | None = None
    daemon: bool = True
    temporary: tuple[str, ...] = ()
    """Directories for what is on its way, where they are not nginx' own."""
    files: tuple[str, ...] = ()
    """The files it was read from, in order."""

    def ports(self) -> list[tuple[str, int]]:
        """What to listen on; an address of its own is no part of one that is open everywhere."""
        found = dict.fromkeys((address, port) for each in self.servers for address, port, _ in each.ports)
        everywhere = {port for address, port in found if address == ANY_ADDRESS}
        return [(a, p) for a, p in found if a == ANY_ADDRESS or p not in everywhere]


_LISTEN_OPTIONS = frozenset(
    ("default_server", "default", "http2", "proxy_protocol", "reuseport", "backlog", "ipv6only", "bind",
     "deferred", "so_keepalive", "rcvbuf", "sndbuf", "fastopen", "setfib", "accept_filter")
)  # fmt: skip
TEMPORARY = {
    f"{name}_temp_path": f"/var/cache/nginx/{folder}_temp"
    for name, folder in (("client_body", "client"), ("proxy", "proxy"), ("fastcgi", "fastcgi"),
                         ("uwsgi", "uwsgi"), ("scgi", "scgi"))
}  # fmt: skip
"""Directories that nginx makes at start, by the directive that moves them."""
Resolve = Callable[[str], Sequence[str]]


def load(files: Mounts, path: str, resolve: Resolve, extra: str = "") -> Configuration:
    """Read and check a configuration; `extra` are the directives of `-g`.

    Raises:
        ConfigurationError: nginx would not start with it.
    """
    given = syntax.parse_text("command line", extra)
    found = (*given, *syntax.read(files, path))
    directives.check(found)
    if not any(each.name == "events" for each in found):
        raise ConfigurationError('no "events" section in configuration')
    inner = next((each.block or () for each in found if each.name == "http"), ())
    kept = {each.name: each.args[0] for each in inner if each.name in TEMPORARY}
    temporary = tuple(kept.get(name, folder) for name, folder in TEMPORARY.items())
    return replace(_Reader(resolve).main(found), files=(path, *_files(found, path)), temporary=temporary)


def _files(found: Sequence[Directive], path: str) -> Iterator[str]:
    """The included files, in order, each once."""
    seen = {path, "command line"}
    waiting = list(found)
    while waiting:
        each = waiting.pop(0)
        if each.file not in seen:
            seen.add(each.file)
            yield each.file
        waiting[:0] = each.block or ()


class _Reader:
    """Turns directives into what they mean."""

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve
        self._upstreams: dict[str, tuple[tuple[str, int], ...]] = {}
        self._formats = {"combined": COMBINED}

    def main(self, found: Sequence[Directive]) -> Configuration:
        result = Configuration(formats=self._formats, upstreams=self._upstreams)
        values: dict[str, Any] = {}
        for each in found:
            match each.name:
                case "error_log":
                    values["error_log"] = each.args[0]
                case "pid":
                    values["pid"] = each.args[0]
                case "daemon":
                    values["daemon"] = quantities.flag(each)
                case "user":
                    values["user"] = each
                case "worker_processes":
                    values["workers"] = 2 if each.args[0] == "auto" else quantities.number(each, each.args[0])
                case "http":
                    values["servers"] = self._http(each, values.get("error_log", result.error_log))
        return replace(result, **values)

    def _http(self, http: Directive, error_log: str) -> tuple[VirtualServer, ...]:
        block = http.block or ()
        for each in block:
            if each.name == "log_format":
                rest = [word for word in each.args[1:] if not word.startswith("escape=")]
                self._formats[each.args[0]] = "".join(rest)
            elif each.name == "upstream":
                self._upstreams[each.args[0]] = self._upstream(each)
        scope = self._scope(Scope(error_log=error_log), block)
        return tuple(self._server(each, scope) for each in block if each.name == "server")

    def _upstream(self, each: Directive) -> tuple[tuple[str, int], ...]:
        places: list[tuple[str, int]] = []
        for server in each.block or ():
            if server.name == "server" and "down" not in server.args and "backup" not in server.args:
                places += self._addresses(server, server.args[0], 80)
        if not places:
            raise ConfigurationError(f"no servers are inside upstream in {each.place}")
        return tuple(places)

    def _addresses(self, each: Directive, text: str, port: int) -> list[tuple[str, int]]:
        host, colon, number = text.partition(":")
        if colon and not number.isdigit():
            raise ConfigurationError(f'invalid port in upstream "{text}" in {each.place}')
        found = self._resolve(host)
        if not found:
            raise ConfigurationError(
                f'host not found in upstream "{host if not colon else text}" in {each.place}'
            )
        return [(address, int(number) if colon else port) for address in found]

    def _scope(self, scope: Scope, block: Sequence[Directive]) -> Scope:
        """What a block says, upon what it inherits; a list said anew replaces the one inherited."""
        values: dict[str, Any] = {}
        lists: dict[str, list[Any]] = {}
        for each in block:
            if each.name in _SINGLE:
                field_name, read = _SINGLE[each.name]
                values[field_name] = read(each)
            elif each.name in _LISTED:
                field_name, read = _LISTED[each.name]
                lists.setdefault(field_name, []).append(read(each))
            elif each.name == "access_log":
                values["access_log"] = self._access_log(each)
        values |= {name: tuple(found) for name, found in lists.items()}
        return replace(scope, **values)

    def _access_log(self, each: Directive) -> tuple[str, str] | None:
        if each.args[0] == "off":
            return None
        name = next((word for word in each.args[1:] if "=" not in word), "combined")
        if name not in self._formats:
            raise ConfigurationError(f'unknown log format "{name}" in {each.place}')
        return each.args[0], name

    def _server(self, each: Directive, outer: Scope) -> VirtualServer:
        block = each.block or ()
        scope = self._scope(outer, block)
        ports = tuple(dict.fromkeys(found for one in block if one.name == "listen" for found in _listen(one)))
        names = tuple(word for one in block if one.name == "server_name" for word in one.args)
        answer = next((one.args for one in block if one.name == "return"), ())
        _check_return(block)
        return VirtualServer(
            ports or ((ANY_ADDRESS, 80, False),),
            names or ("",),
            scope,
            self._locations(block, scope),
            answer,
            _rewrites(block),
            next((one.args for one in block if one.name == "try_files"), ()),
        )

    def _locations(self, block: Sequence[Directive], scope: Scope) -> tuple[Location, ...]:
        seen: set[tuple[str, str]] = set()
        found = []
        for each in block:
            if each.name == "location":
                location = self._location(each, scope)
                key = (location.modifier.replace("^~", ""), location.pattern)
                if key in seen:
                    raise ConfigurationError(f'duplicate location "{location.pattern}" in {each.place}')
                seen.add(key)
                found.append(location)
        return tuple(found)

    def _location(self, each: Directive, outer: Scope) -> Location:
        modifier, pattern = each.args if len(each.args) == 2 else ("", each.args[0])
        if modifier not in ("", "=", "~", "~*", "^~"):
            raise ConfigurationError(f'invalid location modifier "{modifier}" in {each.place}')
        block = each.block or ()
        scope = self._scope(outer, block)
        _check_return(block)
        values: dict[str, tuple[str, ...]] = {one.name: one.args for one in block}
        proxy = values.get("proxy_pass", ("",))[0]
        if proxy:
            self._check_proxy(next(one for one in block if one.name == "proxy_pass"), proxy)
        return Location(
            modifier, pattern, scope, values.get("return", ()), values.get("alias", ("",))[0],
            values.get("try_files", ()), proxy, "stub_status" in values, "internal" in values,
            _rewrites(block),
            _regex(each, pattern, ignore_case=modifier == "~*") if modifier in ("~", "~*") else None,
            self._locations(block, scope),
        )  # fmt: skip

    def _check_proxy(self, each: Directive, url: str) -> None:
        match = re.fullmatch(r"(https?)://([^/]+)(/.*)?", url)
        if match is None:
            raise ConfigurationError(f"invalid URL prefix in {each.place}")
        if match[1] == "https" or "$" in match[2]:
            what = "https upstreams are" if match[1] == "https" else "a variable in proxy_pass is"
            raise ConfigurationError(f"{what} not available in the simulation in {each.place}")
        if match[2] not in self._upstreams:
            self._upstreams[match[2]] = tuple(self._addresses(each, match[2], 80))


def _listen(each: Directive) -> list[tuple[str, int, bool]]:
    text, options = each.args[0], each.args[1:]
    if "ssl" in options or "quic" in options:
        raise ConfigurationError(f'"listen … ssl" is not available in the simulation in {each.place}')
    if text.startswith("unix:"):
        raise ConfigurationError(f"unix sockets are not available in the simulation in {each.place}")
    for option in options:
        if option.partition("=")[0] not in _LISTEN_OPTIONS:
            raise ConfigurationError(f'invalid parameter "{option}" in {each.place}')
    default = "default_server" in options or "default" in options
    if text.startswith("["):  # IPv6 beside IPv4: the simulated network has none
        return []
    host, colon, port = text.rpartition(":")
    if not colon and not port.isdigit():
        host, port = port, "80"
    if not port.isdigit() or not 0 < int(port) < 65536:
        raise ConfigurationError(f'invalid port in "{text}" of the "listen" directive in {each.place}')
    if host not in ("", "*", ANY_ADDRESS, "localhost") and not re.fullmatch(r"[\d.]+", host):
        raise ConfigurationError(f'host not found in "{text}" of the "listen" directive in {each.place}')
    address = {"": ANY_ADDRESS, "*": ANY_ADDRESS, "localhost": "127.0.0.1"}.get(host, host)
    return [(address, int(port), default)]


def _rewrites(block: Sequence[Directive]) -> tuple[Rewrite, ...]:
    found = []
    for each in block:
        if each.name == "rewrite":
            flag = each.args[2] if len(each.args) > 2 else ""
            if flag not in ("", "last", "break", "redirect", "permanent"):
                raise ConfigurationError(f'invalid parameter "{flag}" in {each.place}')
            found.append(Rewrite(_regex(each, each.args[0]), each.args[1], flag))
    return tuple(found)


def _regex(each: Directive, pattern: str, *, ignore_case: bool = False) -> re.Pattern[str]:
    try:
        return re.compile(pattern, re.IGNORECASE if ignore_case else 0)
    except re.error as error:
        raise ConfigurationError(f'pcre2_compile() failed: {error} in "{pattern}" in {each.place}') from None


def _check_return(block: Sequence[Directive]) -> None:
    for each in block:
        plain = each.name == "return" and not each.args[0].isdigit()
        if plain and (len(each.args) == 2 or not re.match(r"https?://|\$scheme", each.args[0])):
            raise ConfigurationError(f'invalid return code "{each.args[0]}" in {each.place}')


def _error_page(each: Directive) -> tuple[tuple[int, ...], int | None, str]:
    *codes, where = each.args
    answer: int | None = None
    if codes and codes[-1].startswith("="):
        word = codes.pop()[1:]
        answer = int(word) if word.isdigit() else 0
    for code in codes:
        if not code.isdigit() or not 300 <= int(code) <= 599:
            raise ConfigurationError(f'invalid value "{code}" in {each.place}')
    return tuple(int(code) for code in codes), answer, where


Read = Callable[[Directive], Any]
_SINGLE: Mapping[str, tuple[str, Read]] = {
    "root": ("root", lambda each: each.args[0]),
    "default_type": ("default_type", lambda each: each.args[0]),
    "index": ("index", lambda each: each.args),
    "error_log": ("error_log", lambda each: each.args[0]),
    "autoindex": ("autoindex", quantities.flag),
    "server_tokens": ("tokens", lambda each: each.args[0] != "off"),
    "client_max_body_size": ("body_limit", lambda each: quantities.size(each, each.args[0])),
    "proxy_connect_timeout": ("connect_timeout", lambda each: quantities.seconds(each, each.args[0])),
    "proxy_read_timeout": ("read_timeout", lambda each: quantities.seconds(each, each.args[0])),
    "types": ("types", quantities.types),
}
"""Directives that set one field of a scope, and how they are read."""
_LISTED: Mapping[str, tuple[str, Read]] = {
    "add_header": ("headers", lambda each: (each.args[0], each.args[1], len(each.args) > 2)),
    "proxy_set_header": ("proxy_headers", lambda each: (each.args[0], each.args[1])),
    "allow": ("access", lambda each: ("allow", each.args[0])),
    "deny": ("access", lambda each: ("deny", each.args[0])),
    "error_page": ("error_pages", _error_page),
}
"""Directives that add to a list of a scope."""

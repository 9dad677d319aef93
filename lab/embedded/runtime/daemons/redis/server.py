"""redis-server: configuration, start, sessions, and the end with or without a snapshot."""

from __future__ import annotations

import fnmatch
import posixpath
import re
import shlex
from collections.abc import Generator
from typing import TYPE_CHECKING

from lab.embedded.runtime import signals
from lab.embedded.runtime.daemons.redis import commands, resp
from lab.embedded.runtime.daemons.redis.keys import Keys
from lab.embedded.runtime.daemons.serving import CannotListen, Server, utc
from lab.embedded.runtime.filesystem import File, FileError
from lab.embedded.runtime.http import serve_in_child
from lab.embedded.runtime.streams import BrokenPipe

if TYPE_CHECKING:
    from lab.embedded.runtime.daemons.redis.resp import Reply
    from lab.embedded.runtime.network import Socket
    from lab.embedded.runtime.process import Process
    from lab.embedded.runtime.tasks import Reason, Syscall

Step = Generator["Syscall", "Reason", int]
Work = Generator["Syscall", "Reason", None]
MEMORY = 8 * 1024 * 1024
"""Bytes an empty server counts for."""
MOST_MEMORY = 64 * 1024 * 1024
"""Bytes of keys; beyond them a server of the simulation is out of memory, whatever its `maxmemory`."""
_DEFAULTS = """
port 6379
bind * -::*
maxmemory 0
maxmemory-policy noeviction
maxmemory-samples 5
appendonly no
appendfsync everysec
appendfilename appendonly.aof
save 3600 1 300 100 60 10000
requirepass
dir /data
dbfilename dump.rdb
timeout 0
tcp-keepalive 300
tcp-backlog 511
maxclients 10000
loglevel notice
logfile
pidfile
databases 16
daemonize no
protected-mode no
"""
DEFAULTS = {line.partition(" ")[0]: line.partition(" ")[2] for line in _DEFAULTS.split("\n") if line}
_UNPLAYED = ("cluster-enabled", "replicaof", "slaveof", "tls-port", "include", "loadmodule", "masterauth",
             "user", "aclfile", "rename-command", "sentinel", "unixsocket")  # fmt: skip
_UNITS = {"": 1, "b": 1, "k": 1000, "kb": 1024, "m": 10**6, "mb": 1024**2, "g": 10**9, "gb": 1024**3}


class Snapshot(File):
    """The file a server keeps its keys in; a copy of it is empty."""

    keys: Keys | None = None


class BadConfiguration(Exception):  # noqa: N818 (what happened)
    """A line Redis does not take: its number, itself, and why."""


def redis_server(process: Process) -> Step:
    """`redis-server [FILE] [--option value]…`."""
    if "--version" in process.argv or "-v" in process.argv:
        yield from process.print(f"Redis server v={_version(process)} malloc=jemalloc-5.3.0 bits=64")
        return 0
    settings = dict(DEFAULTS)
    arguments = process.argv[1:]
    path = arguments.pop(0) if arguments and not arguments[0].startswith("-") else ""
    try:
        if path:
            node = process.kernel.files.exists(path)
            if not isinstance(node, File):
                yield from process.complain(
                    f"Fatal error, can't open config file '{path}': No such file or directory"
                )
                return 1
            _read(settings, node.data.decode("utf-8", "replace").splitlines())
        _read(settings, _lines(arguments))
    except BadConfiguration as bad:
        number, line, why = bad.args
        yield from process.complain(
            f"\n*** FATAL CONFIG FILE ERROR (Redis {_version(process)}) ***\nReading the configuration file, "
            f"at line {number}\n>>> '{line}'\n{why}"
        )
        return 1
    return (yield from _Redis(process, settings, configured=bool(path or arguments)).run())


def _version(process: Process) -> str:
    return process.env.get("REDIS_VERSION", "7.4.5")


def _lines(arguments: list[str]) -> list[str]:
    """`--maxmemory 2mb --save ''` as lines of a file."""
    lines: list[str] = []
    for word in arguments:
        if word.startswith("--"):
            lines.append(word[2:])
        elif lines:
            lines[-1] += f" {shlex.quote(word)}"
    return lines


def _read(settings: dict[str, str], lines: list[str]) -> None:
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        try:
            name, *words = shlex.split(text)
        except ValueError:
            raise BadConfiguration(number, text, "Unbalanced quotes in configuration line") from None
        name = name.lower()
        if name in _UNPLAYED:
            raise BadConfiguration(number, text, f"{name} is not available in the simulation")
        if name not in DEFAULTS or (not words and name != "save"):
            raise BadConfiguration(number, text, "Bad directive or wrong number of arguments")
        value = " ".join(words)
        if name == "maxmemory" and _size(value) is None:
            raise BadConfiguration(number, text, "argument must be a memory value")
        if name == "port" and not value.isdigit():
            raise BadConfiguration(number, text, "argument couldn't be parsed into an integer")
        if DEFAULTS[name] in ("yes", "no") and value not in ("yes", "no"):
            raise BadConfiguration(number, text, "argument must be 'yes' or 'no'")
        settings[name] = value if name != "maxmemory" else str(_size(value))


def _size(text: str) -> int | None:
    match = re.fullmatch(r"(\d+)([a-z]*)", text.lower())
    return int(match[1]) * _UNITS[match[2]] if match and match[2] in _UNITS else None


class _Redis:
    """One server."""

    def __init__(self, process: Process, settings: dict[str, str], *, configured: bool) -> None:
        self._process, self._settings, self._configured = process, settings, configured
        self._keys = Keys()
        self._server = Server(process)
        self._commands = 0

    def run(self) -> Step:
        """Start, serve, and end by a signal."""
        process = self._process
        process.handled |= {signals.TERM, signals.INT}
        process.set_memory(MEMORY)
        yield from self._log("oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo", "C")
        told = f"Redis version={_version(process)}, bits=64, commit=00000000, modified=0, pid={process.pid}"
        yield from self._log(f"{told}, just started", "C")
        if self._configured:
            yield from self._log("Configuration loaded", "C")
        else:
            text = "Warning: no config file specified, using the default config. In order to specify a config"
            yield from self._log(f"{text} file use redis-server /path/to/redis.conf", "C", "#")
        port = int(self._settings["port"])
        yield from self._log("monotonic clock: POSIX clock_gettime")
        yield from self._log(f"Running mode=standalone, port={port}.")
        try:
            self._server.listen(port, self._accept)
        except CannotListen as error:
            where = f"Could not create server TCP listening socket *:{port}: bind: {error.text}"
            yield from self._log(f"Warning: {where}", mark="#")
            yield from self._log(f"Failed listening on port {port} (tcp), aborting.", mark="#")
            return 1
        yield from self._log("Server initialized")
        yield from self._load()
        yield from self._log("Ready to accept connections tcp")
        yield from self._server.run()
        return (yield from self._shut_down())

    def _log(self, text: str, role: str = "M", mark: str = "*") -> Work:
        at = utc(self._process)
        shown = f"{at:%d %b %Y %H:%M:%S}.{at.microsecond // 1000:03d}"
        yield from self._process.print(f"{self._process.pid}:{role} {shown} {mark} {text}")

    # -- persistence --------------------------------------------------------------------------------------

    @property
    def _path(self) -> str:
        name = self._settings["dbfilename"] if self._settings["appendonly"] == "no" else "appendonlydir"
        return posixpath.join(self._settings["dir"], name)

    def _load(self) -> Work:
        node = self._process.kernel.files.exists(self._path)
        if isinstance(node, Snapshot) and node.keys is not None:
            self._keys = node.keys
            self._keys.now = self._process.now()
            count = len(self._keys.alive())
            yield from self._log(f"Done loading RDB, keys loaded: {count}, keys expired: 0.")
        if self._settings["appendonly"] == "yes":
            self._save()

    def _save(self) -> str:
        """Keep the keys in their file; the C library's words when that fails."""
        files = self._process.kernel.files
        try:
            place = files.lookup(self._path)
            if isinstance(place.node, Snapshot):
                place.node.keys = self._keys
                return ""
            node = Snapshot(mode=0o600, uid=self._process.uid, gid=self._process.uid)
            node.keys = self._keys
            files.insert(place, node, self._process.uid)
        except FileError as error:
            return str(error)
        return ""

    def _shut_down(self) -> Step:
        name = {signals.TERM: "SIGTERM", signals.INT: "SIGINT"}[self._process.pending[0]]
        yield from self._log(f"Received {name} scheduling shutdown...", "signal-handler")
        yield from self._log("User requested shutdown...")
        if self._settings["save"]:
            yield from self._log("Saving the final RDB snapshot before exiting.")
            problem = self._save()
            if problem:
                yield from self._log(f"Error opening/writing the RDB file: {problem}", mark="#")
            else:
                yield from self._log("DB saved on disk")
        yield from self._log("Redis is now ready to exit, bye bye...", mark="#")
        return 0

    # -- sessions -----------------------------------------------------------------------------------------

    def _accept(self, socket: Socket) -> None:
        process = self._process
        serve_in_child(process, socket, lambda each: self._session(each, socket), list(process.argv))

    def _session(self, child: Process, socket: Socket) -> Step:
        wire = resp.Wire(socket, child.kernel.agenda)
        known = not self._settings["requirepass"]
        try:
            while True:
                words = yield from wire.request()
                if not words:
                    continue
                yield from child.compute(2, changed=True)
                name = words[0].upper()
                if name == "AUTH":
                    known, reply = self._authenticate(words, known=known)
                elif name == "QUIT":
                    yield from wire.write(b"+OK\r\n")
                    return 0
                elif not known:
                    reply = resp.Failure("NOAUTH Authentication required.")
                else:
                    reply = self._reply(child, name, words)
                yield from wire.write(resp.encode(reply))
        except (resp.Closed, BrokenPipe):
            return 0

    def _authenticate(self, words: list[str], *, known: bool) -> tuple[bool, Reply]:
        wanted = self._settings["requirepass"]
        if not wanted:
            return known, resp.Failure(
                "ERR AUTH <password> called without any password configured for the default user. "
                "Are you sure your configuration is correct?"
            )
        if words[-1] == wanted and words[1:-1] in ([], ["default"]):
            return True, commands.OK
        return known, resp.Failure("WRONGPASS invalid username-password pair or user is disabled.")

    def _reply(self, child: Process, name: str, words: list[str]) -> Reply:
        self._commands += 1
        self._keys.now = child.now()
        match name:
            case "PING":
                return words[1] if len(words) > 1 else resp.Status("PONG")
            case "SELECT":
                return (
                    commands.OK
                    if words[1:] == ["0"]
                    else resp.Failure("ERR only database 0 is available in the simulation")
                )
            case "COMMAND":
                return []
            case "CONFIG":
                return self._config(words[1:])
            case "INFO":
                return self._info(words[1:])
            case "SAVE" | "BGSAVE":
                problem = self._save()
                return resp.Failure(f"ERR {problem}") if problem else commands.OK
        limit = min(int(self._settings["maxmemory"]) or MOST_MEMORY, MOST_MEMORY)
        if name in commands.WRITING and self._keys.used + sum(map(len, words)) > limit:
            return resp.Failure("OOM command not allowed when used memory > 'maxmemory'.")
        reply = commands.run(self._keys, words)
        self._process.set_memory(MEMORY + self._keys.used)
        return reply

    def _config(self, words: list[str]) -> Reply:
        verb = words[0].upper() if words else ""
        if verb == "GET" and len(words) > 1:
            found = [
                name
                for name in self._settings
                for want in words[1:]
                if fnmatch.fnmatchcase(name, want.lower())
            ]
            return [each for name in dict.fromkeys(found) for each in (name, self._settings[name])]
        if verb == "SET" and len(words) == 3:
            try:
                _read(self._settings, [f"{words[1]} {shlex.quote(words[2])}"])
            except BadConfiguration as bad:
                return resp.Failure(
                    f"ERR CONFIG SET failed (possibly related to argument '{words[1]}') - {bad.args[2]}"
                )
            return commands.OK
        return resp.Failure(f"ERR unknown subcommand '{words[0] if words else ''}'. Try CONFIG HELP.")

    def _info(self, words: list[str]) -> Reply:
        keys, up = self._keys, int(self._process.now() - self._process.started_at)
        count = len(keys.alive())
        sections = {
            "server": [f"redis_version:{_version(self._process)}", "redis_mode:standalone", "os:Linux x86_64",
                       f"process_id:{self._process.pid}", f"tcp_port:{self._settings['port']}",
                       f"uptime_in_seconds:{up}"],
            "memory": [f"used_memory:{MEMORY // 8 + keys.used}", f"maxmemory:{self._settings['maxmemory']}",
                       f"maxmemory_policy:{self._settings['maxmemory-policy']}"],
            "stats": [f"total_commands_processed:{self._commands}"],
            "replication": ["role:master", "connected_slaves:0"],
            "keyspace": [f"db0:keys={count},expires={len(keys.ends)},avg_ttl=0"] if count else [],
        }  # fmt: skip
        wanted = [each.lower() for each in words] or list(sections)
        return "\r\n".join(
            f"# {name.title()}\r\n" + "".join(f"{line}\r\n" for line in lines)
            for name, lines in sections.items()
            if name in wanted or "all" in wanted or "everything" in wanted
        )

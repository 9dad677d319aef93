"""The nginx program: its options, and the master process with its workers and signals.

TERM and INT end at once, QUIT after the requests under way, HUP reads the configuration anew (and keeps the
old one when the new one is bad), USR1 opens the logs again, WINCH and CHLD do nothing here.
"""

from __future__ import annotations

import posixpath
from collections.abc import Generator
from typing import TYPE_CHECKING

from lab.embedded.runtime import signals
from lab.embedded.runtime.daemons.nginx import configuration as conf
from lab.embedded.runtime.daemons.nginx.logging import append, stamped
from lab.embedded.runtime.daemons.nginx.serving import Answering, Counters
from lab.embedded.runtime.daemons.nginx.syntax import ConfigurationError
from lab.embedded.runtime.daemons.serving import CannotListen, Server, descriptors, drain
from lab.embedded.runtime.filesystem import Directory, File, FileError, text_of
from lab.embedded.runtime.network import is_address

if TYPE_CHECKING:
    from lab.embedded.runtime.http import Handler
    from lab.embedded.runtime.process import Process
    from lab.embedded.runtime.tasks import Reason, Syscall

Step = Generator["Syscall", "Reason", int]
SIGNALS = {"stop": signals.TERM, "quit": signals.QUIT, "reload": signals.HUP, "reopen": signals.USR1}
_ERRORS = {"EROFS": 30, "EACCES": 13, "ENOENT": 2, "ENOSPC": 28}
_GREETING = (
    'using the "epoll" event method', "nginx/{version}", "built by gcc 12.2.0 (Debian 12.2.0-14) ",
    "OS: Linux 6.1.0-podlab", "getrlimit(RLIMIT_NOFILE): 1048576:1048576",
)  # fmt: skip
_USER = 101
"""The user `nginx` of the image."""
_TRIES, _BETWEEN = 5, 0.5
"""How often a taken port is tried, and the seconds between."""
_HANDLED = {signals.TERM, signals.INT, signals.QUIT, signals.HUP, signals.USR1}


def nginx(process: Process) -> Step:
    """nginx, as it was called."""
    options = yield from _options(process)
    if isinstance(options, int):
        return options
    return (yield from _Master(process, options).run(options))


def _options(process: Process) -> Generator[Syscall, Reason, dict[str, str] | int]:
    found: dict[str, str] = {}
    rest = process.argv[1:]
    while rest:
        word = rest.pop(0)
        if word in ("-t", "-T", "-q", "-v", "-V", "-h", "-?"):
            found[word[1]] = "yes"
        elif word[:2] in ("-c", "-g", "-s", "-p", "-e"):
            if len(word) == 2 and not rest:
                yield from process.complain(f'nginx: option "{word}" requires a parameter')
                return 1
            found[word[1]] = word[2:] or rest.pop(0)
        else:
            yield from process.complain(f'nginx: invalid option: "{word}"')
            return 1
    if "v" in found or "V" in found:
        yield from process.complain(f"nginx version: nginx/{version(process)}")
        return 0
    if "s" in found and found["s"] not in SIGNALS:
        yield from process.complain(f'nginx: invalid option: "-s {found["s"]}"')
        return 1
    return found


def version(process: Process) -> str:
    """The version of the image (its environment says it; a file does where the environment was cleared)."""
    file = process.kernel.files.exists("/etc/nginx/.version")
    return (
        file.data.decode().strip() if isinstance(file, File) else process.env.get("NGINX_VERSION", "1.27.5")
    )


class _Master:
    """The master process."""

    def __init__(self, process: Process, options: dict[str, str]) -> None:
        self._process = process
        self._path = posixpath.join(conf.PREFIX, options.get("c", "nginx.conf"))
        self._extra = options.get("g", "")
        self._version = version(process)
        self._counters = Counters()
        self._configuration = conf.Configuration()
        self._worker: Process | None = None

    def run(self, options: dict[str, str]) -> Step:
        """What was asked for: a test, a signal to the running master, or to be the master."""
        process, testing = self._process, bool({"t", "T"} & set(options))
        try:
            self._configuration = conf.load(process.kernel.files, self._path, self._resolve, self._extra)
        except ConfigurationError as error:
            return (yield from self._refused(str(error), testing=testing))
        if process.uid and self._configuration.user is not None:
            text = (
                'the "user" directive makes sense only if the master process runs with super-user privileges'
            )
            yield from self._say(
                "warn", f"{text}, ignored in {self._configuration.user.place}", testing=testing
            )
        if "s" in options:
            return (yield from self._signal(options["s"]))
        problem = self._prepare()
        if problem:
            return (yield from self._refused(problem, testing=testing))
        if testing:
            yield from process.complain(f"nginx: the configuration file {self._path} syntax is ok")
            yield from process.complain(f"nginx: configuration file {self._path} test is successful")
            if "T" in options:
                yield from self._dump()
            return 0
        return (yield from self._start())

    def _dump(self) -> Generator[Syscall, Reason, None]:
        """`-T`: every file of the configuration, each once."""
        for path in self._configuration.files:
            text = text_of(self._process.kernel.files.node(path))
            yield from self._process.print(f"# configuration file {path}:\n{text}")

    def _resolve(self, name: str) -> list[str]:
        return (
            [name]
            if is_address(name)
            else self._process.kernel.network.resolve(name, self._process.kernel.host)
        )

    def _refused(self, text: str, *, testing: bool) -> Step:
        yield from self._say("emerg", text, testing=testing)
        if testing:
            yield from self._process.complain(f"nginx: configuration file {self._path} test failed")
        return 1

    def _say(self, level: str, text: str, *, testing: bool) -> Generator[Syscall, Reason, None]:
        """A line before the server runs: to the log file, then to whoever called (`ngx_log_error_core`)."""
        log = self._configuration.error_log
        if not testing and log != "stderr":
            yield from append(self._process, log, stamped(self._process, level, text))
        yield from self._process.complain(f"nginx: [{level}] {text}")

    def _prepare(self) -> str:
        """Make the directories nginx needs; what it says when it cannot."""
        files, process = self._process.kernel.files, self._process
        for path in self._configuration.temporary:
            try:
                if not isinstance(files.exists(path), Directory):
                    files.mkdir(path, "/", process.uid)
                node = files.node(path)
            except FileError as error:
                return f'mkdir() "{path}" failed ({_ERRORS.get(error.code, 5)}: {error})'
            if process.uid == 0 and node.uid != _USER:
                if "CHOWN" not in process.capabilities:
                    return f'chown("{path}", {_USER}) failed (1: Operation not permitted)'
                node.uid = _USER
        try:
            self._process.open(self._configuration.pid, write=True, truncate=False)
        except FileError as error:
            return f'open() "{self._configuration.pid}" failed ({_ERRORS.get(error.code, 5)}: {error})'
        return ""

    def _signal(self, name: str) -> Step:
        process, path = self._process, self._configuration.pid
        node = process.kernel.files.exists(path)
        if not isinstance(node, File):
            return (
                yield from self._refused(
                    f'open() "{path}" failed (2: No such file or directory)', testing=False
                )
            )
        text = node.data.decode("ascii", "replace").strip()
        target = process.kernel.processes.get(int(text)) if text.isdigit() else None
        if not text.isdigit():
            return (yield from self._refused(f'invalid PID number "{text}" in "{path}"', testing=False))
        yield from process.complain(stamped(process, "notice", "signal process started"))
        if target is None:
            yield from process.complain(
                f"nginx: [alert] kill({text}, {SIGNALS[name]}) failed (3: No such process)"
            )
            return 1
        process.kernel.signal(target, SIGNALS[name])
        return 0

    def _start(self) -> Step:
        process = self._process
        if self._configuration.daemon:
            process.kernel.spawn(process, ["nginx"], lambda each: _Master(each, {}).become(self))
            return 0
        return (yield from self._serve())

    def become(self, other: _Master) -> Step:
        """Be the master in place of the process that was called."""
        self._configuration, self._path = other._configuration, other._path
        return (yield from self._serve())

    def _serve(self) -> Step:
        process = self._process
        process.handled |= _HANDLED
        argv = " ".join(process.argv)
        process.argv = [f"nginx: master process {argv}"]
        server = Server(process)
        problem = yield from self._listen(server)
        if problem:
            return (yield from self._refused(problem, testing=False))
        process.install(5, process.open(self._configuration.pid, write=True))
        yield from process.write(5, f"{process.pid}\n".encode())
        for text in _GREETING:
            yield from self._notice(text.format(version=self._version))
        yield from self._workers()
        while True:
            if self._worker is not None:
                yield from server.run()
            while not process.pending:  # without a worker nobody accepts
                yield from process.wait()
            number = process.pending.pop(0)
            if number == signals.HUP:
                server = yield from self._reload(server)
            elif number == signals.USR1:
                yield from self._notice("signal 10 (SIGUSR1) received, reopening logs")
            else:
                return (yield from self._stop(server, number))

    def _notice(self, text: str) -> Generator[Syscall, Reason, None]:
        yield from append(
            self._process, self._configuration.error_log, stamped(self._process, "notice", text)
        )

    def _listen(self, server: Server) -> Generator[Syscall, Reason, str]:
        for address, port in self._configuration.ports():
            for attempt in range(_TRIES):
                try:
                    server.listen_http(port, self._handler(port), address)
                    break
                except CannotListen as error:
                    text = f"bind() to {address}:{port} failed ({error.number}: {error.text})"
                    if error.number != 98:
                        return text
                    yield from self._process.complain(f"nginx: [emerg] {text}")
                    if attempt == _TRIES - 1:
                        return "still could not bind()"
                    yield from self._process.sleep(_BETWEEN)
        return ""

    def _handler(self, port: int) -> Handler:
        answering = Answering(
            self._process, self._configuration, self._version, self._counters, self._worker_pid
        )
        return lambda request: answering.answer(port, request)

    def _worker_pid(self) -> int:
        return self._worker.pid if self._worker is not None else self._process.pid

    def _workers(self) -> Generator[Syscall, Reason, None]:
        """Worker processes: they stand in `ps`; the connections are the master's children here."""
        yield from self._notice("start worker processes")
        self._worker = None
        refused = [each for each in ("setgid", "setuid") if each.upper() not in self._process.capabilities]
        for _ in range(max(1, self._configuration.workers)):
            if self._process.uid == 0 and refused:
                yield from self._fatal_worker(f"{refused[0]}({_USER}) failed (1: Operation not permitted)")
                continue
            worker = self._process.kernel.spawn(
                self._process, ["nginx: worker process"], _idle, fds=descriptors(self._process)
            )
            worker.uid = self._process.uid or _USER
            self._worker = worker
            yield from self._notice(f"start worker process {worker.pid}")

    def _fatal_worker(self, problem: str) -> Generator[Syscall, Reason, None]:
        """A worker that cannot become the user it is to run as; the master goes on without it."""
        master, log = self._process, self._configuration.error_log
        worker = master.kernel.spawn(master, ["nginx: worker process"], _fatal, fds={})
        yield from self._notice(f"start worker process {worker.pid}")
        yield from append(master, log, stamped(worker, "emerg", problem))
        yield from master.wait_child(worker)
        yield from self._notice(f"signal 17 (SIGCHLD) received from {worker.pid}")
        text = f"worker process {worker.pid} exited with fatal code 2 and cannot be respawned"
        yield from append(master, log, stamped(master, "alert", text))

    def _reload(self, server: Server) -> Generator[Syscall, Reason, Server]:
        yield from self._notice("signal 1 (SIGHUP) received, reconfiguring")
        yield from self._notice("reconfiguring")
        try:
            fresh = conf.load(self._process.kernel.files, self._path, self._resolve, self._extra)
        except ConfigurationError as error:
            line = stamped(self._process, "emerg", str(error))
            yield from append(self._process, self._configuration.error_log, line)
            return server
        self._configuration = fresh
        server.close()
        following = Server(self._process)
        problem = yield from self._listen(following)
        if problem:
            yield from append(self._process, fresh.error_log, stamped(self._process, "emerg", problem))
        for worker in [
            each for each in self._process.children.values() if each.argv == ["nginx: worker process"]
        ]:
            self._process.kernel.signal(worker, signals.KILL)
            yield from self._process.wait_child(worker)
        yield from self._workers()
        return following

    def _stop(self, server: Server, number: int) -> Step:
        process = self._process
        words = {signals.TERM: "15 (SIGTERM) received, exiting", signals.INT: "2 (SIGINT) received, exiting",
                 signals.QUIT: "3 (SIGQUIT) received, shutting down"}  # fmt: skip
        yield from self._notice(f"signal {words[number]}")
        server.close()
        for worker in list(process.children.values()):
            if worker.argv == ["nginx: worker process"] or number != signals.QUIT:
                process.kernel.signal(worker, signals.KILL)
        yield from drain(process)
        yield from self._notice("exit")
        process.kernel.files.unlink(self._configuration.pid, "/", process.uid)
        return 0


def _fatal(process: Process) -> Step:
    """A worker's end: it says nothing to it itself."""
    yield from process.compute()
    return 2


def _idle(process: Process) -> Step:
    while True:
        yield from process.wait()

"""The health app's whole behaviour, and nothing else: no clock, no network, no Flask.

Everything it wants done it yields (`effects`). What it answers is a function of its environment, of the
faults that were injected, and of the seconds since it started.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

import settings
from effects import (
    Allocate,
    Answer,
    Block,
    Changed,
    Close,
    Connect,
    Exit,
    Listen,
    Log,
    ReadFile,
    Request,
    Sleep,
    Spawn,
    Steps,
)
from faults import MIB, TERMINATED, count, fail, json_answer, leave, one_of, words

APP, FAULTS = "app", "faults"
"""The two listeners."""

STATUSES = ("UP", "DOWN")


@dataclass(frozen=True)
class Options:
    """The environment, read and checked. Times are seconds."""

    host: str
    port: int
    fault_port: int | None
    startup: float
    answer: float
    drift: float
    """Length of a period; 0: the status does not drift."""
    drift_seed: int
    dependency: tuple[str, int] | None
    dependency_timeout: float
    dependency_retry: float
    working_set: float
    work_mib: float
    leak: float
    on_sigterm: str
    shutdown_delay: float
    shutdown: float

    @classmethod
    def read(cls, env: Mapping[str, str]) -> Options:
        """Read the environment.

        Raises:
            settings.Fatal: a required setting is missing, or one has a wrong value.
        """
        settings.require(env)
        settings.port(env, "DATABASE_PORT", None)
        drifts = settings.choice(env, "DRIFT", ("off", "on")) == "on" or bool(env.get("DRIFT_SECONDS"))
        return cls(
            host=env.get("HOST", "0.0.0.0") or "127.0.0.1",  # noqa: S104 (a container's whole point)
            port=settings.port(env, "PORT", 8080) or 8080,
            fault_port=settings.port(env, "FAULT_PORT", None),
            startup=settings.number(env, "STARTUP_SECONDS"),
            answer=settings.number(env, "ANSWER_SECONDS"),
            drift=settings.number(env, "DRIFT_SECONDS", 30) if drifts else 0,
            drift_seed=settings.integer(env, "DRIFT_SEED", 1),
            dependency=settings.address(env, "DEPENDENCY"),
            dependency_timeout=settings.number(env, "DEPENDENCY_TIMEOUT_SECONDS", 5),
            dependency_retry=settings.number(env, "DEPENDENCY_RETRY_SECONDS"),
            working_set=settings.number(env, "WORKING_SET_MIB"),
            work_mib=settings.number(env, "WORK_MIB"),
            leak=settings.number(env, "LEAK_BYTES_PER_SECOND"),
            on_sigterm=settings.choice(env, "ON_SIGTERM", ("graceful", "immediate", "ignore")),
            shutdown_delay=settings.number(env, "SHUTDOWN_DELAY_SECONDS"),
            shutdown=settings.number(env, "SHUTDOWN_SECONDS", 5),
        )


def drifted(seed: int, period: int) -> str:
    """The status of one period: the app starts UP, and each later period is drawn for itself."""
    if period <= 0:
        return "UP"
    drawn = hashlib.sha256(f"{seed}/{period}".encode()).digest()[0]
    return STATUSES[drawn % 2]


class HealthApp:
    """One process of the health app."""

    def __init__(self, env: Mapping[str, str], clock: Callable[[], float]) -> None:
        self._env = env
        self._clock = clock
        self._started = clock()
        self._options: Options | None = None
        self._serving_since: float | None = None
        self._in_flight = 0
        self._requests = 0
        self._deadlocked = False
        self._draining = False
        self._readiness = "ok"
        self._forced: str | None = None

    # --- life ------------------------------------------------------------------------------------------

    def boot(self) -> Steps[None]:
        """Read the settings, start up, reach the dependency, take the memory, listen."""
        yield Log("booting")
        try:
            options = Options.read(self._env)
            password = yield from self._password()
        except settings.Fatal as fatal:
            yield from fail(fatal.message, fatal.code)
            return
        self._options = options
        yield from self._announce(password)
        yield Sleep(options.startup)
        if options.dependency:
            yield from self._reach(*options.dependency)
        if options.working_set:
            yield from self._take(int(options.working_set * MIB))
        yield from self._listen(options)

    def terminate(self) -> Steps[None]:
        """SIGTERM, as `ON_SIGTERM` says."""
        mode = self._options.on_sigterm if self._options else self._env.get("ON_SIGTERM", "")
        if mode == "ignore":
            yield Log("SIGTERM ignored")
            return
        if mode == "immediate" or self._options is None or self._serving_since is None:
            yield Exit(TERMINATED)
            return
        if self._draining:
            return
        yield Log("SIGTERM received, shutting down")
        self._draining = True
        yield Sleep(self._options.shutdown_delay)
        yield Close(APP)
        deadline = self._clock() + self._options.shutdown
        while self._in_flight and self._clock() < deadline:
            yield Sleep(0.1)
        yield Log("stopped" if not self._in_flight else f"stopped with {self._in_flight} requests unanswered")
        yield Exit(0)

    def _listen(self, options: Options) -> Steps[None]:
        self._serving_since = self._clock()
        startup = int(self._serving_since - self._started + 0.5)
        if error := (yield Listen(APP, options.host, options.port)):
            yield from fail(error, settings.INVALID)
        host = "" if options.host == "0.0.0.0" else options.host  # noqa: S104 (comparing)
        yield Log(f"server listening on {host}:{options.port} after {startup}s startup")
        yield from self._listen_for_faults(options)
        if options.leak:
            yield Spawn(self._leaking(int(options.leak)))

    def _listen_for_faults(self, options: Options) -> Steps[None]:
        if not options.fault_port:
            return
        if error := (yield Listen(FAULTS, "0.0.0.0", options.fault_port)):  # noqa: S104 (asked from outside)
            yield from fail(error, settings.INVALID)
        yield Log(f"fault port listening on :{options.fault_port}")

    def _announce(self, password: str | None) -> Steps[None]:
        if url := self._env.get("DATABASE_URL"):
            yield Log(f"using database {_without_password(url)}")
        if host := self._env.get("DATABASE_HOST"):
            yield Log(f"using database host {host}")
        if port := self._env.get("DATABASE_PORT"):
            yield Log(f"using database port {int(port)}")
        if password is not None:
            user = self._env.get("DATABASE_USER") or "api"
            proof = hashlib.sha256(password.encode()).hexdigest()[:12]
            yield Log(f"database login user={user} password-sha256={proof}")

    def _password(self) -> Steps[str | None]:
        if path := self._env.get("DATABASE_PASSWORD_FILE"):
            text, error = yield ReadFile(path)
            if text is None:
                raise settings.Fatal(f"cannot read DATABASE_PASSWORD_FILE: {path}: {error}", settings.INVALID)
            return str(text).rstrip("\r\n")
        return self._env.get("DATABASE_PASSWORD", self._env.get("DB_PASSWORD"))

    def _reach(self, host: str, port: int) -> Steps[None]:
        assert self._options is not None  # noqa: S101 (boot has read them)
        while error := (yield Connect(host, port, self._options.dependency_timeout)):
            if not self._options.dependency_retry:
                yield from fail(f"cannot reach dependency {host}:{port}: {error}", settings.INVALID)
            yield Log(f"waiting for dependency {host}:{port}: {error}")
            yield Sleep(self._options.dependency_retry)
        yield Log(f"connected to {host}:{port}")

    def _leaking(self, rate: int) -> Steps[None]:
        while True:
            yield Sleep(1)
            yield from self._take(rate)

    def _take(self, count: int) -> Steps[None]:
        yield Allocate(count)

    # --- answers ---------------------------------------------------------------------------------------

    def handle(self, request: Request) -> Steps[Answer]:
        """Answer one request to either port."""
        if request.listener == FAULTS:
            return (yield from self._fault(request))
        self._in_flight += 1
        try:
            answer = yield from self._answer(request)
        finally:
            self._in_flight -= 1
        yield Log(f"{request.method} {request.path} {answer.status}")
        return answer

    def _answer(self, request: Request) -> Steps[Answer]:
        static = request.path.startswith("/static/")
        if not static and request.path not in {"/", "/healthz", "/readyz", "/settings"}:
            return json_answer({"error": "not found"}, 404)
        if request.method not in {"GET", "HEAD"}:
            return json_answer({"error": "method not allowed"}, 405)
        if static:
            return Answer(200, b"static content\n", "text/plain; charset=utf-8")
        if request.path == "/healthz":
            status = yield from self.observe()
            return json_answer({"status": status}, 200 if status == "UP" else 503)
        yield from self._pace()
        if request.path == "/readyz":
            return self._ready()
        if request.path == "/settings":
            return self._settings()
        return (yield from self._work())

    def _pace(self) -> Steps[None]:
        while self._deadlocked:
            yield Block()
        if self._options and self._options.answer:
            yield Sleep(self._options.answer)
        while self._deadlocked:  # it may have come in the meantime
            yield Block()

    def _work(self) -> Steps[Answer]:
        self._requests += 1
        if self._requests == 1 and self._options and self._options.work_mib:
            yield from self._take(int(self._options.work_mib * MIB))
        return json_answer({"work": "done", "requests": self._requests})

    def _ready(self) -> Answer:
        if self._draining:
            return json_answer({"ready": False, "reason": "shutting down"}, 503)
        if self._readiness != "ok":
            return json_answer({"ready": False, "reason": "broken"}, 503)
        return json_answer({"ready": True})

    def _settings(self) -> Answer:
        """What it really runs with, wherever that was set; nothing secret."""
        options = self._options
        assert options is not None  # noqa: S101 (it listens, so boot has read them)
        port = self._env.get("DATABASE_PORT")
        return json_answer(
            {
                "database_port": int(port) if port else None,
                "startup_seconds": options.startup,
                "work_mib": options.work_mib,
                "working_set_mib": options.working_set,
            }
        )

    def observe(self) -> Steps[str]:
        """The status, as soon as the app can tell: not while it is deadlocked."""
        yield from self._pace()
        return self.status()

    def status(self) -> str:
        """UP or DOWN: forced, or drifting, or UP."""
        if self._forced:
            return self._forced
        if not self._options or not self._options.drift:
            return "UP"
        return drifted(self._options.drift_seed, int((self._clock() - self._started) // self._options.drift))

    # --- faults ----------------------------------------------------------------------------------------
    # No answer here tells how the app is: what a probe can learn, it has to learn from the app itself.

    def _fault(self, request: Request) -> Steps[Answer]:
        known = {"/deadlock", "/mend", "/exit", "/allocate", "/readiness", "/status"}
        if request.path == "/" and request.method in {"GET", "HEAD"}:
            return json_answer({"faults": sorted(known)})
        if request.path not in known:
            return json_answer({"error": f"no such fault; there are {', '.join(sorted(known))}"}, 404)
        if request.method != "POST":
            return json_answer({"error": "method not allowed: faults are injected by POST"}, 405)
        try:
            yield from self._inject(request.path, request.query)
        except ValueError as error:
            return json_answer({"error": str(error)}, 400)
        yield Log(f"fault injected: {request.path[1:]}{words(request.query)}")
        yield Changed()
        return json_answer({"injected": request.path[1:]})

    def _inject(self, path: str, query: Mapping[str, str]) -> Steps[None]:
        if path == "/deadlock":
            self._deadlocked = True
        elif path == "/mend":
            self._deadlocked, self._readiness, self._forced = False, "ok", None
        elif path == "/exit":
            yield Spawn(leave(count(query, "code", 1, 255)))
        elif path == "/allocate":
            yield from self._take(count(query, "mib", None, 1 << 20) * MIB)
        elif path == "/readiness":
            self._readiness = one_of(query, "state", ("broken", "ok"))
        else:
            forced = one_of(query, "force", (*STATUSES, "none"))
            self._forced = None if forced == "none" else forced


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{user.partition(':')[0]}{at}{host}"))


start = HealthApp
"""How whoever runs it makes a process: `start(env, clock)`."""

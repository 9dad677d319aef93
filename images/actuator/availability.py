"""An application with liveness and readiness as states of its own, after Spring Boot's Actuator.

No clock, no network, no Flask: what it wants done it yields (`effects`). The health endpoint, its groups,
their status codes and bodies are those of Spring Boot 3 (its reference: "Kubernetes Probes", "Health
Information").
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import settings
from effects import Answer, Block, Changed, Close, Connect, Exit, Listen, Log, Request, Sleep, Spawn, Steps
from faults import TERMINATED, count, fail, json_answer, leave, one_of, words

APP, FAULTS = "app", "faults"
ANYWHERE = "0.0.0.0"  # noqa: S104 (probes come from outside)
MEDIA_TYPE = "application/vnd.spring-boot.actuator.v3+json"
BASE = "/actuator/health"
SEVERITY = ("DOWN", "OUT_OF_SERVICE", "UP", "UNKNOWN")
"""Worst first: a group's status is the worst of its members'."""

DEFAULT_GROUPS = {"liveness": "livenessState", "readiness": "readinessState"}
STATES = ("livenessState", "readinessState")


@dataclass(frozen=True)
class Options:
    """The environment, read and checked. Times are seconds."""

    port: int
    fault_port: int | None
    startup: float
    groups: Mapping[str, tuple[str, ...]]
    """Members of each health group; empty when the probes are not enabled."""
    additional_paths: bool
    components: bool
    database: tuple[str, int] | None
    database_timeout: float
    shutdown: float

    @property
    def indicators(self) -> tuple[str, ...]:
        """The health indicators there are, sorted as Spring Boot prints them."""
        return tuple(sorted((*STATES, *(("db",) if self.database else ()), "ping")))

    @classmethod
    def read(cls, env: Mapping[str, str]) -> Options:
        """Read the environment.

        Raises:
            settings.Fatal: a required setting is missing, one is wrong, or a group names an unknown member.
        """
        settings.require(env)
        host = env.get("DATABASE_HOST", "")
        database_port = settings.port(env, "DATABASE_PORT", 5432) or 5432
        prefix = "MANAGEMENT_ENDPOINT_HEALTH_"
        enabled = settings.choice(env, f"{prefix}PROBES_ENABLED", ("true", "false")) == "true"
        additional = settings.choice(env, f"{prefix}PROBES_ADD_ADDITIONAL_PATHS", ("false", "true")) == "true"
        options = cls(
            port=settings.port(env, "SERVER_PORT", settings.port(env, "PORT", 8080)) or 8080,
            fault_port=settings.port(env, "FAULT_PORT", None),
            startup=settings.number(env, "STARTUP_SECONDS"),
            groups=_groups(env) if enabled else {},
            additional_paths=additional,
            components=settings.choice(env, f"{prefix}SHOW_COMPONENTS", ("always", "never")) == "always",
            database=(host, database_port) if host else None,
            database_timeout=settings.number(env, "DATABASE_TIMEOUT_SECONDS", 0.5),
            shutdown=settings.number(env, "SHUTDOWN_SECONDS", 5),
        )
        for group, members in options.groups.items():
            for member in members:
                if member != "*" and member not in options.indicators:
                    message = f"included health contributor '{member}' in group '{group}' does not exist"
                    raise settings.Fatal(message, settings.INVALID)
        return options


def _groups(env: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    groups = {}
    for name, default in DEFAULT_GROUPS.items():
        text = env.get(f"MANAGEMENT_ENDPOINT_HEALTH_GROUP_{name.upper()}_INCLUDE") or default
        groups[name] = tuple(member.strip() for member in text.split(",") if member.strip())
    return groups


class Application:
    """One process of the application."""

    def __init__(self, env: Mapping[str, str], clock: Callable[[], float]) -> None:
        self._env = env
        self._clock = clock
        self._started = clock()
        self._options: Options | None = None
        self._liveness = "CORRECT"
        self._readiness = "REFUSING_TRAFFIC"
        self._deadlocked = False
        self._stopping = False
        self._in_flight = 0

    # --- life ------------------------------------------------------------------------------------------

    def boot(self) -> Steps[None]:
        """Read the settings, start up, listen, and accept traffic."""
        yield Log("starting application")
        try:
            options = Options.read(self._env)
        except settings.Fatal as fatal:
            yield from fail(fatal.message, fatal.code)
            return
        for group, members in options.groups.items():
            yield Log(f"health group {group}: {', '.join(members)}")
        yield Sleep(options.startup)
        self._options = options
        if error := (yield Listen(APP, ANYWHERE, options.port)):
            yield from fail(error, settings.INVALID)
        startup = int(self._clock() - self._started + 0.5)
        yield Log(f"server listening on :{options.port} after {startup}s startup")
        if options.fault_port:
            if error := (yield Listen(FAULTS, ANYWHERE, options.fault_port)):
                yield from fail(error, settings.INVALID)
            yield Log(f"fault port listening on :{options.fault_port}")
        self._readiness = "ACCEPTING_TRAFFIC"

    def terminate(self) -> Steps[None]:
        """SIGTERM: refuse traffic, let the requests in flight finish, exit with 143 as a JVM does."""
        if self._options is None:
            yield Exit(TERMINATED)
            return
        if self._stopping:
            return
        self._stopping = True
        self._readiness = "REFUSING_TRAFFIC"
        yield Log("commencing graceful shutdown, waiting for active requests to complete")
        yield Close(APP)
        deadline = self._clock() + self._options.shutdown
        while self._in_flight and self._clock() < deadline:
            yield Sleep(0.1)
        yield Log("graceful shutdown complete" if not self._in_flight else "graceful shutdown aborted")
        yield Exit(TERMINATED)

    # --- answers ---------------------------------------------------------------------------------------

    def handle(self, request: Request) -> Steps[Answer]:
        """Answer one request to either port."""
        if request.listener == FAULTS:
            return (yield from self._fault(request))
        self._in_flight += 1
        try:
            while self._deadlocked and not request.path.startswith("/static/"):
                yield Block()
            answer = yield from self._answer(request)
        finally:
            self._in_flight -= 1
        yield Log(f"{request.method} {request.path} {answer.status}")
        return answer

    def _answer(self, request: Request) -> Steps[Answer]:
        options = self._options
        if options is None:
            return json_answer({"error": "not started"}, 503)
        if request.method not in {"GET", "HEAD"}:
            return json_answer({"error": "method not allowed"}, 405)
        if request.path.startswith("/static/"):
            return Answer(200, b"static content\n", "text/plain; charset=utf-8")
        if request.path == "/":
            return (yield from self._work(options))
        members = self._members(options, request.path)
        if members is None:
            return json_answer({"error": "not found", "path": request.path}, 404)
        return (yield from self._health(options, request.path, members))

    def _members(self, options: Options, path: str) -> tuple[str, ...] | None:
        """The indicators a health path is about; None when there is no such path."""
        path = path.rstrip("/")
        if options.additional_paths:
            path = {"/livez": f"{BASE}/liveness", "/readyz": f"{BASE}/readiness"}.get(path, path)
        if path == BASE:
            return options.indicators
        if not path.startswith(f"{BASE}/"):
            return None
        name, _, member = path.removeprefix(f"{BASE}/").partition("/")
        members = options.groups.get(name)
        if members is None:
            return (name,) if name in options.indicators and not member else None
        if "*" in members:
            members = options.indicators
        if member:
            return (member,) if member in members else None
        return tuple(sorted(members))

    def _health(self, options: Options, path: str, members: tuple[str, ...]) -> Steps[Answer]:
        found = {}
        for member in members:
            found[member] = yield from self._indicate(options, member)
        status = min(found.values(), key=SEVERITY.index) if found else "UP"
        body: dict[str, object] = {"status": status}
        single = path.rstrip("/").rpartition("/")[2] in options.indicators
        if options.components and not single:
            body["components"] = {member: {"status": state} for member, state in found.items()}
        if path.rstrip("/") == BASE and options.groups:
            body["groups"] = list(options.groups)
        return json_answer(body, 200 if status in {"UP", "UNKNOWN"} else 503, MEDIA_TYPE)

    def _indicate(self, options: Options, indicator: str) -> Steps[str]:
        if indicator == "livenessState":
            return "UP" if self._liveness == "CORRECT" else "DOWN"
        if indicator == "readinessState":
            return "UP" if self._readiness == "ACCEPTING_TRAFFIC" else "OUT_OF_SERVICE"
        if indicator == "db":
            return "DOWN" if (yield from self._database_error(options)) else "UP"
        return "UP"

    def _work(self, options: Options) -> Steps[Answer]:
        if error := (yield from self._database_error(options)):
            return json_answer({"error": "database unavailable", "cause": error}, 503)
        return json_answer({"work": "done"})

    def _database_error(self, options: Options) -> Steps[str | None]:
        if options.database is None:
            return None
        error = yield Connect(*options.database, options.database_timeout)
        if error:
            yield Log(f"database health check failed: {error}", "stderr")
        return str(error) if error else None

    # --- faults ----------------------------------------------------------------------------------------

    def _fault(self, request: Request) -> Steps[Answer]:
        known = {"/deadlock", "/mend", "/exit", "/liveness", "/readiness"}
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
            self._deadlocked, self._liveness, self._readiness = False, "CORRECT", "ACCEPTING_TRAFFIC"
        elif path == "/exit":
            yield Spawn(leave(count(query, "code", 1, 255)))
        elif path == "/liveness":
            self._liveness = "BROKEN" if one_of(query, "state", ("broken", "ok")) == "broken" else "CORRECT"
        else:
            broken = one_of(query, "state", ("broken", "ok")) == "broken"
            self._readiness = "REFUSING_TRAFFIC" if broken else "ACCEPTING_TRAFFIC"


start = Application
"""How whoever runs it makes a process: `start(env, clock)`."""

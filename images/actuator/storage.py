"""The stand-in database's behaviour: a port that accepts connections, or refuses them when it is stopped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import settings
from effects import Answer, Close, Exit, Listen, Log, Request, Sleep, Spawn, Steps
from faults import count, fail, json_answer, leave, words

DATABASE, FAULTS = "database", "faults"
ANYWHERE = "0.0.0.0"  # noqa: S104 (asked from other pods)


@dataclass(frozen=True)
class Options:
    """The environment, read and checked. Times are seconds."""

    port: int
    fault_port: int | None
    startup: float

    @classmethod
    def read(cls, env: Mapping[str, str]) -> Options:
        """Read the environment.

        Raises:
            settings.Fatal: a required setting is missing, or one has a wrong value.
        """
        settings.require(env)
        return cls(
            port=settings.port(env, "PORT", 5432) or 5432,
            fault_port=settings.port(env, "FAULT_PORT", None),
            startup=settings.number(env, "STARTUP_SECONDS"),
        )


class Database:
    """One process of the stand-in database."""

    def __init__(self, env: Mapping[str, str], _clock: Callable[[], float]) -> None:
        self._env = env
        self._port = 0
        self._stopped = False

    def boot(self) -> Steps[None]:
        """Start up, and accept connections."""
        yield Log("starting database")
        try:
            options = Options.read(self._env)
        except settings.Fatal as fatal:
            yield from fail(fatal.message, fatal.code)
            return
        self._port = options.port
        yield Sleep(options.startup)
        yield from self._accept()
        if options.fault_port:
            if error := (yield Listen(FAULTS, ANYWHERE, options.fault_port)):
                yield from fail(error, settings.INVALID)
            yield Log(f"fault port listening on :{options.fault_port}")

    def terminate(self) -> Steps[None]:
        """SIGTERM: a fast shutdown."""
        yield Log("received fast shutdown request")
        yield Close(DATABASE)
        yield Exit(0)

    def handle(self, request: Request) -> Steps[Answer]:
        """Answer the fault port; the database's own port speaks no HTTP."""
        if request.path == "/" and request.method in {"GET", "HEAD"}:
            return json_answer({"stopped": self._stopped})
        if request.path not in {"/stop", "/mend", "/exit"}:
            return json_answer({"error": "no such fault; there are /exit, /mend, /stop"}, 404)
        if request.method != "POST":
            return json_answer({"error": "method not allowed: faults are injected by POST"}, 405)
        try:
            yield from self._inject(request)
        except ValueError as error:
            return json_answer({"error": str(error)}, 400)
        yield Log(f"fault injected: {request.path[1:]}{words(request.query)}")
        return json_answer({"stopped": self._stopped})

    def _accept(self) -> Steps[None]:
        if error := (yield Listen(DATABASE, ANYWHERE, self._port, peer=True)):
            yield from fail(error, settings.INVALID)
        yield Log(f"database is ready to accept connections on port {self._port}")

    def _inject(self, request: Request) -> Steps[None]:
        if request.path == "/exit":
            yield Spawn(leave(count(request.query, "code", 1, 255)))
        elif request.path == "/stop" and not self._stopped:
            self._stopped = True
            yield Close(DATABASE)
        elif request.path == "/mend" and self._stopped:
            self._stopped = False
            yield from self._accept()


start = Database
"""How whoever runs it makes a process: `start(env, clock)`."""

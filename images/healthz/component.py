"""The component whose health a hand-written app reports: for exercises whose `app.py` the learner edits.

    component = Component()
    component.start()                # settings, start-up time, fault port
    component.status()               # "UP" or "DOWN"; comes back only when the component is not deadlocked

It knows the health app's environment and faults (README.md), and leaves `PORT` to the app's own web server.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping

import health
from effects import Request, Steps
from faults import TERMINATED
from flask import Flask, Response, request
from running import Running


class _Behind(health.HealthApp):
    """A health app that leaves the main port to somebody else."""

    def _listen(self, options: health.Options) -> Steps[None]:
        self._serving_since = self._clock()
        yield from self._listen_for_faults(options)


class Component:
    """What an app is made of: it is well, or it is not."""

    def __init__(self) -> None:
        self._running = Running(self._make, fault_app)

    def _make(self, env: Mapping[str, str], clock: Callable[[], float]) -> health.HealthApp:
        self._health = _Behind(env, clock)
        return self._health

    def start(self) -> None:
        """Start up as the environment says; ends the process when it cannot. SIGTERM ends it at once."""
        signal.signal(signal.SIGTERM, lambda *_: self._running.leave(TERMINATED))
        self._running.carry_out(self._health.boot())

    def status(self) -> str:
        """UP or DOWN, when it can tell."""
        return self._running.carry_out(self._health.observe())


def fault_app(running: Running, listener: str) -> Flask:
    """The fault port's web application: every request goes to the logic."""
    app = Flask("faults", static_folder=None)

    @app.route("/", defaults={"path": ""}, methods=["GET", "POST"])
    @app.route("/<path:path>", methods=["GET", "POST"])
    def answer(path: str) -> Response:
        found = running.answer(Request(listener, request.method, f"/{path}", request.args.to_dict()))
        return Response(found.body, found.status, content_type=found.content_type)

    return app

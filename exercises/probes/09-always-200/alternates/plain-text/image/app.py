"""The health app of the workshop: `/healthz` tells how the app is."""

from __future__ import annotations

import health
from effects import Request
from flask import Flask, Response, jsonify, request
from running import Running


def create_app(running: Running, listener: str) -> Flask:
    """The web application of one listener."""
    app = Flask("healthz", static_folder=None)
    if listener == health.FAULTS:
        return fault_app(app, running)

    @app.get("/")
    def work() -> Response:
        return jsonify({"work": "done", "status": current_status(running)})

    @app.get("/healthz")
    def healthz() -> Response:
        status = current_status(running)
        response = Response(status, mimetype="text/plain")
        response.status_code = 500 if status == "DOWN" else 200
        return response

    return app


def current_status(running: Running) -> str:
    """UP or DOWN."""
    return running.carry_out(running.process.observe())


def fault_app(app: Flask, running: Running) -> Flask:
    """The lab's way in: leave it as it is."""

    @app.route("/", defaults={"path": ""}, methods=["GET", "POST"])
    @app.route("/<path:path>", methods=["GET", "POST"])
    def answer(path: str) -> Response:
        asked = Request(listener=health.FAULTS, method=request.method, path=f"/{path}", query=request.args.to_dict())
        found = running.answer(asked)
        return Response(found.body, found.status, content_type=found.content_type)

    return app


if __name__ == "__main__":
    Running(health.start, create_app).main()

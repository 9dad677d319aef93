"""The health app: Flask in front of `health.py`. Run it with `python app.py`."""

from __future__ import annotations

import health
from effects import Request
from flask import Flask, Response, request
from running import Running

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def create_app(running: Running, listener: str) -> Flask:
    """The web application of one listener: every request goes to the logic."""
    app = Flask("healthz", static_folder=None)
    app.url_map.merge_slashes = False

    @app.route("/", defaults={"path": ""}, methods=METHODS, provide_automatic_options=False)
    @app.route("/<path:path>", methods=METHODS, provide_automatic_options=False)
    def answer(path: str) -> Response:
        asked = Request(listener, request.method, f"/{path}", request.args.to_dict())
        found = running.answer(asked)
        return Response(found.body, found.status, content_type=found.content_type)

    return app


if __name__ == "__main__":
    Running(health.start, create_app).main()

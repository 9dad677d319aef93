"""The lab's own endpoints under `/podlab`: the clock, what happened when, images, status, shutdown."""

from __future__ import annotations

import base64
import binascii
import math
from typing import TYPE_CHECKING, Any

from msgspec.structs import asdict

from lab.embedded.api.errors import ApiError, bad_request, no_such_resource
from lab.embedded.clock.agenda import EPOCH
from lab.embedded.server import parameters
from lab.embedded.server.bodies import read_object
from lab.embedded.server.messages import Answer, Request, json_answer
from lab.embedded.server.stepping import UNTIL, advance_until
from lab.embedded.server.version import GIT_VERSION

if TYPE_CHECKING:
    from lab.embedded.clock.record import ProbeResult
    from lab.embedded.server.context import ServerContext

Object = dict[str, Any]
LONGEST = 366 * 24 * 3600
"""The most seconds one advance may take."""


def extension(context: ServerContext, request: Request) -> Answer:
    """Answer a request under `/podlab`.

    Raises:
        ApiError: 404, 405, or 400 for a body that makes no sense.
    """
    handlers = {
        ("POST", "/podlab/advance"): _advance,
        ("GET", "/podlab/clock"): _clock,
        ("GET", "/podlab/record"): _record,
        ("PUT", "/podlab/clock"): _set_clock,
        ("POST", "/podlab/images"): _add_image,
        ("GET", "/podlab/status"): _status,
        ("POST", "/podlab/shutdown"): _shut_down,
    }
    path = request.path.rstrip("/")
    handler = handlers.get((request.method, path))
    if handler is None:
        if any(known == path for _, known in handlers):
            raise ApiError(405, "MethodNotAllowed", f"{request.method} is not served at {path}")
        raise no_such_resource()
    return json_answer(handler(context, request))


def _advance(context: ServerContext, request: Request) -> Object:
    body = read_object(request.body, "application/json")
    seconds = _number(body, "seconds")
    if not 0 <= seconds <= LONGEST:
        why = ": time cannot go back" if seconds < 0 else ""
        raise bad_request(f"seconds must be between 0 and {LONGEST}, not {seconds:g}{why}")
    until, namespace = body.get("until"), body.get("namespace", "")
    if until is not None and until not in UNTIL:
        raise bad_request(f"until must be one of {', '.join(UNTIL)}")
    if not isinstance(namespace, str):
        raise bad_request("namespace must be a string")
    happened = False
    if until is None:
        context.control.advance(seconds)
    else:
        happened = advance_until(context, seconds, until, namespace)
    for watch in tuple(context.watches):
        watch.bookmark()
    answer: Object = {"now": context.unix_now(), "resourceVersion": str(context.machinery.revision)}
    return {**answer, "happened": happened} if until else answer


def _clock(context: ServerContext, _request: Request) -> Object:
    due = context.agenda.next_due()
    return {
        "rate": context.control.rate,
        "now": context.unix_now(),
        "next": None if due is None else EPOCH + due,
    }


def _record(context: ServerContext, request: Request) -> Object:
    """Probe results after a number and moments after a revision; see `clock.record` for what they hold."""
    record, query = context.agenda.record, request.query
    namespace = parameters.text(query, "namespace")
    probe, revision = (_whole(query, name) for name in ("probe", "revision"))
    found = record.results(namespace, probe)
    return {
        "now": context.unix_now(),
        "began": EPOCH + record.began,
        "latest": record.latest,
        "wholeAfter": record.whole_after(),
        "probes": [_result(result) for result in found],
        "moments": [[first, EPOCH + at] for first, at in record.moments(revision)],
    }


def _result(result: ProbeResult) -> Object:
    return {**asdict(result), "asked": EPOCH + result.asked, "answered": EPOCH + result.answered}


def _whole(query: parameters.Query, name: str) -> int:
    text = parameters.text(query, name, "0")
    if not text.isdecimal():
        raise bad_request(f"{name} must be a whole number, not {text!r}")
    return int(text)


def _set_clock(context: ServerContext, request: Request) -> Object:
    rate = _number(read_object(request.body, "application/json"), "rate")
    if rate < 0:
        raise bad_request("rate must be 0 (stands still) or a positive factor")
    context.control.set_rate(rate)
    return _clock(context, request)


def _add_image(context: ServerContext, request: Request) -> Object:
    body = read_object(request.body, "application/json")
    reference, digest = body.get("reference"), body.get("digest")
    files, labels = body.get("files") or {}, body.get("labels") or {}
    if not isinstance(reference, str) or not reference or not isinstance(digest, str) or not digest:
        raise bad_request("an image needs a reference and a digest")
    if not isinstance(files, dict) or not isinstance(labels, dict):
        raise bad_request("files and labels must be objects")
    try:
        contents = {str(path): base64.b64decode(text, validate=True) for path, text in files.items()}
    except (binascii.Error, TypeError, ValueError) as error:
        raise bad_request(f"files must be base64: {error}") from error
    context.control.add_image(reference, digest, {str(k): str(v) for k, v in labels.items()}, contents)
    return {"reference": reference, "digest": digest}


def _status(context: ServerContext, request: Request) -> Object:
    return {
        **_clock(context, request),
        "began": EPOCH,
        "resourceVersion": str(context.machinery.revision),
        "watches": len(context.watches),
        "version": GIT_VERSION,
        **context.control.facts(),
    }


def _shut_down(context: ServerContext, _request: Request) -> Object:
    context.control.shut_down()
    return {"stopping": True}


def _number(body: Object, name: str) -> float:
    value = body.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise bad_request(f"{name} must be a number")
    return float(value)

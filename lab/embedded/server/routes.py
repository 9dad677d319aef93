"""The routes: from a request to its answer, on the cluster thread, whatever transport brought it.

`handle` calls `reply` exactly once, at once or later in cluster time (a proxied request), and returns
nothing: what goes wrong is an answer, too. An error of the simulation itself is a 500 that says so, and is
reported.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import orjson

from lab.embedded.api.errors import ApiError, internal, no_such_resource
from lab.embedded.server.bodies import check_acceptable, media_type, read_object
from lab.embedded.server.discovery import BUILT_IN, METRICS, Discovery
from lab.embedded.server.extensions import extension
from lab.embedded.server.forwarding import PROTOCOL, ForwardSession, check_protocol
from lab.embedded.server.messages import (
    Answer,
    AnyAnswer,
    Reply,
    Request,
    SessionAnswer,
    StreamAnswer,
    error_answer,
    json_answer,
    text_answer,
)  # fmt: skip
from lab.embedded.server.metrics import Metrics
from lab.embedded.server.paths import ResourcePath, parse_path
from lab.embedded.server.proxying import proxy
from lab.embedded.server.resources import ResourceRequest, find_kind
from lab.embedded.server.reviews import review
from lab.embedded.server.streams import (
    CommandSession,
    SessionQuery,
    check_container,
    chosen_protocol,
    log_request,
)
from lab.embedded.server.timeshift import LogShift
from lab.embedded.server.version import version_document

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.embedded.server.context import ServerContext

LOG = logging.getLogger(__name__)
Object = dict[str, Any]

_PLURALS = {(group, version, plural) for group, version, _, plural in BUILT_IN}
_METRICS = {(group, version, plural) for group, version, _, plural in METRICS}


class Routes:
    """All that is served, over one cluster. Every method runs on the cluster thread."""

    def __init__(self, context: ServerContext, on_fault: Callable[[BaseException], None]) -> None:
        self.context = context
        self._on_fault = on_fault
        self._discovery = Discovery(context.machinery.kinds)
        self._metrics = Metrics(context)

    def handle(self, request: Request, reply: Reply) -> None:
        """Answer a request."""
        try:
            with self.context.shift.for_client(request.client):
                self._route(request, reply)
        except ApiError as error:
            reply(error_answer(error))
        except Exception as error:  # (one bad request must not end the cluster; it is reported)
            LOG.exception("%s %s failed", request.method, request.path)
            self._on_fault(error)
            reply(error_answer(internal(f"{type(error).__name__}: {error}")))

    def time_headers(self) -> list[tuple[str, str]]:
        """What every answer tells of the cluster's time."""
        return [
            ("Podlab-Now", f"{self.context.unix_now():.6f}"),
            ("Podlab-Shift", str(self.context.shift.seconds())),
        ]

    def _route(self, request: Request, reply: Reply) -> None:
        path = parse_path(request.path)
        if path is None:
            reply(self._plain(request))
            return
        check_acceptable(request.header("accept"))
        if (path.group, path.version, path.plural) in _PLURALS:
            reply(self._review(request, path))
            return
        if (path.group, path.version, path.plural) in _METRICS:
            reply(self._metrics.answer(request, path, shifted=_shifted(request)))
            return
        kind = find_kind(self.context, path)
        if path.subresource == "proxy":
            proxy(self.context, request, path, reply)
        elif path.plural == "pods" and path.subresource in {"log", "exec", "attach", "portforward"}:
            reply(self._pod_stream(request, path))
        else:
            shifted = _shifted(request)
            reply(ResourceRequest(self.context, kind, path, request, shifted=shifted).answer())

    def _plain(self, request: Request) -> Answer:
        path = request.path.rstrip("/") or "/"
        if path.startswith("/podlab"):
            return extension(self.context, request)
        if request.method not in {"GET", "HEAD"}:
            raise ApiError(
                405, "MethodNotAllowed", "the server does not allow this method on the requested resource"
            )
        if path == "/version":
            return json_answer(version_document())
        if path.split("/")[1] in {"healthz", "livez", "readyz"}:
            return _health(path.strip("/").split("/"), verbose="verbose" in request.query)
        if path == "/openapi/v2":
            return self._openapi_v2()
        if path.startswith("/openapi/v3"):
            return self._openapi(path.removeprefix("/openapi/v3").strip("/"))
        if path in {"/api", "/apis"} or path.startswith(("/api/", "/apis/")):
            return self._discover(path, request)
        if path == "/":
            return json_answer({"paths": self._paths()})
        raise no_such_resource()

    def _discover(self, path: str, request: Request) -> Answer:
        parts = path.strip("/").split("/")
        core = parts[0] == "api"
        if len(parts) == 1:
            version = _aggregated_version(request.header("accept"))
            if version:
                document = self._discovery.aggregated(core=core, api_version=version)
                content = f"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList"
                etag = [("ETag", f'"{self._discovery.etag()}"'), ("Vary", "Accept")]
                return Answer(200, orjson.dumps(document), content, etag)
            address = request.header("host")
            return json_answer(self._discovery.core_versions(address) if core else self._discovery.groups())
        if core:
            return json_answer(self._discovery.resources("", parts[1]))
        if len(parts) == 2:
            return json_answer(self._discovery.group(parts[1]))
        return json_answer(self._discovery.resources(parts[1], parts[2]))

    def _openapi_v2(self) -> Answer:
        from lab.embedded.server import openapi_v2  # noqa: PLC0415 (few requests need it)

        return Answer(200, openapi_v2.openapi_v2(self.context.machinery.kinds), openapi_v2.MEDIA_TYPE)

    def _openapi(self, path: str) -> Answer:
        if not path:
            paths = {
                name: {"serverRelativeURL": f"/openapi/v3/{name}?hash={self._discovery.etag()}"}
                for name in self.context.openapi
            }
            return json_answer({"paths": paths})
        document = self.context.openapi.get(path)
        if document is None:
            raise no_such_resource()
        return Answer(200, document())

    def _paths(self) -> list[str]:
        groups = [
            f"/apis/{group}/{version}" if group else f"/api/{version}"
            for group, version in self._discovery.group_versions()
        ]
        return [
            "/api",
            "/apis",
            *groups,
            "/healthz",
            "/livez",
            "/openapi/v3",
            "/podlab",
            "/readyz",
            "/version",
        ]

    def _review(self, request: Request, path: ResourcePath) -> Answer:
        if request.method != "POST":
            raise ApiError(
                405, "MethodNotAllowed", "the server does not allow this method on the requested resource"
            )
        return json_answer(
            review(path.plural, read_object(request.body, request.header("content-type"))), 201
        )

    def _pod_stream(self, request: Request, path: ResourcePath) -> AnyAnswer:
        namespace = path.namespace or ""
        if path.subresource == "log":
            return self._log(request, namespace, path.name)
        if path.subresource == "portforward":
            session = ForwardSession(self.context.agent, namespace, path.name)
            check_protocol(request)
            return SessionAnswer(session, PROTOCOL)
        attach = path.subresource == "attach"
        query = SessionQuery.read(namespace, path.name, request.query, attach=attach)
        if request.header("upgrade").lower() != "websocket":
            check_container(self.context.agent, query)
        protocol = chosen_protocol(request)
        return SessionAnswer(CommandSession(self.context.agent, query), protocol)

    def _log(self, request: Request, namespace: str, pod: str) -> StreamAnswer:
        seconds = self.context.shift.seconds() if _shifted(request) else 0
        wanted = log_request(request.query, -seconds, pod)
        stream: Any = self.context.agent.logs(namespace, pod, wanted)
        if seconds and wanted.timestamps:
            stream = LogShift(stream, seconds)
        return StreamAnswer(stream, "text/plain")


def _health(parts: list[str], *, verbose: bool) -> Answer:
    """The answer of `/livez` and its like; the only check there is pings."""
    if len(parts) > 2 or parts[1:] not in ([], ["ping"]):
        raise no_such_resource()
    return text_answer(f"[+]ping ok\n{parts[0]} check passed\n" if verbose else "ok")


def _shifted(request: Request) -> bool:
    return request.header("podlab-time") != "cluster"


def _aggregated_version(accept: str) -> str:
    """The version of aggregated discovery a client prefers, or the empty string for the legacy form."""
    for wanted in accept.split(","):
        options = {part.strip() for part in wanted.split(";")[1:]}
        if media_type(wanted) == "application/json" and "as=APIGroupDiscoveryList" in options:
            return "v2" if "v=v2" in options else "v2beta1"
    return ""

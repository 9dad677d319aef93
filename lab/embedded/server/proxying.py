"""The API server's proxy to pods and Services: `…/pods/[scheme:]name[:port]/proxy/path`.

Which pod and port is meant follows `pkg/registry/core/{pod,service}`' `ResourceLocation`. It goes around
Services' own routing, as the real one does.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from msgspec import Struct

from lab.embedded.api.errors import ApiError, bad_request
from lab.embedded.server.messages import Answer, Reply, Request, error_answer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.embedded.server.context import ServerContext
    from lab.embedded.server.paths import ResourcePath

Object = dict[str, Any]
_HOP_BY_HOP = frozenset({
    "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailers",
    "transfer-encoding", "upgrade", "authorization", "content-length", "host", "podlab-time",
    "accept-encoding",
})  # fmt: skip


class Target(Struct, frozen=True):
    """Where a proxied request goes."""

    scheme: str
    address: str
    port: int


def proxy(context: ServerContext, request: Request, path: ResourcePath, reply: Reply) -> None:
    """Pass a request on to a pod, and its answer back; `reply` comes in cluster time.

    Raises:
        ApiError: there is no such pod, Service, port or endpoint.
    """
    scheme, name, port = split_name(path.name)
    locate = {"pods": _pod_target, "services": _service_target}.get(path.plural)
    if locate is None:
        raise bad_request(f"{path.plural} cannot be proxied to")
    target = locate(context, path.namespace or "", scheme, name, port)
    url = quote(path.rest or "/", safe="/:@!$&'()*+,;=~-._%")
    if request.raw_query:
        url += f"?{request.raw_query}"
    headers = {key: value for key, value in request.headers.items() if key not in _HOP_BY_HOP}
    headers["x-forwarded-uri"] = request.path

    def done(status: int, answered: Sequence[tuple[str, str]], body: bytes, error: str | None) -> None:
        if error is not None:
            reply(error_answer(_unreachable(error)))
            return
        kept = [(key, value) for key, value in answered if key.lower() not in _HOP_BY_HOP]
        content_type = next((value for key, value in kept if key.lower() == "content-type"), "")
        others = [(key, value) for key, value in kept if key.lower() != "content-type"]
        reply(Answer(status, body, content_type, others))

    context.agent.http(target.address, target.port, request.method, url, headers, request.body, done)


def split_name(text: str) -> tuple[str, str, str]:
    """Scheme, name and port of `[scheme:]name[:port]` (`utilnet.SplitSchemeNamePort`).

    Raises:
        ApiError: the text has another form.
    """
    parts = text.split(":")
    if len(parts) == 1:
        scheme, name, port = "", parts[0], ""
    elif len(parts) == 2:
        scheme, name, port = "", parts[0], parts[1]
    elif len(parts) == 3:
        scheme, name, port = parts[0], parts[1], parts[2]
    else:
        scheme, name, port = "", "", ""
    if not name or scheme not in {"", "http", "https"}:
        raise bad_request(f'invalid proxy request "{text}"')
    return scheme or "http", name, port


def _pod_target(context: ServerContext, namespace: str, scheme: str, name: str, port: str) -> Target:
    pod = context.machinery.get("pods", namespace, name)
    containers = pod.get("spec", {}).get("containers", ())
    ports = [each for container in containers for each in container.get("ports") or ()]
    if not port:
        number = ports[0]["containerPort"] if ports else 80
    elif port.isdigit():
        number = int(port)
    else:
        number = next((each["containerPort"] for each in ports if each.get("name") == port), 0)
    if not 0 < number < 65536:
        raise bad_request(f'port "{port}" of pod "{name}" is no port')
    address = pod.get("status", {}).get("podIP")
    if not address:
        raise bad_request("address not allowed")
    return Target(scheme, address, number)


def _service_target(context: ServerContext, namespace: str, scheme: str, name: str, port: str) -> Target:
    service = context.machinery.get("services", namespace, name)
    ports = service.get("spec", {}).get("ports") or ()
    port_name = _service_port_name(name, ports, port)
    found = _ready(context, namespace, name, port_name)
    if not found:
        raise ApiError(
            503, "ServiceUnavailable", f'no endpoints available for service "{port_text(name, port)}"'
        )
    return Target(scheme, *found[0])


def port_text(name: str, port: str) -> str:
    """The Service as the request named it."""
    return f"{name}:{port}" if port else name


def _service_port_name(name: str, ports: Sequence[Object], port: str) -> str | None:
    """The name of the port meant; None: whichever the endpoints have."""
    if not port:
        return ports[0].get("name", "") if len(ports) == 1 else None
    for each in ports:
        if each.get("name") == port or (port.isdigit() and each.get("port") == int(port)):
            return str(each.get("name", ""))
    raise ApiError(503, "ServiceUnavailable", f'no service port "{port}" found for service "{name}"')


def _ready(context: ServerContext, namespace: str, name: str, port_name: str | None) -> list[tuple[str, int]]:
    """Ready addresses and ports, from the Service's EndpointSlices."""
    slices = context.machinery.list(
        "endpointslices.discovery.k8s.io", namespace, labels=f"kubernetes.io/service-name={name}"
    )
    found: list[tuple[str, int]] = []
    for each in slices.items:
        numbers = [
            port["port"] for port in each.get("ports") or ()
            if port_name is None or port.get("name", "") == port_name
        ]  # fmt: skip
        found += [
            (endpoint["addresses"][0], numbers[0])
            for endpoint in each.get("endpoints") or ()
            if numbers and (endpoint.get("conditions") or {}).get("ready", True)
        ]
    return found


def _unreachable(error: str) -> ApiError:
    error = re.sub(r'^(?:Get|Post|Put|Head|Delete|Patch) "[^"]*": ', "", error)
    return ApiError(503, "ServiceUnavailable", f"error trying to reach service: {error}")

"""postStart and preStop: exec, HTTP and sleep handlers of a container's lifecycle.

Follows `pkg/kubelet/lifecycle/handlers.go`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.kubelet.ports import resolve_port
from lab.embedded.kubelet.probes import request_headers
from lab.embedded.kubelet.steps import Resume, Steps, pause
from lab.embedded.runtime.interface import ExitStatus, HttpAnswer, HttpCall, StartFailed

if TYPE_CHECKING:
    from lab.embedded.kubelet.context import NodeContext
    from lab.embedded.kubelet.instances import Instance

Json = dict[str, Any]
_HTTP_TIMEOUT = 30.0


def run_hook(context: NodeContext, pod_ip: str, instance: Instance, handler: Json) -> Steps[str | None]:
    """Run a lifecycle handler in or against a container; returns the error, None when it succeeded."""
    if "exec" in handler:
        return (yield from _exec(instance, handler["exec"].get("command") or []))
    if "httpGet" in handler:
        return (yield from _http(context, pod_ip, instance, handler["httpGet"]))
    if "sleep" in handler:
        yield pause(context.agenda, float(handler["sleep"].get("seconds", 0)))
        return None
    # `tcpSocket` is in the schema and has never worked: the kubelet has no such handler
    return f"invalid handler: {handler}"


def _exec(instance: Instance, argv: list[str]) -> Steps[str | None]:
    handle, output = instance.handle, bytearray()
    if handle is None or not instance.running:
        return "container not running"

    def wait(resume: Resume) -> None:
        def done(status: ExitStatus) -> None:
            resume(status)

        try:
            handle.exec(argv, on_output=lambda _, data: output.extend(data), on_exit=done)
        except StartFailed as failure:
            resume(failure)

    answer = yield wait
    if isinstance(answer, StartFailed):
        return f"rpc error: code = Unknown desc = failed to exec in container: {answer.message}"
    if answer.code:
        message = output.decode("utf-8", "replace")
        return f"command '{' '.join(argv)}' exited with {answer.code}: {message}"
    return None


def _http(context: NodeContext, pod_ip: str, instance: Instance, get: Json) -> Steps[str | None]:
    port = resolve_port(instance.spec, get.get("port", 80))
    if isinstance(port, str):
        return port
    headers = request_headers(get.get("httpHeaders") or (), "kube-lifecycle/1.36")
    call = HttpCall("GET", get.get("path") or "/", headers, scheme=get.get("scheme", "HTTP").lower())

    def wait(resume: Resume) -> None:
        context.runtime.http(get.get("host") or pod_ip, port, call, _HTTP_TIMEOUT, resume)

    answer: HttpAnswer = yield wait
    return answer.error

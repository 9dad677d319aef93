"""Carrying out one probe: HTTP, TCP, exec or gRPC, and the event a failure leaves.

Follows `pkg/kubelet/prober/prober.go` and `pkg/probe` of v1.36.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from lab.embedded.kubelet.backoff import duration
from lab.embedded.kubelet.ports import resolve_port
from lab.embedded.kubelet.probing import Outcome, ProbeSpec
from lab.embedded.runtime.interface import (
    GRPC_CODES,
    ExecSession,
    ExitStatus,
    HealthAnswer,
    HttpAnswer,
    HttpCall,
    StartFailed,
)

if TYPE_CHECKING:
    from lab.embedded.kubelet.context import NodeContext
    from lab.embedded.kubelet.instances import Instance

Json = dict[str, Any]
Report = Callable[[Outcome, str], None]
"""Takes the outcome, and what came back in a line (`HTTP 404`)."""
Finish = Callable[[Outcome, str, str], None]
"""Takes the outcome, what the kubelet says of it (in an event), and what came back."""
_OUTPUT_LIMIT = 10 * 1024
_BODY_LIMIT = 10 * 1024
_ANSWER_LIMIT = 200
_UNIMPLEMENTED = 12


class Prober:
    """Probes the containers of one pod."""

    def __init__(self, context: NodeContext, pod: Callable[[], Json], pod_ip: Callable[[], str]) -> None:
        self._context = context
        self._pod = pod
        self._pod_ip = pod_ip

    def probe(self, spec: ProbeSpec, instance: Instance, report: Report) -> None:
        """Probe once; `report` is called when the outcome is known, at the latest after the time-out."""

        def finish(outcome: Outcome, output: str, answer: str) -> None:
            self._record(spec, instance, outcome, output)
            report(outcome, (answer or output).strip().partition("\n")[0][:_ANSWER_LIMIT])

        action = spec.action
        if "exec" in action:
            _ExecProbe(self._context, spec, instance, finish).start()
        elif "httpGet" in action:
            self._http(spec, instance, action["httpGet"], finish)
        elif "tcpSocket" in action:
            self._tcp(spec, instance, action["tcpSocket"], finish)
        elif "grpc" in action:
            self._grpc(spec, action["grpc"], finish)
        else:
            finish(Outcome.ERROR, "missing probe handler", "")

    def _record(self, spec: ProbeSpec, instance: Instance, outcome: Outcome, output: str) -> None:
        """Leave an event of a failure, or of a success that has something to say."""
        name = spec.kind.capitalize()
        if outcome is Outcome.SUCCESS:
            if output:
                text = f"{name} probe warning: {output}"
                self._context.container_event(self._pod(), instance.name, "Warning", "ProbeWarning", text)
            return
        message = f"{name} probe failed: {output}"
        if outcome is Outcome.ERROR:
            message = f"{name} probe errored and resulted in unknown state: {output}"
        self._context.container_event(self._pod(), instance.name, "Warning", "Unhealthy", message)

    def _http(self, spec: ProbeSpec, instance: Instance, get: Json, finish: Finish) -> None:
        port = resolve_port(instance.spec, get["port"])
        if isinstance(port, str):
            finish(Outcome.ERROR, port, "")
            return
        host = get.get("host") or self._pod_ip()
        scheme = get.get("scheme", "HTTP").lower()
        path = get.get("path") or "/"

        def done(answer: HttpAnswer) -> None:
            if answer.error is not None:
                finish(Outcome.FAILURE, answer.error, "")
            elif 200 <= answer.status < 300:
                finish(Outcome.SUCCESS, "", f"HTTP {answer.status}")
            elif 300 <= answer.status < 400:
                body = answer.body[:_BODY_LIMIT].decode("utf-8", "replace")
                text = f"Probe terminated redirects, Response body: {body}"
                finish(Outcome.SUCCESS, text, f"HTTP {answer.status}")
            else:
                text = f"HTTP probe failed with statuscode: {answer.status}"
                finish(Outcome.FAILURE, text, f"HTTP {answer.status}")

        headers = request_headers(get.get("httpHeaders") or (), "kube-probe/1.36")
        call = HttpCall("GET", path if path.startswith("/") else f"/{path}", headers, scheme=scheme)
        self._context.runtime.http(host, port, call, float(spec.timeout), done)

    def _tcp(self, spec: ProbeSpec, instance: Instance, tcp: Json, finish: Finish) -> None:
        port = resolve_port(instance.spec, tcp["port"])
        if isinstance(port, str):
            finish(Outcome.ERROR, port, "")
            return

        def done(error: str | None) -> None:
            finish(Outcome.SUCCESS if error is None else Outcome.FAILURE, error or "", error or "connected")

        self._context.runtime.tcp(tcp.get("host") or self._pod_ip(), port, float(spec.timeout), done)

    def _grpc(self, spec: ProbeSpec, grpc: Json, finish: Finish) -> None:
        port, service = int(grpc["port"]), grpc.get("service") or ""
        target = f"{self._pod_ip()}:{port}"

        def done(answer: HealthAnswer) -> None:
            if answer.outcome == "answered" and answer.status == "SERVING":
                finish(Outcome.SUCCESS, "", "SERVING")
            else:
                finish(Outcome.FAILURE, _ill(answer, target, spec.timeout), "")

        self._context.runtime.grpc(self._pod_ip(), port, service, float(spec.timeout), done)


def request_headers(given: Iterable[Json], agent: str) -> list[tuple[str, str]]:
    """The headers of a manifest with those the kubelet adds; an empty Accept or User-Agent takes it away.

    Follows `newProbeRequest` (`pkg/probe/http/request.go`); the order is the one in which Go writes them.
    """
    headers = [(_canonical(each["name"]), each.get("value", "")) for each in given]
    named = {name for name, _ in headers}
    headers += [pair for pair in (("User-Agent", agent), ("Accept", "*/*")) if pair[0] not in named]
    kept = [(name, value) for name, value in headers if value or name not in ("Accept", "User-Agent")]
    return sorted(kept, key=lambda pair: (pair[0] != "User-Agent", pair[0]))


def _canonical(name: str) -> str:
    """`x-probe` as Go writes it: `X-Probe`."""
    return "-".join(part.capitalize() for part in name.split("-"))


def _ill(answer: HealthAnswer, target: str, timeout: int) -> str:
    """Why a gRPC health check failed, as `pkg/probe/grpc` words it."""
    patience = duration(timeout)
    if answer.outcome == "answered":
        return f'service unhealthy (responded with "{answer.status}")'
    if answer.outcome == "not connected":
        return f'timeout: failed to connect service "{target}" within {patience}: context deadline exceeded'
    if answer.outcome == "no answer in time":
        return f"timeout: health rpc did not complete within {patience}"
    if answer.code == _UNIMPLEMENTED:
        lead = "error: this server does not implement the grpc health protocol (grpc.health.v1.Health)"
        return f"{lead}: {answer.message}"
    name = GRPC_CODES.get(answer.code, f"Code({answer.code})")
    return f"error: health rpc probe failed: rpc error: code = {name} desc = {answer.message}"


class _ExecProbe:
    """One exec probe: a process beside the container's own, killed when it takes too long."""

    def __init__(
        self,
        context: NodeContext,
        spec: ProbeSpec,
        instance: Instance,
        finish: Finish,
    ) -> None:
        self._context = context
        self._timeout = spec.timeout
        self._argv = list(spec.action["exec"].get("command") or [])
        self._instance = instance
        self._finish = finish
        self._output = bytearray()
        self._over = False
        self._session: ExecSession | None = None

    def start(self) -> None:
        handle = self._instance.handle
        if handle is None:
            self._end(Outcome.ERROR, "container not running", "")
            return
        timer = self._context.agenda.call_after(self._timeout, self._timed_out)

        def exited(status: ExitStatus) -> None:
            timer.cancel()
            text = self._output[:_OUTPUT_LIMIT].decode("utf-8", "replace")
            said = f"exit code {status.code}: {text}" if text.strip() else f"exit code {status.code}"
            outcome = Outcome.FAILURE if status.code else Outcome.SUCCESS
            self._end(outcome, text if status.code else "", said)

        try:
            self._session = handle.exec(
                self._argv, on_output=lambda _, data: self._output.extend(data), on_exit=exited
            )
        except StartFailed as failure:
            timer.cancel()
            text = f"rpc error: code = Unknown desc = failed to exec in container: {failure.message}"
            self._end(Outcome.ERROR, text, "")

    def _timed_out(self) -> None:
        command = " ".join(self._argv)
        text = f'command timed out: "{command}" timed out after {duration(self._timeout)}'
        self._end(Outcome.FAILURE, text, "")
        if self._session is not None:
            self._session.kill()

    def _end(self, outcome: Outcome, output: str, answer: str) -> None:
        if not self._over:
            self._over = True
            self._finish(outcome, output, answer)

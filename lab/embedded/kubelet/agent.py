"""What the API server asks of kubelets: logs, exec, attach, HTTP (implements `interface.NodeAgent`).

Refusals are worded as the API server and `validateContainerLogStatus` (`pkg/kubelet/kubelet_pods.go`) word
them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lab.embedded.api import errors
from lab.embedded.kubelet.logs import ContainerLog
from lab.embedded.kubelet.usage import container_usage
from lab.embedded.runtime.interface import (
    ContainerRuntime,
    ExecSession,
    ExitStatus,
    HttpAnswer,
    HttpCall,
    LogLine,
    StartFailed,
)

if TYPE_CHECKING:
    from lab.embedded.api.interface import Api, ContainerUsage, LogRequest, LogStream
    from lab.embedded.clock.agenda import Agenda
    from lab.embedded.kubelet.instances import Instance
    from lab.embedded.kubelet.kubelet import Kubelet
    from lab.embedded.kubelet.pod_worker import PodWorker
    from lab.embedded.runtime.interface import Connection, PodSandbox

Json = dict[str, Any]
Output = Callable[[str, bytes], None]
_PROXY_TIMEOUT = 30.0


class Agent:
    """All nodes' kubelets behind one door."""

    def __init__(
        self, api: Api, runtime: ContainerRuntime, agenda: Agenda, kubelets: Sequence[Kubelet]
    ) -> None:
        self._api = api
        self._runtime = runtime
        self._agenda = agenda
        self._kubelets = kubelets

    def logs(self, namespace: str, pod: str, request: LogRequest) -> LogStream:
        """The log of a container of a pod."""
        obj, name = self._container(namespace, pod, request.container)
        if not obj["spec"].get("nodeName"):
            return ContainerLog(None, request, self._agenda.now(), running=False)  # nothing yet, and no error
        status = _status(obj, name)
        wanted = _log_id(status, name, pod, previous=request.previous)
        worker = self._worker(obj)
        instances = worker.instances.by_name.get(name, []) if worker is not None else []
        instance = next((each for each in instances if each.id == wanted), None)
        if instance is None or instance.handle is None:
            return ContainerLog(_Gone(wanted, self._agenda.now()), request, self._agenda.now(), running=False)
        return ContainerLog(instance.handle.logs, request, self._agenda.now(), running=instance.running)

    def exec(  # noqa: PLR0913 (the parts of a request)
        self,
        namespace: str,
        pod: str,
        container: str | None,
        argv: Sequence[str],
        *,
        stdin: bool,
        tty: bool,
        on_output: Output,
        on_exit: Callable[[int], None],
    ) -> Any:
        """Run a command in a running container; returns its `ExecSession`."""
        instance = self._running(namespace, pod, container)
        handle = instance.handle
        if handle is None:  # cannot be: it runs
            raise errors.internal("container not found")
        try:
            return handle.exec(argv, on_output=on_output, on_exit=_code(on_exit), stdin=stdin, tty=tty)
        except StartFailed as failure:
            text = f"error executing command in container: failed to exec in container: {failure.message}"
            raise errors.internal(text) from failure

    def attach(
        self,
        namespace: str,
        pod: str,
        container: str | None,
        *,
        stdin: bool,
        tty: bool,
        on_output: Output,
        on_exit: Callable[[int], None],
    ) -> Any:
        """Attach to a running container's main process: its output from now on, its input if it has one."""
        instance = self._running(namespace, pod, container)
        handle = instance.handle
        if handle is None:  # cannot be: it runs
            raise errors.internal("container not found")
        session = handle.attach(on_output=on_output, on_exit=_code(on_exit), stdin=stdin, tty=tty)
        return _Attachment(session, once=stdin and bool(instance.spec.get("stdinOnce")))

    def check_forward(self, namespace: str, pod: str) -> None:
        """Refuse what cannot be forwarded to.

        Raises:
            ApiError: 404, there is no such pod; 400, 500: it runs nowhere.
        """
        self._sandbox(namespace, pod)

    def forward(
        self,
        namespace: str,
        pod: str,
        port: int,
        *,
        on_data: Callable[[bytes], None],
        on_end: Callable[[], None],
    ) -> Connection | str:
        """Connect to a port of a pod's loopback; or the kubelet's and containerd's words for why not."""
        try:
            obj, sandbox = self._sandbox(namespace, pod)
        except errors.ApiError as error:
            return error.message
        connection = sandbox.forward(port, on_data, on_end)
        if not isinstance(connection, str):
            return connection
        name = hashlib.sha256(obj["metadata"]["uid"].encode()).hexdigest()
        return (
            f"error forwarding port {port} to pod {name}, uid : failed to execute portforward in network "
            f'namespace "/var/run/netns/cni-{obj["metadata"]["uid"]}": failed to connect to localhost:{port} '
            f'inside namespace "{name}", IPv4: dial tcp4 127.0.0.1:{port}: connect: {connection} '
            "IPv6 dial tcp6: address localhost: no suitable address found "
        )

    def usage(self, begin: float) -> Sequence[ContainerUsage]:
        """What every running container uses."""
        return container_usage(self._kubelets, begin)

    def machines(self) -> Mapping[str, bool]:
        """Every node, and whether it has power."""
        return {kubelet.name: kubelet.running for kubelet in self._kubelets}

    def http(
        self,
        address: str,
        port: int,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        done: Callable[[int, Sequence[tuple[str, str]], bytes, str | None], None],
    ) -> None:
        """An HTTP request to a pod, from the node."""

        def answered(answer: HttpAnswer) -> None:
            done(answer.status, answer.headers, answer.body, answer.error)

        call = HttpCall(method, path, tuple(headers.items()), body)
        self._runtime.http(address, port, call, _PROXY_TIMEOUT, answered)

    def _sandbox(self, namespace: str, pod: str) -> tuple[Json, PodSandbox]:
        obj = self._api.get("pods", namespace, pod)
        if not obj["spec"].get("nodeName"):
            raise errors.bad_request(f"pod {pod} does not have a host assigned")
        worker = self._worker(obj)
        sandbox = worker.instances.sandbox if worker is not None else None
        if sandbox is None:
            raise errors.internal(f'unable to upgrade connection: pod not found ("{pod}_{namespace}")')
        return obj, sandbox

    def _worker(self, pod: Json) -> PodWorker | None:
        uid = pod["metadata"]["uid"]
        return next((found for each in self._kubelets if (found := each.worker(uid)) is not None), None)

    def _container(self, namespace: str, pod: str, container: str | None) -> tuple[Json, str]:
        obj = self._api.get("pods", namespace, pod)
        spec = obj["spec"]
        names = [each["name"] for each in spec["containers"]]
        others = [
            each["name"] for key in ("initContainers", "ephemeralContainers") for each in spec.get(key) or ()
        ]
        if container is None:
            if len(names) > 1:
                choice = (
                    f"a container name must be specified for pod {pod}, choose one of: [{' '.join(names)}]"
                )
                if others:
                    choice += f" or one of the init containers: [{' '.join(others)}]"
                raise errors.bad_request(choice)
            container = names[0]
        if container not in names + others:
            raise errors.bad_request(f"container {container} is not valid for pod {pod}")
        self._reach(obj, container)
        return obj, container

    def _reach(self, pod: Json, container: str) -> None:
        """The kubelet of the pod's node must answer; one on a machine without power does not."""
        node = pod["spec"].get("nodeName")
        kubelet = next((each for each in self._kubelets if each.name == node), None)
        if kubelet is None or kubelet.running:
            return
        metadata, address = pod["metadata"], f"{kubelet.ip}:10250"
        url = f"https://{address}/containerLogs/{metadata['namespace']}/{metadata['name']}/{container}"
        message = f'Get "{url}": dial tcp {address}: connect: no route to host'
        raise errors.ApiError(500, "InternalError", message)

    def _running(self, namespace: str, pod: str, container: str | None) -> Instance:
        obj, name = self._container(namespace, pod, container)
        if not obj["spec"].get("nodeName"):
            raise errors.bad_request(f"pod {pod} does not have a host assigned")
        phase = obj.get("status", {}).get("phase")
        if phase in {"Succeeded", "Failed"}:
            raise errors.bad_request(
                f"cannot exec into a container in a completed pod; current phase is {phase}"
            )
        worker = self._worker(obj)
        instance = worker.instances.latest(name) if worker is not None else None
        if instance is None or not instance.running or instance.handle is None:
            raise errors.internal(f'unable to upgrade connection: container not found ("{name}")')
        return instance


class _Gone:
    """The log of a container the runtime no longer has (from before a reboot)."""

    def __init__(self, container_id: str, now: float) -> None:
        self._line = LogLine(
            now, "stdout", f"unable to retrieve container logs for {container_id}".encode(), partial=True
        )

    def lines(self) -> Sequence[LogLine]:
        return [self._line]

    def follow(self, callback: Callable[[LogLine | None], None]) -> Callable[[], None]:
        callback(None)
        return lambda: None


class _Attachment:
    """An `ExecSession` on a container's main process, which outlives it."""

    def __init__(self, session: ExecSession, *, once: bool) -> None:
        """`once`: the container's input ends with this client's (`stdinOnce`)."""
        self._session = session
        self._once = once

    def write_stdin(self, data: bytes) -> None:
        self._session.write_stdin(data)

    def close_stdin(self) -> None:
        if self._once:
            self._session.close_stdin()

    def resize(self, columns: int, rows: int) -> None:
        self._session.resize(columns, rows)

    def kill(self) -> None:
        """The client has gone; the container runs on."""
        self.close_stdin()
        self._session.kill()


def _code(on_exit: Callable[[int], None]) -> Callable[[ExitStatus], None]:
    return lambda status: on_exit(status.code)


def _status(pod: Json, name: str) -> Json:
    status = pod.get("status") or {}
    for key in ("containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"):
        for each in status.get(key) or ():
            if each["name"] == name:
                found: Json = each
                return found
    return {"state": {"waiting": {"reason": "ContainerCreating"}}, "lastState": {}}


def _log_id(status: Json, name: str, pod: str, *, previous: bool) -> str:
    """The ID of the container whose log is meant."""
    state, last = status.get("state") or {}, (status.get("lastState") or {}).get("terminated") or {}
    if previous:
        if not last.get("containerID"):
            raise errors.bad_request(f'previous terminated container "{name}" in pod "{pod}" not found')
        return str(last["containerID"])
    if "running" in state:
        return str(status["containerID"])
    ended = state.get("terminated") or last
    if ended:
        return str(ended.get("containerID", ""))
    reason = (state.get("waiting") or {}).get("reason") or "ContainerCreating"
    why = {
        "ErrImagePull": "image can't be pulled",
        "ImagePullBackOff": "trying and failing to pull image",
    }.get(reason, reason)
    raise errors.bad_request(f'container "{name}" in pod "{pod}" is waiting to start: {why}')

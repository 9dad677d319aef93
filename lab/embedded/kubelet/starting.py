"""Starting one container: image, configuration, process, postStart hook.

The order of steps, and so of events, is `startContainer`'s
(`pkg/kubelet/kuberuntime/kuberuntime_container.go`): the image is made present before the configuration is
looked at, which is why a pod that lacks its Secret shows `Pulled` again and again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.kubelet.context import NodeContext, pod_format
from lab.embedded.kubelet.environment import ConfigError, Sources, container_environment, expand
from lab.embedded.kubelet.hooks import run_hook
from lab.embedded.kubelet.images import Images, StartFailure, with_tag
from lab.embedded.kubelet.instances import Instance, PodInstances
from lab.embedded.kubelet.killing import kill
from lab.embedded.objects.quantities import parse_quantity
from lab.embedded.runtime.capabilities import granted
from lab.embedded.runtime.filesystem import FileTree
from lab.embedded.runtime.interface import Container, ContainerConfig, ExitStatus, Mount, StartFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.embedded.kubelet.steps import Steps
    from lab.embedded.kubelet.volumes import Volumes

Json = dict[str, Any]
_MESSAGE_LIMIT = 4096
_LOG_BYTES = 2048
_LOG_LINES = 80
TERMINATION_LOG = "/dev/termination-log"
"""Where a container leaves its last words by default (`terminationMessagePath`)."""


class Starter:
    """Starts the containers of one pod."""

    def __init__(
        self,
        context: NodeContext,
        images: Images,
        instances: PodInstances,
        volumes: Volumes,
        sources: Sources,
        exited: Callable[[Instance], None],
    ) -> None:
        """`exited` is told of every instance that ends."""
        self._context = context
        self._images = images
        self._instances = instances
        self._volumes = volumes
        self._sources = sources
        self._exited = exited

    def start(self, pod: Json, container: Json) -> Steps[StartFailure | None]:
        """Start a container; returns why it does not run."""
        failure = yield from self._images.ensure(pod, container)
        if failure is not None:
            return failure
        try:
            config = self._config(pod, container)
        except ConfigError as error:
            self._event(pod, container, "Warning", "Failed", f"Error: {error}")
            return StartFailure("CreateContainerConfigError", str(error))
        sandbox = self._instances.sandbox
        if sandbox is None:  # the pod was stopped while its image came
            return StartFailure("ContainerCreating", "")
        try:
            handle = sandbox.create(config)
        except StartFailed as error:
            self._event(pod, container, "Warning", "Failed", f"Error: {error.message}")
            return StartFailure("CreateContainerError", error.message)
        instance = self._instance(container, handle)
        self._event(pod, container, "Normal", "Created", f"Created container: {container['name']}")
        return (yield from self._run(pod, container, instance, handle))

    def _run(
        self, pod: Json, container: Json, instance: Instance, handle: Container
    ) -> Steps[StartFailure | None]:
        now = self._context.agenda.now()
        try:
            handle.start(lambda status: self._ended(container, instance, status))
        except StartFailed as error:
            instance.exit_code, instance.reason, instance.message = error.code, error.reason, error.message
            instance.finished_at = now
            self._event(pod, container, "Warning", "Failed", f"Error: {error.message}")
            self._exited(instance)
            return StartFailure("RunContainerError", error.message)
        instance.started_at, instance.running = now, instance.finished_at is None
        self._event(pod, container, "Normal", "Started", f"Started container {container['name']}")
        handler = (container.get("lifecycle") or {}).get("postStart")
        if not handler:
            return None
        error_text = yield from run_hook(self._context, self._pod_ip(), instance, handler)
        if error_text is None:
            return None
        # what the hook said stays out of the event: it may hold secrets
        self._event(pod, container, "Warning", "FailedPostStartHook", "PostStartHook failed")
        grace = pod["spec"].get("terminationGracePeriodSeconds", 30)
        yield from kill(self._context, pod, instance, self._pod_ip(), "FailedPostStartHook", grace)
        return StartFailure("PostStartHookError", error_text)

    def _pod_ip(self) -> str:
        return self._instances.sandbox.ip if self._instances.sandbox else ""

    def _instance(self, container: Json, handle: Container) -> Instance:
        before = self._instances.latest(container["name"])
        image = with_tag(container["image"])
        image_id = self._context.runtime.image_id(image)
        instance = Instance(
            container["name"],
            f"containerd://{handle.id}",
            image,
            image_id,
            container,
            before.restart_count + 1 if before is not None else 0,
            handle,
            self._context.agenda.now(),
        )
        self._instances.add(instance)
        return instance

    def _ended(self, container: Json, instance: Instance, status: ExitStatus) -> None:
        instance.running = False
        instance.finished_at = self._context.agenda.now()
        instance.exit_code = status.code
        instance.reason = "OOMKilled" if status.oom_killed else "Error" if status.code else "Completed"
        instance.message = _termination_message(container, instance)
        waiters, instance.waiters = instance.waiters, []
        for waiter in waiters:
            waiter()
        self._exited(instance)

    def _config(self, pod: Json, container: Json) -> ContainerConfig:
        """All that the runtime needs.

        Raises:
            ConfigError: a reference leads nowhere, or the security context forbids the image's user.
        """
        security = (pod["spec"].get("securityContext") or {}) | (container.get("securityContext") or {})
        self._check_non_root(pod, container, security)
        env = container_environment(pod, container, self._pod_ip(), self._context.ip, self._sources)
        limit = ((container.get("resources") or {}).get("limits") or {}).get("memory")
        command, args = container.get("command"), container.get("args")
        return ContainerConfig(
            container["name"],
            with_tag(container["image"]),
            [expand(each, env) for each in command] if command else None,
            [expand(each, env) for each in args] if args else None,
            env,
            working_dir=container.get("workingDir"),
            mounts=[*self._volumes.mounts(container, env), *_message_mount(container)],
            memory_limit=parse_quantity(limit).whole if limit else None,
            run_as_user=security.get("runAsUser"),
            run_as_group=security.get("runAsGroup"),
            groups=_groups(security),
            image_groups=security.get("supplementalGroupsPolicy") != "Strict",
            read_only_root=bool(security.get("readOnlyRootFilesystem")),
            capabilities=_capabilities(container),
            target=self._target(container),
            stdin=bool(container.get("stdin")),
            tty=bool(container.get("tty")),
        )

    def _target(self, container: Json) -> str:
        """The container whose processes an ephemeral one sees (`getTargetID`); empty for none.

        Raises:
            ConfigError: it has never run.
        """
        name = container.get("targetContainerName")
        if not name:
            return ""
        target = self._instances.latest(name)
        if target is None:
            raise ConfigError(f"unable to find target container {name}")
        return target.id.removeprefix("containerd://")

    def _check_non_root(self, pod: Json, container: Json, security: Json) -> None:
        if not security.get("runAsNonRoot"):
            return
        where = f'(pod: "{pod_format(pod)}", container: {container["name"]})'
        user = security.get("runAsUser")
        if user == 0:
            raise ConfigError(f"container's runAsUser breaks non-root policy {where}")
        if user is not None:
            return
        own = self._context.runtime.image_user(with_tag(container["image"]))
        if isinstance(own, str):
            text = f"image has non-numeric user ({own}), cannot verify user is non-root"
            raise ConfigError(f"container has runAsNonRoot and {text} {where}")
        if own == 0:
            raise ConfigError(f"container has runAsNonRoot and image will run as root {where}")

    def _event(self, pod: Json, container: Json, kind: str, reason: str, message: str) -> None:
        self._context.container_event(pod, container["name"], kind, reason, message)


def _capabilities(container: Json) -> frozenset[str]:
    security = container.get("securityContext") or {}
    wanted = security.get("capabilities") or {}
    privileged = bool(security.get("privileged"))
    return granted(wanted.get("add") or (), wanted.get("drop") or (), privileged=privileged)


def _groups(security: Json) -> list[int]:
    """The groups that a security context adds, in the kubelet's order (`convertToRuntimeSecurityContext`)."""
    volumes = security.get("fsGroup")
    return [*([] if volumes is None else [volumes]), *(security.get("supplementalGroups") or ())]


def _message_mount(container: Json) -> list[Mount]:
    """The file for the last words, where it is not the usual one: everybody's, on any root file system."""
    path = container.get("terminationMessagePath") or TERMINATION_LOG
    if path == TERMINATION_LOG:
        return []  # the runtime has it ready
    tree = FileTree()
    tree.write("/log", b"", 0o666)
    return [Mount(path, tree, sub_path="log")]


def _termination_message(container: Json, instance: Instance) -> str:
    """The file's content, or the end of the log where the manifest asks for it (`getTerminationMessage`)."""
    handle = instance.handle
    if handle is None:
        return ""
    content = handle.read_file(container.get("terminationMessagePath") or TERMINATION_LOG) or b""
    text = content[-_MESSAGE_LIMIT:].decode("utf-8", "replace")
    if (
        text
        or instance.exit_code == 0
        or container.get("terminationMessagePolicy") != "FallbackToLogsOnError"
    ):
        return text
    last = handle.logs.lines()[-_LOG_LINES:]
    lines = [line.data if line.partial else line.data + b"\n" for line in last]
    return b"".join(lines)[-_LOG_BYTES:].decode("utf-8", "replace")

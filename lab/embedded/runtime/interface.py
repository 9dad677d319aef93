"""What the kubelet asks of the container runtime: the seam between `kubelet` and `runtime`.

The kubelet decides (when to pull, start, probe, kill); the runtime carries out, in cluster time, and reports
back by callbacks on the agenda. Programs are generators that yield what they wait for (`programs`), so that
nothing here ever blocks the one thread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

from msgspec import Struct, field

from lab.embedded.runtime.capabilities import DEFAULT as DEFAULT_CAPABILITIES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lab.embedded.runtime.filesystem import FileTree
    from lab.embedded.runtime.users import User


class Mount(Struct, frozen=True):
    """A volume's file tree put into a container's file system."""

    path: str
    tree: FileTree
    read_only: bool = False
    sub_path: str = ""


class NameConfig(Struct, frozen=True):
    """How a pod finds names: what is to stand in its `/etc/resolv.conf` and, besides, in its `/etc/hosts`."""

    servers: tuple[str, ...]
    searches: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    """As in the file: `ndots:5`."""
    aliases: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Addresses and the names that the manifest gives them (`hostAliases`)."""


class ContainerConfig(Struct, frozen=True):
    """All that is needed to start one container; the kubelet has resolved env, volumes and limits already."""

    name: str
    image: str
    command: Sequence[str] | None
    """Replaces the image's entry point (the manifest's `command`); None keeps it."""
    args: Sequence[str] | None
    """Replaces the image's default arguments (the manifest's `args`); None: kept unless command is set."""
    env: Mapping[str, str]
    working_dir: str | None = None
    mounts: Sequence[Mount] = ()
    memory_limit: int | None = None
    """Bytes; None: only the node bounds it."""
    run_as_user: int | None = None
    run_as_group: int | None = None
    groups: Sequence[int] = ()
    """Groups besides the user's own (`fsGroup`, `supplementalGroups`)."""
    image_groups: bool = True
    """Whether the groups count that the image gives the user (`supplementalGroupsPolicy`)."""
    read_only_root: bool = False
    capabilities: frozenset[str] = DEFAULT_CAPABILITIES
    """What root may do in it."""
    target: str = ""
    """Container of the same pod (its `id`) whose processes it sees (`targetContainerName`)."""
    stdin: bool = False
    tty: bool = False


class ExitStatus(Struct, frozen=True):
    """How a process ended, as the runtime reports it."""

    code: int
    """0-255; 128 + signal when a signal ended it."""
    signal: int | None = None
    oom_killed: bool = False


class StartFailed(Exception):  # noqa: N818 (the runtime's own term)
    """The container could not be started: command missing (128/StartError), not executable, bad work dir, ….

    `message` is worded as containerd and runc word it, for events and `state.terminated.message`.
    """

    def __init__(self, message: str, *, reason: str = "StartError", code: int = 128) -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason
        self.code = code


class PullResult(Struct, frozen=True):
    """How a pull ended. `error` is None when the image is now on the node, else the registry's message."""

    image: str
    error: str | None
    seconds: float
    size: int
    image_id: str = ""


class HttpAnswer(Struct, frozen=True):
    """What an HTTP request got; `error` is set (and `status` 0) when there was no answer at all."""

    status: int
    headers: Sequence[tuple[str, str]] = ()
    body: bytes = b""
    error: str | None = None
    """Worded as Go's net/http words it: `dial tcp 10.1.0.5:8080: connect: connection refused`, ….."""


GRPC_CODES = {
    1: "Canceled", 2: "Unknown", 3: "InvalidArgument", 4: "DeadlineExceeded", 5: "NotFound",
    6: "AlreadyExists", 7: "PermissionDenied", 8: "ResourceExhausted",
    9: "FailedPrecondition", 10: "Aborted", 11: "OutOfRange",
    12: "Unimplemented", 13: "Internal", 14: "Unavailable", 15: "DataLoss", 16: "Unauthenticated",
}  # fmt: skip
"""Names of gRPC's status codes, as Go prints them."""


class HealthAnswer(Struct, frozen=True):
    """How a gRPC health check ended."""

    outcome: Literal["answered", "refused", "not connected", "no answer in time"]
    status: str = ""
    """What the server said of the service (`SERVING`), when it answered."""
    code: int = 0
    message: str = ""
    """The gRPC status code and message, when it refused."""


class LogLine(Struct, frozen=True):
    """One line a container wrote."""

    at: float
    """Seconds of cluster time."""
    stream: str
    """`stdout` or `stderr`."""
    data: bytes
    """Without the line end; a partial last line is kept as a line of its own."""
    partial: bool = False


class LogBuffer(Protocol):
    """The log of one container instance."""

    def lines(self) -> Sequence[LogLine]:
        """All lines still kept, oldest first."""

    def follow(self, callback: Callable[[LogLine | None], None]) -> Callable[[], None]:
        """Call back for each new line, with None when the container ended; returns the unsubscriber."""


class ExecSession(Protocol):
    """One `kubectl exec` or exec probe: a process in a running container."""

    def write_stdin(self, data: bytes) -> None:
        """Feed the process' standard input."""

    def close_stdin(self) -> None:
        """End of input."""

    def resize(self, columns: int, rows: int) -> None:
        """Tell the process the size of its terminal (tty sessions only)."""

    def kill(self) -> None:
        """End the process at once (a probe's time-out, a client gone)."""


class Container(Protocol):
    """One container instance; a restart makes a new one."""

    id: str
    """`containerd://…` without the prefix: 64 hex digits."""
    stop_signal: int
    """What stops it gracefully: the image's `STOPSIGNAL`, else SIGTERM (containerd's `StopContainer`)."""

    user: User
    """Who it runs as."""

    @property
    def logs(self) -> LogBuffer:
        """What it wrote."""

    def start(self, on_exit: Callable[[ExitStatus], None]) -> None:
        """Start PID 1; `on_exit` is called once, on the agenda.

        Raises:
            StartFailed: the command cannot be run.
        """

    def signal(self, number: int) -> None:
        """Send a signal to the main process, as the node; PID 1 without a handler ignores all but SIGKILL."""

    def exec(
        self,
        argv: Sequence[str],
        *,
        on_output: Callable[[str, bytes], None],
        on_exit: Callable[[ExitStatus], None],
        stdin: bool = False,
        tty: bool = False,
    ) -> ExecSession:
        """Run a command beside PID 1, in the same file system; output comes as (stream, data).

        Raises:
            StartFailed: the command cannot be run.
        """

    def attach(
        self,
        *,
        on_output: Callable[[str, bytes], None],
        on_exit: Callable[[ExitStatus], None],
        stdin: bool = False,
        tty: bool = False,
    ) -> ExecSession:
        """Listen to PID 1 from now on and feed its input; `on_exit` comes when it ends (always a success)."""

    def memory_usage(self) -> int:
        """Bytes in use by all processes of the container."""

    def cpu_used(self, begin: float) -> float:
        """Seconds of processor time used in the window of `metering.WINDOW` seconds that begins then."""

    def disk_usage(self) -> int:
        """Bytes of the node's disk in use: what was written into its file system, and its log."""

    def read_file(self, path: str) -> bytes | None:
        """A file's content (the termination message), or None."""


class Connection(Protocol):
    """A connection to a port of a pod, from outside."""

    def write(self, data: bytes) -> None:
        """Send, as soon as there is room."""

    def finish(self) -> None:
        """Send nothing more, once all that was written is sent."""

    def close(self) -> None:
        """End both directions at once."""


class PodSandbox(Protocol):
    """A pod's network identity and the containers in it."""

    ip: str
    hostname: str

    def create(self, config: ContainerConfig) -> Container:
        """Make a container (not started yet). Its image must be present on the node."""

    def forward(
        self, port: int, on_data: Callable[[bytes], None], on_end: Callable[[], None]
    ) -> Connection | str:
        """Connect to a port of the pod's loopback; or why not (`connection refused`)."""

    def stop(self) -> None:
        """Give back the address; containers have ended before."""

    @property
    def over(self) -> bool:
        """Whether it has come to an end by itself, and all containers with it: its PID 1 was killed."""


class ServiceTable(Protocol):
    """Names and virtual addresses inside the cluster: what DNS and kube-proxy know."""

    def resolve(
        self, name: str, namespace: str, searches: Sequence[str] | None = None, ndots: int = 5
    ) -> list[str]:
        """Addresses of a host name (`db`, `db.ns`, `db.ns.svc.cluster.local`) seen from a namespace.

        `searches`: what is tried behind the name (None: what pods have by themselves); a name with `ndots`
        dots or more is tried as it is first.
        """

    def route(self, address: str, port: int, source: str = "", /) -> tuple[str, int] | str:
        """Where a connection from `source` to address:port really goes, or the error (`connection refused`).

        An address that is no Service address comes back unchanged.
        """


class Endpoint(Struct, frozen=True):
    """One end of a connection: an address, and the UID of the pod that has it (empty: a node, or outside)."""

    address: str
    pod: str = ""


DNS = Endpoint("10.244.255.53", "kube-dns")
"""The cluster's name server, as policies see it behind its Service address."""


class NetworkPolicies(Protocol):
    """What a network plug-in enforces."""

    def allows(self, source: Endpoint, target: Endpoint, port: int, protocol: str) -> bool:
        """Whether a connection is let through; one that is not is dropped without an answer."""


class NodeImage(Struct, frozen=True):
    """An image that lies on a node: its names, as references in full, and its size in bytes."""

    names: tuple[str, ...]
    size: int


class ContainerRuntime(Protocol):
    """The runtime of the whole simulated cluster; images are per node."""

    def image_present(self, node: str, image: str) -> bool:
        """Whether the node has the image."""

    def node_images(self, node: str) -> Sequence[NodeImage]:
        """The images that lie on a node."""

    def image_id(self, image: str) -> str:
        """The digest of an image, for `imageID`; empty when there is no such image."""

    def image_user(self, image: str) -> int | str:
        """The user an image runs as by itself (0: root; a name where it names one), for `runAsNonRoot`."""

    def pull(
        self, node: str, image: str, secrets: Sequence[Mapping[str, str]], done: Callable[[PullResult], None]
    ) -> None:
        """Pull an image onto a node in cluster time; `done` is called on the agenda."""

    def add_image(self, image: LocalImage) -> None:
        """Put an image onto all nodes (what `kind load docker-image` does)."""

    def create_sandbox(
        self,
        node: str,
        namespace: str,
        pod: str,
        uid: str,
        domain: str = "",
        *,
        share_processes: bool = False,
        names: NameConfig | None = None,
    ) -> PodSandbox:
        """Make a pod sandbox with an address from the node's range; `pod` is its host name without domain.

        `share_processes`: its containers see each other's processes, and PID 1 is the sandbox's own.
        `names` None: the cluster's name server, as every pod has it that says nothing.
        """

    def http(
        self, address: str, port: int, request: HttpCall, timeout: float, done: Callable[[HttpAnswer], None]
    ) -> None:
        """An HTTP request from the node itself (probe, API server's proxy); `done` comes on the agenda."""

    def tcp(self, address: str, port: int, timeout: float, done: Callable[[str | None], None]) -> None:
        """Open and close a TCP connection from the node; `done(None)` on success, else the error's text."""

    def grpc(
        self, address: str, port: int, service: str, timeout: float, done: Callable[[HealthAnswer], None]
    ) -> None:
        """A gRPC health check from the node; `done` comes on the agenda."""


class HttpCall(Struct, frozen=True):
    """An HTTP request as the kubelet or the proxy makes it."""

    method: str
    path: str
    headers: Sequence[tuple[str, str]] = ()
    body: bytes = b""
    scheme: str = "http"


class LocalImage(Struct, frozen=True):
    """An image made from a directory of files (`images/healthz`, a learner's edited copy of it).

    The runtime decides by the content digest whether these are files that Podlab ships (their logic then
    runs in the process, with the cluster's clock) or edited ones (a child process behind pipes serves
    them).
    """

    reference: str
    digest: str
    files: Mapping[str, bytes] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)

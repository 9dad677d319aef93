"""What controllers, kubelet and server ask of the API machinery: the seam under all of them.

Everybody goes through the same verbs, so admission, defaults, validation and conflicts exist once.
Objects are plain JSON values (dict, list, str, int, float, bool, None). An object that comes out of the API
is shared and must never be changed: `objects.copying.copy_json` makes a private copy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Protocol

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Object = dict[str, Any]
"""A Kubernetes object as JSON."""

EventType = Literal["ADDED", "MODIFIED", "DELETED", "BOOKMARK"]


class WatchEvent(Struct, frozen=True):
    """One change of one object, with the object as it then was."""

    type: EventType
    object: Object
    resource_version: int
    previous: Object | None = None
    """The object before the change, so that a watch with selectors can tell what left its selection."""


class WriteOptions(Struct, frozen=True):
    """Options common to all writes, as in the query string of a request."""

    dry_run: bool = False
    field_manager: str = ""
    field_validation: Literal["Ignore", "Warn", "Strict"] = "Strict"
    force: bool = False
    from_client: bool = False
    """Written over the wire: checked against schema and semantic rules, and told what is not honoured.
    The cluster's own parts are trusted; admission, defaults and conflicts are the same for all."""


class DeleteOptions(Struct, frozen=True):
    """How to delete: `grace_period` in seconds (None: the object's own), preconditions, propagation."""

    grace_period: int | None = None
    propagation: Literal["Background", "Foreground", "Orphan"] | None = None
    uid: str | None = None
    resource_version: str | None = None
    dry_run: bool = False


class Written(Struct, frozen=True):
    """What a write answers: the object as stored, and warnings for the client (`Warning:` headers)."""

    object: Object
    warnings: tuple[str, ...] = ()
    created: bool = False


class Listed(Struct, frozen=True):
    """What a list answers: the objects, sorted by namespace and name, at one resource version."""

    items: Sequence[Object]
    resource_version: int


class Api(Protocol):
    """The verbs.

    `resource` is the plural name, with the group when it is not core: `pods`, `deployments.apps`,
    `endpointslices.discovery.k8s.io`, `events` (core/v1).

    Every method raises `api.errors.ApiError` (a `Status` with code and reason: NotFound 404,
    AlreadyExists 409, Conflict 409, Invalid 422, BadRequest 400, Forbidden 403, Gone/Expired 410).
    """

    def get(self, resource: str, namespace: str | None, name: str, subresource: str | None = None) -> Object:
        """One object, or its `scale`."""

    def find(self, resource: str, namespace: str | None, name: str) -> Object | None:
        """One object, or None where `get` would raise NotFound."""

    def list(
        self, resource: str, namespace: str | None = None, *, labels: str = "", fields: str = ""
    ) -> Listed:
        """Objects of a kind; selectors in the query-string form (`app=web,tier!=db`, `spec.nodeName=n1`)."""

    def create(
        self, resource: str, namespace: str | None, obj: Object, options: WriteOptions = ...
    ) -> Written:
        """A new object (`generateName` honoured)."""

    def create_subresource(
        self,
        resource: str,
        namespace: str | None,
        name: str,
        subresource: str,
        obj: Object,
        options: WriteOptions = ...,
    ) -> Written:
        """Create `binding` or `eviction` of a pod; answers a `Status` of success."""

    def update(
        self,
        resource: str,
        namespace: str | None,
        name: str,
        obj: Object,
        options: WriteOptions = ...,
        subresource: str | None = None,
    ) -> Written:
        """Replace an object, or its `status` or `scale`; a stale resourceVersion is a Conflict."""

    def patch(
        self,
        resource: str,
        namespace: str | None,
        name: str,
        patch_type: str,
        body: Any,
        options: WriteOptions = ...,
        subresource: str | None = None,
    ) -> Written:
        """Patch: json-patch+json, merge-patch+json, strategic-merge-patch+json, apply-patch+yaml."""

    def delete(self, resource: str, namespace: str | None, name: str, options: DeleteOptions = ...) -> Object:
        """Delete gracefully (pods: deletionTimestamp first, gone when the kubelet says so) or at once."""

    def delete_collection(
        self,
        resource: str,
        namespace: str | None,
        *,
        labels: str = "",
        fields: str = "",
        options: DeleteOptions = ...,
    ) -> Listed:
        """Delete every object the selectors match, each as by `delete`; answers what was there."""

    def update_status(self, resource: str, obj: Object, change: Callable[[Object], None]) -> Object:
        """Read the newest `obj`, let `change` edit a private copy's status, write it if it differs.

        For controllers and kubelet: never conflicts (one thread), writes nothing when nothing changed.
        """

    def subscribe(self, resource: str, callback: Callable[[WatchEvent], None]) -> Callable[[], None]:
        """Be told of every change from now on, on the agenda at that instant; returns the unsubscriber."""

    def on_look(self, resource: str, refresh: Callable[[], float | None]) -> None:
        """Call `refresh` before a client is shown objects of a resource (see `onlookers`)."""

    def changes(self, resource: str, namespace: str | None, since: int) -> Sequence[WatchEvent]:
        """The changes after resource version `since`.

        Raises:
            ApiError: 410 Expired when that part of the history is no longer kept.
        """


class LogRequest(Struct, frozen=True):
    """The query of `kubectl logs`."""

    container: str | None = None
    previous: bool = False
    follow: bool = False
    tail: int | None = None
    since_seconds: float | None = None
    since_time: float | None = None
    timestamps: bool = False
    limit_bytes: int | None = None


class LogStream(Protocol):
    """A log being sent: chunks now, and later ones while following."""

    def start(self, on_data: Callable[[bytes], None], on_end: Callable[[], None]) -> None:
        """Begin; both are called on the cluster thread."""

    def stop(self) -> None:
        """The client has gone."""


class Connection(Protocol):
    """A forwarded connection to a port of a pod."""

    def write(self, data: bytes) -> None:
        """Send to the pod."""

    def finish(self) -> None:
        """Send nothing more."""

    def close(self) -> None:
        """End it."""


class ContainerUsage(Struct, frozen=True):
    """What a running container uses."""

    node: str
    namespace: str
    pod: str
    container: str
    started_at: float
    """Seconds of agenda time."""
    memory: int
    """Bytes in use now."""
    cpu: float
    """Seconds of processor time used in the window that was asked for."""
    cpu_limit: float
    """Cores that the container may use; infinite without a limit."""


class NodeAgent(Protocol):
    """What the API server asks of a kubelet: logs, exec, port-forward, proxy.

    Wired in `cluster`, so that `server` and `kubelet` stay blind to each other.
    All raise `api.errors.ApiError` in the API server's words.
    """

    def logs(self, namespace: str, pod: str, request: LogRequest) -> LogStream:
        """The log of a container of a pod."""

    def exec(  # noqa: PLR0913 (the parts of a request)
        self,
        namespace: str,
        pod: str,
        container: str | None,
        argv: Sequence[str],
        *,
        stdin: bool,
        tty: bool,
        on_output: Callable[[str, bytes], None],
        on_exit: Callable[[int], None],
    ) -> Any:
        """Run a command in a running container; returns a `runtime.interface.ExecSession`."""

    def attach(
        self,
        namespace: str,
        pod: str,
        container: str | None,
        *,
        stdin: bool,
        tty: bool,
        on_output: Callable[[str, bytes], None],
        on_exit: Callable[[int], None],
    ) -> Any:
        """Attach to a running container's main process; returns an `ExecSession`."""

    def check_forward(self, namespace: str, pod: str) -> None:
        """Look whether ports of a pod can be forwarded."""

    def forward(
        self,
        namespace: str,
        pod: str,
        port: int,
        *,
        on_data: Callable[[bytes], None],
        on_end: Callable[[], None],
    ) -> Connection | str:
        """Connect to a port of a pod's loopback; or what the kubelet says where that fails."""

    def usage(self, begin: float) -> Sequence[ContainerUsage]:
        """What every running container uses; computing time in the metrics window that began at `begin`."""

    def machines(self) -> Mapping[str, bool]:
        """Every node, and whether it has power."""

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
        """An HTTP request to a pod (API server's proxy): done(status, headers, body, error)."""

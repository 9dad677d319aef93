"""What the routes know of the cluster around them; the composition root fills it in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct, field

from lab.embedded.clock.agenda import EPOCH, Agenda

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lab.embedded.api.interface import DeleteOptions, Listed, NodeAgent, WatchEvent, WriteOptions, Written
    from lab.embedded.api.kinds import KindTable
    from lab.embedded.api.paging import Page
    from lab.embedded.server.timeshift import Shift

Object = dict[str, Any]


class Machinery(Protocol):
    """What the wire needs of `api.verbs.ApiMachinery`."""

    kinds: KindTable

    @property
    def revision(self) -> int:
        """The newest resource version."""

    def get(self, resource: str, namespace: str | None, name: str, subresource: str | None = None) -> Object:
        """One object, or its scale."""

    def find(self, resource: str, namespace: str | None, name: str) -> Object | None:
        """One object, or None."""

    def list(
        self, resource: str, namespace: str | None = None, *, labels: str = "", fields: str = ""
    ) -> Listed:
        """Objects of a kind."""

    def page(
        self,
        resource: str,
        namespace: str | None,
        limit: int,
        token: str,
        *,
        labels: str = "",
        fields: str = "",
    ) -> Page:
        """A chunk of a list."""

    def selection(self, resource: str, labels: str, fields: str) -> Callable[[Object], bool]:
        """The test that both selectors make."""

    def create(
        self, resource: str, namespace: str | None, obj: Object, options: WriteOptions = ...
    ) -> Written:
        """A new object."""

    def create_subresource(
        self, resource: str, namespace: str | None, name: str, subresource: str, obj: Object,
        options: WriteOptions = ...,
    ) -> Written:  # fmt: skip
        """Bind or evict a pod."""

    def update(
        self, resource: str, namespace: str | None, name: str, obj: Object,
        options: WriteOptions = ..., subresource: str | None = None,
    ) -> Written:  # fmt: skip
        """Replace an object."""

    def patch(
        self, resource: str, namespace: str | None, name: str, patch_type: str, body: Any,
        options: WriteOptions = ..., subresource: str | None = None,
    ) -> Written:  # fmt: skip
        """Patch an object."""

    def delete(self, resource: str, namespace: str | None, name: str, options: DeleteOptions = ...) -> Object:
        """Delete an object."""

    def delete_collection(
        self, resource: str, namespace: str | None, *, labels: str = "", fields: str = "",
        options: DeleteOptions = ...,
    ) -> Listed:  # fmt: skip
        """Delete what the selectors match."""

    def subscribe(self, resource: str, callback: Callable[[WatchEvent], None]) -> Callable[[], None]:
        """Be told of every change from now on."""

    def look(self, resource: str) -> float | None:
        """Bring a resource up to date before it is shown; when to look again (agenda seconds)."""

    def changes(self, resource: str, namespace: str | None, since: int) -> Sequence[WatchEvent]:
        """The changes after a resource version."""


class Control(Protocol):
    """What the extension endpoints steer: the cluster and the thread it lives on."""

    @property
    def rate(self) -> float:
        """Seconds of cluster time a second of host time; 0 stands still."""

    def set_rate(self, rate: float) -> None:
        """Change the rate from now on."""

    def advance(self, seconds: float) -> None:
        """Let cluster time pass, as fast as possible, and settle."""

    def add_image(
        self, reference: str, digest: str, labels: Mapping[str, str], files: Mapping[str, bytes]
    ) -> None:
        """Put an image onto all nodes, and keep it."""

    def facts(self) -> Mapping[str, Any]:
        """What `/podlab/status` tells besides the time."""

    def shut_down(self) -> None:
        """End the process's serving, after this request is answered."""


class ServerContext(Struct):
    """Everything a request may touch. All of it lives on the cluster thread."""

    agenda: Agenda
    machinery: Machinery
    agent: NodeAgent
    control: Control
    shift: Shift
    openapi: Mapping[str, Callable[[], bytes]] = field(default_factory=dict)
    """OpenAPI v3 documents by path (`api/v1`, `apis/apps/v1`), made when first asked for."""
    watches: set[Any] = field(default_factory=set)
    """Watches being served, for the bookmarks after an advance."""

    def unix_now(self) -> float:
        """Cluster time in seconds since the Unix epoch."""
        return EPOCH + self.agenda.now()

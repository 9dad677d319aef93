"""Watch requests: every change that the selectors let through, as JSON lines, from a resource version on.

The rules are the watch cache's (`apiserver/pkg/storage/cacher`):
    * Without a resource version, or with 0, a watch begins with an ADDED for each object there is.
    * From a version on, it begins with the changes after it; what is no longer kept is a 410 in an ERROR
    event.
    * An object that comes to match is ADDED, one that ceases to match is DELETED.
    * `sendInitialEvents` asks for the objects there are, then a bookmark that says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from msgspec import Struct

from lab.embedded.api.errors import ApiError
from lab.embedded.objects import meta
from lab.embedded.server.tables import table
from lab.embedded.server.timeshift import shift_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.embedded.api.interface import WatchEvent
    from lab.embedded.clock.agenda import Timer
    from lab.embedded.server.context import ServerContext

Object = dict[str, Any]
INITIAL_EVENTS_END = "k8s.io/initial-events-end"


class WatchQuery(Struct, frozen=True):
    """What was asked for."""

    resource: str
    plural: str
    api_version: str
    kind: str
    namespace: str | None
    labels: str = ""
    fields: str = ""
    since: int | None = None
    """The resource version to begin after; None: begin with what there is."""
    initial_events: bool = False
    bookmarks: bool = False
    timeout: int | None = None
    """Seconds of cluster time after which the watch ends."""
    as_table: bool = False
    include: str = ""
    shifted: bool = True


class Watch:
    """One watch being served; a `messages.Stream`.

    Raises:
        ApiError: the selectors cannot be read.
    """

    def __init__(self, context: ServerContext, query: WatchQuery) -> None:
        self._context = context
        self._query = query
        self._test = context.machinery.selection(query.resource, query.labels, query.fields)
        self._sent = 0
        self._header_sent = False
        self._send: Callable[[bytes], None] = lambda _data: None
        self._end: Callable[[], None] = lambda: None
        self._unsubscribe: Callable[[], None] = lambda: None
        self._timer: Timer | None = None
        self._look_timer: Timer | None = None

    def start(self, send: Callable[[bytes], None], end: Callable[[], None]) -> None:
        """Send what the watch begins with, then every change."""
        self._send, self._end = send, end
        try:
            self._begin()
        except ApiError as error:
            self._line("ERROR", error.status())
            end()
            return
        self._unsubscribe = self._context.machinery.subscribe(self._query.resource, self._on_event)
        self._context.watches.add(self)
        if self._query.timeout is not None:
            self._timer = self._context.agenda.call_after(self._query.timeout, self._time_out)
        self._look()

    def stop(self) -> None:
        """The client has gone, or the watch is over."""
        self._unsubscribe()
        self._context.watches.discard(self)
        for timer in filter(None, (self._timer, self._look_timer)):
            timer.cancel()

    def _look(self) -> None:
        """See what is brought up to date for onlookers, for as long as the watch lasts."""
        again = self._context.machinery.look(self._query.resource)
        if again is not None:
            self._look_timer = self._context.agenda.call_at(again, self._look)

    def bookmark(self) -> None:
        """Tell how far the watch has come, if the client asked for that."""
        if self._query.bookmarks:
            self._sent = max(self._sent, self._context.machinery.revision)
            self._send_bookmark({})

    def _begin(self) -> None:
        query, machinery = self._query, self._context.machinery
        if query.since is None or query.initial_events:
            listed = machinery.list(query.resource, query.namespace, labels=query.labels, fields=query.fields)
            self._sent = listed.resource_version
            for item in listed.items:
                self._object_line("ADDED", item)
            if query.initial_events and query.bookmarks:
                self._send_bookmark({"annotations": {INITIAL_EVENTS_END: "true"}})
            return
        if query.since > machinery.revision:
            raise _too_large(query.since, machinery.revision)
        self._sent = query.since
        for event in machinery.changes(query.resource, query.namespace, query.since):
            self._on_event(event)

    def _on_event(self, event: WatchEvent) -> None:
        if event.resource_version <= self._sent:
            return
        self._sent = event.resource_version
        namespace = self._query.namespace
        if namespace and meta.namespace_of(event.object) != namespace:
            return
        kind = self._kind_of_change(event)
        if kind is not None:
            self._object_line(kind, event.object)

    def _kind_of_change(self, event: WatchEvent) -> str | None:
        """What a change is to this watcher, given what the selectors let through before and after."""
        matches = event.type != "DELETED" and self._test(event.object)
        matched = event.previous is not None and self._test(event.previous)
        if matches:
            return "MODIFIED" if matched else "ADDED"
        return "DELETED" if matched else None

    def _object_line(self, kind: str, obj: Object) -> None:
        query = self._query
        if not query.as_table:
            self._line(kind, obj)
            return
        metadata = {"resourceVersion": obj["metadata"].get("resourceVersion", "")}
        now = self._context.agenda.now()
        header = not self._header_sent
        self._header_sent = True
        self._line(
            kind,
            table(query.resource, [obj], now, metadata=metadata, include=query.include, header=header),
        )

    def _send_bookmark(self, metadata: Object) -> None:
        query = self._query
        marked: Object = {"resourceVersion": str(self._sent), "creationTimestamp": None, **metadata}
        obj: Object = {"kind": query.kind, "apiVersion": query.api_version, "metadata": marked}
        if query.as_table:
            obj = {"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": marked, "rows": [
                {"cells": [], "object": {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1",
                                         "metadata": marked}}]}  # fmt: skip
        self._line("BOOKMARK", obj)

    def _line(self, kind: str, obj: Object) -> None:
        data = orjson.dumps({"type": kind, "object": obj}) + b"\n"
        if self._query.shifted:
            data = shift_json(data, self._context.shift.seconds(), self._query.plural)
        self._send(data)

    def _time_out(self) -> None:
        self.stop()
        self._end()


def _too_large(wanted: int, newest: int) -> ApiError:
    return ApiError(
        504,
        "Timeout",
        f"Too large resource version: {wanted}, current: {newest}",
        {"causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}],
         "retryAfterSeconds": 1},
    )  # fmt: skip

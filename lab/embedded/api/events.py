"""Recording events as client-go does: counting repeats, combining what is merely similar, stemming floods.

`EventRecorder` is the classic recorder (`tools/record`) of kubelet and controllers; `SeriesRecorder` the
newer one (`tools/events`) of the scheduler, whose events carry `eventTime` and `action` and no count.
Limits are client-go's defaults, in seconds of cluster time.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import Struct, field

from lab.embedded.api.errors import ApiError
from lab.embedded.clock.agenda import EPOCH
from lab.embedded.objects import meta, times

if TYPE_CHECKING:
    from lab.embedded.api.interface import Api
    from lab.embedded.clock.agenda import Agenda

Object = dict[str, Any]
Key = tuple[str, ...]
V = TypeVar("V")

CACHE_SIZE = 4096
SIMILAR_LIMIT = 10
"""Different messages of one reason about one object before they are combined."""
SIMILAR_INTERVAL = 600.0
"""Seconds without a similar event after which counting of similar ones begins anew."""
BURST = 25
"""Events about one object that one source may record at once."""
REFILL = 1 / 300
"""Events a second by which that allowance comes back."""
SERIES_END = 360.0
"""Seconds after which a repeat begins a new series."""
SERIES_REFRESH = 1800.0
"""Seconds between two writes of a series' count."""

COMBINED = "(combined from similar events): "


class _Cache(OrderedDict[Key, V]):
    """The newest entries, by last use."""

    def remember(self, key: Key, value: V) -> None:
        self[key] = value
        self.move_to_end(key)
        if len(self) > CACHE_SIZE:
            self.popitem(last=False)


class _Similar(Struct):
    messages: dict[str, None] = field(default_factory=dict)
    last: float = 0.0


class _Allowance(Struct):
    tokens: float
    at: float


class _Seen(Struct):
    name: str
    count: int
    first: str


class EventRecorder:
    """Records what a component has to say about objects, into the namespace of each object."""

    def __init__(self, api: Api, agenda: Agenda, component: str, host: str = "") -> None:
        self._api = api
        self._agenda = agenda
        self._source = {"component": component, **({"host": host} if host else {})}
        self._seen: _Cache[_Seen] = _Cache()
        self._similar: _Cache[_Similar] = _Cache()
        self._allowances: _Cache[_Allowance] = _Cache()

    def record(self, obj: Object, event_type: str, reason: str, message: str, field_path: str = "") -> None:
        """Record an event of type `Normal` or `Warning`; a repeat only raises the count of the first."""
        reference = meta.object_reference(obj, field_path)
        about = (*self._source.values(), *(reference.get(part, "") for part in _IDENTITY))
        if not self._allowed(about):
            return
        group: Key = (*about, event_type, reason)
        message, combined = self._combine(group, message)
        key = group if combined else (*group, reference.get("fieldPath", ""), message)
        now = times.format_time(self._agenda.now())
        seen = self._seen.get(key)
        if seen is not None and self._count(seen, reference, message, now):
            self._seen.remember(key, seen)
            return
        self._seen.remember(key, self._create(reference, event_type, reason, message, now))

    def _allowed(self, about: Key) -> bool:
        now = self._agenda.now()
        allowance = self._allowances.get(about) or _Allowance(BURST, now)
        allowance.tokens = min(BURST, allowance.tokens + (now - allowance.at) * REFILL)
        allowance.at = now
        allowed = allowance.tokens >= 1
        if allowed:
            allowance.tokens -= 1
        self._allowances.remember(about, allowance)
        return allowed

    def _combine(self, group: Key, message: str) -> tuple[str, bool]:
        """The message to record, and whether it stands for similar ones."""
        now = self._agenda.now()
        similar = self._similar.get(group)
        if similar is None or now - similar.last > SIMILAR_INTERVAL:
            similar = _Similar()
        similar.messages[message] = None
        similar.last = now
        self._similar.remember(group, similar)
        if len(similar.messages) < SIMILAR_LIMIT:
            return message, False
        similar.messages.pop(next(iter(similar.messages)))
        return COMBINED + message, True

    def _count(self, seen: _Seen, reference: Object, message: str, now: str) -> bool:
        """Raise the count of the stored event; False when it is gone."""
        patch = {"count": seen.count + 1, "lastTimestamp": now, "message": message}
        try:
            self._api.patch("events", _space(reference), seen.name, "merge-patch+json", patch)
        except ApiError:
            return False
        seen.count += 1
        return True

    def _create(self, reference: Object, event_type: str, reason: str, message: str, now: str) -> _Seen:
        event = {
            "involvedObject": reference,
            "reason": reason,
            "message": message,
            "source": self._source,
            "firstTimestamp": now,
            "lastTimestamp": now,
            "count": 1,
            "type": event_type,
            "eventTime": None,
            "reportingComponent": self._source["component"],
            "reportingInstance": self._source.get("host", ""),
        }
        return _Seen(create_event(self._api, self._agenda, reference, event), 1, now)


class _Series(Struct):
    name: str
    count: int
    last: float
    written: float


class SeriesRecorder:
    """Records events in the form of events.k8s.io: `eventTime`, `action`, and a series for repeats."""

    def __init__(self, api: Api, agenda: Agenda, controller: str, instance: str) -> None:
        self._api = api
        self._agenda = agenda
        self._controller = controller
        self._instance = instance
        self._series: _Cache[_Series] = _Cache()

    def record(self, obj: Object, event_type: str, reason: str, action: str, note: str) -> None:
        """Record an event; repeats within six minutes become a series."""
        reference = meta.object_reference(obj)
        key: Key = (*(reference.get(part, "") for part in _IDENTITY), event_type, reason, action)
        now = self._agenda.now()
        series = self._series.get(key)
        if series is not None and now - series.last <= SERIES_END and self._continue(series, reference, now):
            self._series.remember(key, series)
            return
        event = {
            "involvedObject": reference,
            "reason": reason,
            "message": note,
            "source": {},
            "firstTimestamp": None,
            "lastTimestamp": None,
            "type": event_type,
            "eventTime": times.format_micro_time(now),
            "action": action,
            "reportingComponent": self._controller,
            "reportingInstance": self._instance,
        }
        name = create_event(self._api, self._agenda, reference, event)
        self._series.remember(key, _Series(name, 1, now, now))

    def _continue(self, series: _Series, reference: Object, now: float) -> bool:
        """Count a repeat; the first, and then one every half hour, is written. False: it is gone."""
        series.count += 1
        series.last = now
        if series.count > 2 and now - series.written < SERIES_REFRESH:
            return True
        series.written = now
        patch = {"series": {"count": series.count, "lastObservedTime": times.format_micro_time(now)}}
        try:
            self._api.patch("events", _space(reference), series.name, "merge-patch+json", patch)
        except ApiError:
            return False
        return True


_IDENTITY = ("kind", "namespace", "name", "uid", "apiVersion")


def _space(reference: Object) -> str:
    """Events about cluster-scoped objects live in `default`."""
    space: str = reference.get("namespace") or "default"
    return space


def create_event(api: Api, agenda: Agenda, reference: Object, event: Object) -> str:
    """Store a new event under `OBJECT.NANOSECONDS`, the next free nanosecond; returns its name.

    Events that nobody can hold any more (the namespace is going or gone) are dropped, as the real sink does.
    """
    space = _space(reference)
    nanoseconds = EPOCH * 1_000_000_000 + round(agenda.now() * 1_000_000) * 1000
    while api.find("events", space, f"{reference['name']}.{nanoseconds:x}") is not None:
        nanoseconds += 1
    name = f"{reference['name']}.{nanoseconds:x}"
    try:
        api.create("events", space, {"metadata": {"name": name, "namespace": space}, **event})
    except ApiError as error:
        if error.code not in {403, 404}:
            raise
    return name

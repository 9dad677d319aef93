"""The resource metrics API (`metrics.k8s.io/v1beta1`): what `kubectl top` reads.

As metrics-server answers (`pkg/storage`, `pkg/api` of v0.8): its nodes are scraped every `WINDOW` seconds, a
container is told of once a scrape has seen it run for ten seconds, a pod once all its running containers are
told of, and a pod that does not run never is. The scrapes are worked out when somebody asks, from what the
runtime knows: no timer runs for them, and nothing is stored.
"""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import orjson

from lab.embedded.api.errors import ApiError, bad_request, no_such_resource
from lab.embedded.objects import selectors
from lab.embedded.objects.quantities import parse_quantity
from lab.embedded.objects.times import format_time, parse_time
from lab.embedded.server import parameters
from lab.embedded.server.messages import Answer, Request
from lab.embedded.server.tables import table, wants_table
from lab.embedded.server.timeshift import shift_json

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lab.embedded.api.interface import ContainerUsage
    from lab.embedded.server.context import ServerContext
    from lab.embedded.server.paths import ResourcePath

Object = dict[str, Any]
GROUP, VERSION = "metrics.k8s.io", "v1beta1"
WINDOW = 15
"""Seconds between two scrapes (`--metric-resolution`)."""
FRESH = 10
"""Seconds that a container must have run before its first scrape counts."""


class Metrics:
    """Answers requests for NodeMetrics and PodMetrics. Lives on the cluster thread."""

    def __init__(self, context: ServerContext) -> None:
        self._context = context

    def answer(self, request: Request, path: ResourcePath, *, shifted: bool) -> Answer:
        """One object, or a list; `shifted`: with the host's time in place of the cluster's.

        Raises:
            ApiError: 404, there is no such thing or nothing is known of it yet; 405; 400.
        """
        misplaced = path.namespace is not None if path.plural == "nodes" else path.name and not path.namespace
        if misplaced or path.subresource:
            raise no_such_resource()
        if request.method not in {"GET", "HEAD"} or parameters.boolean(request.query, "watch"):
            message = "the server does not allow this method on the requested resource"
            raise ApiError(405, "MethodNotAllowed", message)
        body = orjson.dumps(self._found(request, path))
        return Answer(200, shift_json(body, self._context.shift.seconds() if shifted else 0))

    def _found(self, request: Request, path: ResourcePath) -> Object:
        scraped = self._context.agenda.now() // WINDOW * WINDOW
        found = self._nodes(scraped) if path.plural == "nodes" else self._pods(scraped, path.namespace)
        kind = "NodeMetrics" if path.plural == "nodes" else "PodMetrics"
        if path.name:
            return self._one(request, path, kind, found)
        test = _selection(request)
        items = [each for each in found if test(each)]
        if wants_table(request.header("accept")):
            return self._table(items)
        return {"kind": f"{kind}List", "apiVersion": f"{GROUP}/{VERSION}", "metadata": {}, "items": items}

    def _one(self, request: Request, path: ResourcePath, kind: str, found: Sequence[Object]) -> Object:
        named = f"{path.namespace}/{path.name}" if path.namespace else path.name
        if self._context.machinery.find(path.plural, path.namespace, path.name) is None:
            raise _not_found(path.plural, "", named)
        item = next((each for each in found if each["metadata"]["name"] == path.name), None)
        if item is None:
            raise _not_found(f"{kind.lower()}.{GROUP}", GROUP, named)
        if wants_table(request.header("accept")):
            return self._table([item])
        return {"kind": kind, "apiVersion": f"{GROUP}/{VERSION}", **item}

    def _table(self, items: Sequence[Object]) -> Object:
        return table(GROUP, items, self._context.agenda.now(), metadata={}, include="Metadata")

    def _usage(self, scraped: float) -> list[ContainerUsage]:
        up = self._context.agent.machines()
        return [each for each in self._context.agent.usage(scraped - WINDOW) if up.get(each.node)]

    def _pods(self, scraped: float, namespace: str | None) -> list[Object]:
        containers: dict[tuple[str, str], list[ContainerUsage]] = defaultdict(list)
        for each in self._usage(scraped):
            if each.started_at <= scraped and namespace in {None, each.namespace}:
                containers[each.namespace, each.pod].append(each)
        found = []
        for (where, name), members in sorted(containers.items()):
            pod = self._context.machinery.find("pods", where, name)
            ages = [scraped - each.started_at for each in members]
            if pod is None or pod["status"].get("phase") != "Running" or min(ages) < FRESH:
                continue
            window = min(WINDOW, max(ages))
            item = self._item(pod, scraped, window)
            item["containers"] = [
                {"name": each.container, "usage": _usage([each], min(WINDOW, scraped - each.started_at))}
                for each in sorted(members, key=lambda each: each.container)
            ]
            found.append(item)
        return found

    def _nodes(self, scraped: float) -> list[Object]:
        usage = self._usage(scraped)
        up = self._context.agent.machines()
        found = []
        for node in self._context.machinery.list("nodes").items:
            name = node["metadata"]["name"]
            age = scraped - parse_time(node["metadata"]["creationTimestamp"])
            if age < FRESH or not up.get(name):
                continue
            item = self._item(node, scraped, min(WINDOW, age))
            item["usage"] = _usage([each for each in usage if each.node == name], WINDOW, _processors(node))
            found.append(item)
        return found

    def _item(self, obj: Object, scraped: float, window: float) -> Object:
        metadata = obj["metadata"]
        kept = {key: metadata[key] for key in ("name", "namespace", "labels") if metadata.get(key)}
        return {
            "metadata": {**kept, "creationTimestamp": format_time(self._context.agenda.now())},
            "timestamp": format_time(scraped),
            "window": _duration(window),
        }


def _not_found(resource: str, group: str, name: str) -> ApiError:
    details = {"name": name, **({"group": group} if group else {}), "kind": resource.partition(".")[0]}
    return ApiError(404, "NotFound", f'{resource} "{name}" not found', details)


def _usage(members: Sequence[ContainerUsage], window: float, processors: float = math.inf) -> dict[str, str]:
    """Cores in nano units, memory in Ki, as metrics-server writes them."""
    cores = min(sum(min(each.cpu / window, each.cpu_limit) for each in members), processors)
    nanos = round(cores * 1e9)
    memory = sum(each.memory for each in members) // 1024
    return {"cpu": f"{nanos}n" if nanos else "0", "memory": f"{memory}Ki" if memory else "0"}


def _processors(node: Object) -> float:
    capacity = (node.get("status", {}).get("capacity") or {}).get("cpu")
    return math.inf if capacity is None else float(parse_quantity(capacity).value)


def _duration(seconds: float) -> str:
    return f"{seconds:.3f}".rstrip("0").rstrip(".") + "s"


def _selection(request: Request) -> Callable[[Object], bool]:
    try:
        labels = selectors.parse_labels(parameters.text(request.query, "labelSelector"))
        fields = selectors.parse_fields(parameters.text(request.query, "fieldSelector"))
    except ValueError as error:
        raise bad_request(str(error)) from error
    for each in fields:
        if each.path not in {"metadata.name", "metadata.namespace"}:
            raise bad_request(f"field label not supported: {each.path}")

    def test(item: Object) -> bool:
        metadata = item["metadata"]
        return labels.matches(metadata.get("labels") or {}) and all(
            (metadata.get(each.path.removeprefix("metadata."), "") == each.value) == each.equal
            for each in fields
        )

    return test

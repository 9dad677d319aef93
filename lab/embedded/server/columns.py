"""Which columns `kubectl get` shows of each kind: `pkg/printers/internalversion/printers.go`.

Every printer is a function of the object and of cluster time, and gives the cells of all columns, the wide
ones last or where Kubernetes has them; which are shown is the client's affair (`priority`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from lab.embedded.api.events_view import EVENTS
from lab.embedded.objects.quantities import parse_quantity
from lab.embedded.objects.times import parse_time
from lab.embedded.server.ages import age, human_duration
from lab.embedded.server.pod_rows import pod_cells

Object = dict[str, Any]
Cells = Callable[[Object, float], list[Any]]


class Column(Struct, frozen=True):
    """One column; `wide` ones are shown by `-o wide` only."""

    name: str
    type: str = "string"
    wide: bool = False


class Printer(Struct, frozen=True):
    """The columns of a kind, and how to fill them."""

    columns: Sequence[Column]
    cells: Cells


def _columns(text: str) -> tuple[Column, ...]:
    """`Name, Count:integer | Wide, Wide`: what follows the bar is wide."""
    normal, _, wide = text.partition("|")
    return tuple(
        Column(name.strip().partition(":")[0], name.strip().partition(":")[2] or "string", is_wide)
        for part, is_wide in ((normal, False), (wide, True))
        for name in part.split(",")
        if name.strip()
    )


def _name(obj: Object) -> str:
    return str(obj["metadata"]["name"])


def _age(obj: Object, now: float) -> str:
    return age(obj["metadata"].get("creationTimestamp"), now)


def _labels(labels: Mapping[str, str] | None) -> str:
    return ",".join(f"{key}={value}" for key, value in sorted((labels or {}).items())) or "<none>"


def _selector(selector: Object | None) -> str:
    if not selector:
        return "<none>"
    terms = [(key, f"{key}={value}") for key, value in (selector.get("matchLabels") or {}).items()]
    for each in selector.get("matchExpressions") or ():
        key, values = each["key"], ",".join(sorted(each.get("values") or ()))
        written = {
            "In": f"{key} in ({values})", "NotIn": f"{key} notin ({values})",
            "Exists": key, "DoesNotExist": f"!{key}",
        }  # fmt: skip
        terms.append((key, written[each["operator"]]))
    return ",".join(text for _, text in sorted(terms)) or "<none>"


def _containers(template: Object) -> list[str]:
    containers = template.get("spec", {}).get("containers") or ()
    return [
        ",".join(each.get("name", "") for each in containers),
        ",".join(each.get("image", "") for each in containers),
    ]


def _shortened(items: Sequence[str], empty: str, limit: int = 3) -> str:
    if not items:
        return empty
    text = ",".join(items[:limit])
    return f"{text} + {len(items) - limit} more..." if len(items) > limit else text


def _plain(obj: Object, now: float) -> list[Any]:
    return [_name(obj), _age(obj, now)]


def _deployment(obj: Object, now: float) -> list[Any]:
    spec, status = obj.get("spec", {}), obj.get("status", {})
    return [
        _name(obj), f"{status.get('readyReplicas', 0)}/{spec.get('replicas', 0)}",
        status.get("updatedReplicas", 0), status.get("availableReplicas", 0), _age(obj, now),
        *_containers(spec.get("template", {})), _selector(spec.get("selector")),
    ]  # fmt: skip


def _replica_set(obj: Object, now: float) -> list[Any]:
    spec, status = obj.get("spec", {}), obj.get("status", {})
    return [
        _name(obj), spec.get("replicas", 0), status.get("replicas", 0), status.get("readyReplicas", 0),
        _age(obj, now), *_containers(spec.get("template", {})), _selector(spec.get("selector")),
    ]  # fmt: skip


def _job(obj: Object, now: float) -> list[Any]:
    spec, status = obj.get("spec", {}), obj.get("status", {})
    done, wanted = status.get("succeeded", 0), spec.get("completions")
    parallelism = spec.get("parallelism", 1)
    if wanted is not None:
        completions = f"{done}/{wanted}"
    else:
        completions = f"{done}/1 of {parallelism}" if parallelism > 1 else f"{done}/1"
    duration = ""
    if status.get("startTime"):
        end = parse_time(status["completionTime"]) if status.get("completionTime") else now
        duration = human_duration(end - parse_time(status["startTime"]))
    return [
        _name(obj), _job_status(obj), completions, duration, _age(obj, now),
        *_containers(spec.get("template", {})), _selector(spec.get("selector")),
    ]  # fmt: skip


def _job_status(obj: Object) -> str:
    true = {
        each["type"] for each in obj.get("status", {}).get("conditions") or () if each.get("status") == "True"
    }
    if obj["metadata"].get("deletionTimestamp") and not true & {"Complete", "Failed"}:
        return "Terminating"
    for kind in ("Complete", "Failed", "Suspended", "FailureTarget", "SuccessCriteriaMet"):
        if kind in true:
            return kind
    return "Running"


def _service(obj: Object, now: float) -> list[Any]:
    spec = obj.get("spec", {})
    addresses = spec.get("clusterIPs") or ([spec["clusterIP"]] if spec.get("clusterIP") else [])
    return [
        _name(obj), spec.get("type", ""), addresses[0] if addresses else "<none>", _external(obj),
        ",".join(map(_service_port, spec.get("ports") or ())) or "<none>", _age(obj, now),
        _labels(spec.get("selector")),
    ]  # fmt: skip


def _service_port(port: Object) -> str:
    node_port = f":{port['nodePort']}" if port.get("nodePort") else ""
    return f"{port['port']}{node_port}/{port.get('protocol', 'TCP')}"


def _external(obj: Object) -> str:
    spec = obj.get("spec", {})
    listed = ",".join(spec.get("externalIPs") or ())
    kind = spec.get("type", "ClusterIP")
    if kind == "ExternalName":
        return str(spec.get("externalName", ""))
    if kind == "LoadBalancer":
        ingress = obj.get("status", {}).get("loadBalancer", {}).get("ingress") or ()
        given = [each.get("ip") or each.get("hostname") or "" for each in ingress]
        return ",".join([*given, *(spec.get("externalIPs") or ())]) or "<pending>"
    return listed or "<none>"


def _endpoints(obj: Object, now: float) -> list[Any]:
    found: list[str] = []
    for subset in obj.get("subsets") or ():
        addresses = [each["ip"] for each in subset.get("addresses") or ()]
        ports = subset.get("ports") or ()
        found += [f"{ip}:{port['port']}" for port in ports for ip in addresses] if ports else addresses
    return [_name(obj), _shortened(found, "<none>"), _age(obj, now)]


def _endpoint_slice(obj: Object, now: float) -> list[Any]:
    ports = [str(each.get("port") or each.get("name") or "*") for each in obj.get("ports") or ()]
    addresses = [each for endpoint in obj.get("endpoints") or () for each in endpoint.get("addresses") or ()]
    shown = [_shortened(ports, "<unset>"), _shortened(addresses, "<unset>")]
    return [_name(obj), obj.get("addressType", ""), *shown, _age(obj, now)]


def _node(obj: Object, now: float) -> list[Any]:
    status, info = obj.get("status", {}), obj.get("status", {}).get("nodeInfo", {})
    ready = next((each for each in status.get("conditions") or () if each["type"] == "Ready"), None)
    state = "Unknown" if ready is None else "Ready" if ready["status"] == "True" else "NotReady"
    if obj.get("spec", {}).get("unschedulable"):
        state += ",SchedulingDisabled"
    by_type = {each["type"]: each["address"] for each in reversed(status.get("addresses") or ())}
    return [
        _name(obj), state, _roles(obj["metadata"].get("labels") or {}), _age(obj, now),
        info.get("kubeletVersion", ""), by_type.get("InternalIP", "<none>"),
        by_type.get("ExternalIP", "<none>"), info.get("osImage") or "<unknown>",
        info.get("kernelVersion") or "<unknown>", info.get("containerRuntimeVersion") or "<unknown>",
    ]  # fmt: skip


def _roles(labels: Mapping[str, str]) -> str:
    prefix = "node-role.kubernetes.io/"
    roles = {key.removeprefix(prefix) for key in labels if key.startswith(prefix)}
    roles |= {value for key, value in labels.items() if key == "kubernetes.io/role" and value}
    return ",".join(sorted(filter(None, roles))) or "<none>"


def _event(obj: Object, now: float) -> list[Any]:
    first = age(obj.get("firstTimestamp") or obj.get("eventTime"), now)
    last = age(obj["lastTimestamp"], now) if obj.get("lastTimestamp") else first
    count, series = obj.get("count") or 1, obj.get("series")
    if series:
        last, count = age(series.get("lastObservedTime"), now), series.get("count", 0) + 1
    involved, source = obj.get("involvedObject") or {}, obj.get("source") or {}
    target = involved.get("kind", "").lower()
    if involved.get("name"):
        target += f"/{involved['name']}"
    component = source.get("component") or obj.get("reportingComponent") or ""
    instance = source.get("host") or obj.get("reportingInstance") or ""
    return [
        last, obj.get("type", ""), obj.get("reason", ""), target, involved.get("fieldPath", ""),
        f"{component}, {instance}" if instance else component, obj.get("message", "").strip(),
        first, count, _name(obj),
    ]  # fmt: skip


def _viewed_event(obj: Object, now: float) -> list[Any]:
    return _event(EVENTS.store(obj), now)


def _scale(obj: Object, now: float) -> list[Any]:
    spec, status = obj.get("spec", {}), obj.get("status", {})
    return [_name(obj), spec.get("replicas", 0), status.get("replicas", 0), _age(obj, now)]


def _namespace(obj: Object, now: float) -> list[Any]:
    return [_name(obj), obj.get("status", {}).get("phase", ""), _age(obj, now)]


def _secret(obj: Object, now: float) -> list[Any]:
    return [_name(obj), obj.get("type", ""), len(obj.get("data") or ()), _age(obj, now)]


def _config_map(obj: Object, now: float) -> list[Any]:
    return [_name(obj), len(obj.get("data") or ()) + len(obj.get("binaryData") or ()), _age(obj, now)]


def _service_account(obj: Object, now: float) -> list[Any]:
    return [_name(obj), len(obj.get("secrets") or ()), _age(obj, now)]


def _disruption_budget(obj: Object, now: float) -> list[Any]:
    spec = obj.get("spec", {})
    limits = [str(spec.get(key, "N/A")) for key in ("minAvailable", "maxUnavailable")]
    return [_name(obj), *limits, obj.get("status", {}).get("disruptionsAllowed", 0), _age(obj, now)]


def _network_policy(obj: Object, now: float) -> list[Any]:
    return [_name(obj), _selector(obj.get("spec", {}).get("podSelector")), _age(obj, now)]


def _resource_quota(obj: Object, now: float) -> list[Any]:
    hard, used = obj.get("status", {}).get("hard") or {}, obj.get("status", {}).get("used") or {}

    def written(keys: Iterable[str]) -> str:
        return ", ".join(f"{key}: {used.get(key, '0')}/{hard[key]}" for key in sorted(keys))

    limits = {key for key in hard if key.startswith("limits")}
    return [_name(obj), written(set(hard) - limits), written(limits), _age(obj, now)]


def _limit_range(obj: Object, _now: float) -> list[Any]:
    return [_name(obj), obj["metadata"].get("creationTimestamp", "")]


def _lease(obj: Object, now: float) -> list[Any]:
    return [_name(obj), obj.get("spec", {}).get("holderIdentity", ""), _age(obj, now)]


_TEMPLATE = "| Containers, Images, Selector"
DEFAULT = Printer(_columns("Name, Age"), _plain)
"""What is shown of a kind without a printer of its own."""


def _metrics(obj: Object, _now: float) -> list[Any]:
    usages = [obj["usage"]] if "usage" in obj else [each["usage"] for each in obj["containers"]]
    total = [
        str(sum((parse_quantity(each[name]) for each in usages[1:]), parse_quantity(usages[0][name])))
        for name in ("cpu", "memory")
    ]
    return [_name(obj), *total, obj["window"]]


_EVENTS = Printer(
    (
        Column("Last Seen"), Column("Type"), Column("Reason"), Column("Object"),
        Column("Subobject", wide=True), Column("Source", wide=True), Column("Message"),
        Column("First Seen", wide=True), Column("Count", "integer", wide=True), Column("Name", wide=True),
    ),
    _event,
)  # fmt: skip

PRINTERS: Mapping[str, Printer] = {
    "pods": Printer(
        _columns("Name, Ready, Status, Restarts, Age | IP, Node, Nominated Node, Readiness Gates"), pod_cells
    ),
    "deployments.apps": Printer(
        _columns(f"Name, Ready, Up-to-date:integer, Available:integer, Age {_TEMPLATE}"), _deployment
    ),
    "replicasets.apps": Printer(
        _columns(f"Name, Desired:integer, Current:integer, Ready:integer, Age {_TEMPLATE}"), _replica_set
    ),
    "jobs.batch": Printer(_columns(f"Name, Status, Completions, Duration, Age {_TEMPLATE}"), _job),
    "services": Printer(_columns("Name, Type, Cluster-IP, External-IP, Port(s), Age | Selector"), _service),
    "endpoints": Printer(_columns("Name, Endpoints, Age"), _endpoints),
    "endpointslices.discovery.k8s.io": Printer(
        _columns("Name, AddressType, Ports, Endpoints, Age"), _endpoint_slice
    ),
    "nodes": Printer(
        _columns(
            "Name, Status, Roles, Age, Version "
            "| Internal-IP, External-IP, OS-Image, Kernel-Version, Container-Runtime"
        ),
        _node,
    ),
    "events": _EVENTS,
    "events.events.k8s.io": Printer(_EVENTS.columns, _viewed_event),
    "scale": Printer(_columns("Name, Desired:integer, Available:integer, Age"), _scale),
    "namespaces": Printer(_columns("Name, Status, Age"), _namespace),
    "secrets": Printer(_columns("Name, Type, Data, Age"), _secret),
    "configmaps": Printer(_columns("Name, Data, Age"), _config_map),
    "serviceaccounts": Printer(_columns("Name, Secrets, Age"), _service_account),
    "poddisruptionbudgets.policy": Printer(
        _columns("Name, Min Available, Max Unavailable, Allowed Disruptions:integer, Age"), _disruption_budget
    ),
    "networkpolicies.networking.k8s.io": Printer(_columns("Name, Pod-Selector, Age"), _network_policy),
    "resourcequotas": Printer(_columns("Name, Request, Limit, Age"), _resource_quota),
    "limitranges": Printer(_columns("Name, Created At"), _limit_range),
    "leases.coordination.k8s.io": Printer(_columns("Name, Holder, Age"), _lease),
    "metrics.k8s.io": Printer(_columns("Name, cpu, memory, Window"), _metrics),
}
"""Printers by resource."""

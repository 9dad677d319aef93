"""The environment of a container: literals, references, expansion, services.

Follows `makeEnvironmentVariables` (`pkg/kubelet/kubelet_pods.go`): service variables first, then `envFrom`
in order, then `env` in order, each seeing those before it in `$(NAME)`. A missing reference is a
`ConfigError`, which the pod shows as CreateContainerConfigError and which mends itself when the reference
appears.
"""

from __future__ import annotations

import base64
import re
from math import ceil
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from lab.embedded.objects.quantities import parse_quantity

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Json = dict[str, Any]
_REFERENCE = re.compile(r"\$(\$|\(([^)]*)\))?")


class ConfigError(Exception):
    """The container cannot be configured; the text is the kubelet's (`secret "x" not found`)."""


class Sources(Struct, frozen=True):
    """Where references are looked up."""

    find: Callable[[str, str], Json | None]
    """An object of the pod's namespace by resource and name (`secrets`, `configmaps`)."""
    services: Callable[[], Sequence[Json]]
    """Services whose variables the pod sees: its namespace's, and `default/kubernetes`."""
    allocatable: Mapping[str, str]
    """The node's allocatable resources, for `resourceFieldRef` without a limit."""


def expand(text: str, values: Mapping[str, str]) -> str:
    """`$(NAME)` replaced where the name is known, `$$` by `$` (`third_party/forked/golang/expansion`)."""

    def replacement(match: re.Match[str]) -> str:
        if match[1] == "$":
            return "$"
        if match[2] is None:
            return match[0]
        return values.get(match[2], match[0])

    return _REFERENCE.sub(replacement, text)


def expand_path(text: str, values: Mapping[str, str]) -> str:
    """A mount's `subPathExpr` with its variables (`ExpandContainerVolumeMounts`).

    Raises:
        ConfigError: a variable has no value, or they lead out of the volume.
    """
    names = (match[2] for match in _REFERENCE.finditer(text) if match[2] is not None)
    missing = sorted({name for name in names if not values.get(name)})
    if missing:
        raise ConfigError(f"missing value for {', '.join(missing)}")
    path = expand(text, values)
    if path.startswith("/"):
        raise ConfigError(f"error SubPath `{path}` must not be an absolute path")
    if ".." in path.split("/"):
        raise ConfigError(f"unable to provision SubPath `{path}`: must not contain '..'")
    return path


def service_variables(services: Sequence[Json], namespace: str) -> dict[str, str]:
    """`FOO_SERVICE_HOST` and its kin (`pkg/kubelet/envvars`); headless services have none."""
    values: dict[str, str] = {}
    own = [each for each in services if each["metadata"]["namespace"] == namespace]
    names = {each["metadata"]["name"] for each in own}
    for service in [each for each in services if each["metadata"]["name"] not in names] + own:
        address = service["spec"].get("clusterIP")
        ports = service["spec"].get("ports") or []
        if not address or address == "None" or not ports:
            continue
        prefix = service["metadata"]["name"].upper().replace("-", "_")
        values[f"{prefix}_SERVICE_HOST"] = address
        values[f"{prefix}_SERVICE_PORT"] = str(ports[0]["port"])
        for port in ports:
            if port.get("name"):
                values[f"{prefix}_SERVICE_PORT_{port['name'].upper().replace('-', '_')}"] = str(port["port"])
        first = ports[0]
        values[f"{prefix}_PORT"] = f"{first.get('protocol', 'TCP').lower()}://{address}:{first['port']}"
        for port in ports:
            protocol = port.get("protocol", "TCP")
            base = f"{prefix}_PORT_{port['port']}_{protocol}"
            values[base] = f"{protocol.lower()}://{address}:{port['port']}"
            values[f"{base}_PROTO"] = protocol.lower()
            values[f"{base}_PORT"] = str(port["port"])
            values[f"{base}_ADDR"] = address
    return values


def config_map_data(obj: Json) -> dict[str, bytes]:
    """All keys of a ConfigMap with their bytes."""
    data = {key: value.encode() for key, value in (obj.get("data") or {}).items()}
    return data | {key: base64.b64decode(value) for key, value in (obj.get("binaryData") or {}).items()}


def config_map_text(obj: Json) -> dict[str, bytes]:
    """The keys of a ConfigMap that become environment variables: its texts, never its `binaryData`."""
    return {key: value.encode() for key, value in (obj.get("data") or {}).items()}


def secret_data(obj: Json) -> dict[str, bytes]:
    """All keys of a Secret with their bytes."""
    return {key: base64.b64decode(value) for key, value in (obj.get("data") or {}).items()}


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def container_environment(
    pod: Json, container: Json, pod_ip: str, host_ip: str, sources: Sources
) -> dict[str, str]:
    """All environment variables the manifest gives a container.

    Raises:
        ConfigError: a reference that is not optional leads nowhere.
    """
    namespace = pod["metadata"]["namespace"]
    services = sources.services()
    if pod["spec"].get("enableServiceLinks") is False:
        services = [
            each
            for each in services
            if each["metadata"]["name"] == "kubernetes" and each["metadata"]["namespace"] == "default"
        ]
    available = service_variables(services, namespace)
    result: dict[str, str] = {}
    for source in container.get("envFrom") or ():
        result.update(_from_source(source, sources))
    known = available | result
    for variable in container.get("env") or ():
        value = _value(pod, container, variable, known, (pod_ip, host_ip), sources)
        if value is not None:
            result[variable["name"]] = known[variable["name"]] = value
    return available | result


def _from_source(source: Json, sources: Sources) -> dict[str, str]:
    prefix = source.get("prefix", "")
    for field, resource, word, read in (
        ("configMapRef", "configmaps", "configmap", config_map_text),
        ("secretRef", "secrets", "secret", secret_data),
    ):
        if field in source:
            found = sources.find(resource, source[field]["name"])
            if found is None:
                if source[field].get("optional"):
                    return {}
                raise ConfigError(f'{word} "{source[field]["name"]}" not found')
            return {prefix + key: _text(value) for key, value in read(found).items()}
    return {}


def _value(
    pod: Json,
    container: Json,
    variable: Json,
    known: Mapping[str, str],
    ips: tuple[str, str],
    sources: Sources,
) -> str | None:
    origin = variable.get("valueFrom")
    if not origin:
        return expand(variable.get("value") or "", known)
    if "secretKeyRef" in origin:
        return _key(pod, origin["secretKeyRef"], ("secrets", "secret", "Secret"), secret_data, sources)
    if "configMapKeyRef" in origin:
        return _key(
            pod, origin["configMapKeyRef"], ("configmaps", "configmap", "ConfigMap"), config_map_text, sources
        )
    if "fieldRef" in origin:
        return field_value(pod, origin["fieldRef"]["fieldPath"], ips)
    if "resourceFieldRef" in origin:
        return resource_value(pod, container, origin["resourceFieldRef"], sources.allocatable)
    return ""


def _key(
    pod: Json,
    reference: Json,
    words: tuple[str, str, str],
    read: Callable[[Json], dict[str, bytes]],
    sources: Sources,
) -> str | None:
    resource, word, kind = words
    name, key = reference["name"], reference["key"]
    found = sources.find(resource, name)
    if found is None:
        if reference.get("optional"):
            return None
        raise ConfigError(f'{word} "{name}" not found')
    data = read(found)
    if key not in data:
        if reference.get("optional"):
            return None
        raise ConfigError(f"couldn't find key {key} in {kind} {pod['metadata']['namespace']}/{name}")
    return _text(data[key])


def field_value(pod: Json, path: str, ips: tuple[str, str]) -> str:
    """The value of a downward API field (`metadata.name`, `status.podIP`, `metadata.labels['x']`, …).

    Raises:
        ConfigError: there is no such field.
    """
    metadata, spec = pod["metadata"], pod["spec"]
    simple = {
        "metadata.name": metadata.get("name", ""),
        "metadata.namespace": metadata.get("namespace", ""),
        "metadata.uid": metadata.get("uid", ""),
        "spec.nodeName": spec.get("nodeName", ""),
        "spec.serviceAccountName": spec.get("serviceAccountName", "default"),
        "status.podIP": ips[0],
        "status.podIPs": ips[0],
        "status.hostIP": ips[1],
        "status.hostIPs": ips[1],
    }
    if path in simple:
        return str(simple[path])
    match = re.fullmatch(r"metadata\.(labels|annotations)(?:\['([^']*)'\])?", path)
    if match is None:
        raise ConfigError(f"unsupported fieldPath: {path}")
    values = metadata.get(match[1]) or {}
    if match[2] is not None:
        return str(values.get(match[2], ""))
    return "\n".join(f'{key}="{values[key]}"' for key in sorted(values))


def resource_value(pod: Json, container: Json, reference: Json, allocatable: Mapping[str, str]) -> str:
    """A `resourceFieldRef`: the limit or request in units of the divisor, rounded up."""
    named = reference.get("containerName")
    everything = [*pod["spec"]["containers"], *(pod["spec"].get("initContainers") or ())]
    subject = next((each for each in everything if each["name"] == named), container)
    kind, _, resource = reference["resource"].partition(".")
    amount = ((subject.get("resources") or {}).get(kind) or {}).get(resource)
    if amount is None:
        amount = allocatable.get(resource, "0") if kind == "limits" else "0"
    divisor = parse_quantity(reference.get("divisor") or "1").value or 1
    return str(ceil(parse_quantity(amount).value / divisor))

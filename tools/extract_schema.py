"""Extract the schemas of the served kinds from the Kubernetes definitions that kubernetes-validate carries.

Usage: python tools/extract_schema.py DEFINITIONS.json

DEFINITIONS.json is `kubernetes-json-schema/v1.36.0-local/_definitions.json` of the package
kubernetes-validate (Apache-2.0), itself made from the OpenAPI description of Kubernetes (Apache-2.0). The
result keeps what the kinds below refer to, descriptions and merge keys included, as components of an
OpenAPI v3 document.
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import Any

TARGET = Path(__file__).resolve().parent.parent / "lab/embedded/api/schema/kubernetes-v1.36.json.gz"

CORE = (
    "Binding ConfigMap Endpoints Event LimitRange Namespace Node Pod PodTemplate ResourceQuota Secret "
    "Service ServiceAccount"
)
OTHERS = {
    "apps.v1": "Deployment ReplicaSet",
    "authentication.v1": "TokenRequest",
    "authorization.v1": "SelfSubjectAccessReview SelfSubjectRulesReview",
    "autoscaling.v1": "Scale",
    "batch.v1": "Job",
    "coordination.v1": "Lease",
    "discovery.v1": "EndpointSlice",
    "events.v1": "Event",
    "networking.v1": "NetworkPolicy",
    "policy.v1": "Eviction PodDisruptionBudget",
}
META = "APIGroup APIGroupList APIResourceList APIVersions DeleteOptions Status WatchEvent"
CORE_PREFIX, META_PREFIX = "io.k8s.api.core.v1.", "io.k8s.apimachinery.pkg.apis.meta.v1."
SPECIAL: dict[str, dict[str, Any]] = {
    "io.k8s.apimachinery.pkg.api.resource.Quantity": {"oneOf": [{"type": "string"}, {"type": "number"}]},
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": {
        "format": "int-or-string",
        "oneOf": [{"type": "integer"}, {"type": "string"}],
    },
}


def roots(definitions: dict[str, Any]) -> list[str]:
    """The definitions everything wanted is reached from, lists of each kind included."""
    names = [CORE_PREFIX + name for name in CORE.split()]
    names += [f"io.k8s.api.{group}.{name}" for group, kinds in OTHERS.items() for name in kinds.split()]
    names += [f"{name}List" for name in names if f"{name}List" in definitions]
    return names + [META_PREFIX + name for name in META.split()]


def references(value: Any) -> set[str]:
    """Names of the definitions a schema refers to."""
    if isinstance(value, list):
        return set().union(*(references(each) for each in value))
    if not isinstance(value, dict):
        return set()
    found = set().union(*(references(each) for each in value.values()))
    target = value.get("$ref")
    return found | {target.rpartition("/")[2]} if isinstance(target, str) else found


def plain(value: Any, name: str = "") -> Any:
    """The schema as OpenAPI has it: no null types, no fixed apiVersion and kind, references to components."""
    if isinstance(value, list):
        return [plain(each) for each in value]
    if not isinstance(value, dict):
        return value
    if isinstance(value.get("$ref"), str):
        reference = {"$ref": "#/components/schemas/" + value["$ref"].rpartition("/")[2]}
        rest = {key: plain(each) for key, each in value.items() if key != "$ref"}
        return {"allOf": [reference], **rest} if rest else reference
    result = {key: plain(each, key) for key, each in value.items()}
    if isinstance(value.get("type"), list):
        (result["type"],) = [each for each in value["type"] if each != "null"]
    if name in {"apiVersion", "kind"} and "description" in value:
        result.pop("enum", None)
    if isinstance(result.get("enum"), list):
        result["enum"] = [each for each in result["enum"] if each is not None]
    return result


def main(source: str) -> None:
    """Write the compact file and say what is in it."""
    definitions = json.loads(Path(source).read_text(encoding="utf-8"))["$defs"]
    wanted, reached = roots(definitions), set[str]()
    while wanted:
        name = wanted.pop()
        if name not in reached:
            reached.add(name)
            wanted += references(definitions[name])
    schemas = {name: plain(definitions[name]) for name in sorted(reached)}
    for name, schema in SPECIAL.items():
        schemas[name] = {"description": definitions[name].get("description", ""), **schema}
    text = json.dumps(schemas, sort_keys=True, separators=(",", ":")).encode()
    TARGET.write_bytes(gzip.compress(text, 9, mtime=0))
    print(f"{TARGET.name}: {len(schemas)} definitions, {len(text)} bytes, {TARGET.stat().st_size} compressed")


if __name__ == "__main__":
    main(sys.argv[1])

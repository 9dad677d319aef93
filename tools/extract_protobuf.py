"""Extract the protobuf numbering of the served kinds from the Go types of Kubernetes.

Usage: python tools/extract_protobuf.py API APIMACHINERY

API and APIMACHINERY are checkouts of github.com/kubernetes/api and github.com/kubernetes/apimachinery
(Apache-2.0) at v0.36. The result says, for each message and field number: the JSON name (empty: inlined), the
type, whether it repeats or is a map, and whether a zero value is left out of JSON. Facts only, no text.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "lab/embedded/server/protobuf-v1.36.json.gz"
GROUPS = {
    "core/v1": "v1", "apps/v1": "apps/v1", "batch/v1": "batch/v1", "policy/v1": "policy/v1",
    "networking/v1": "networking.k8s.io/v1", "authorization/v1": "authorization.k8s.io/v1",
    "authentication/v1": "authentication.k8s.io/v1", "discovery/v1": "discovery.k8s.io/v1",
    "autoscaling/v1": "autoscaling/v1", "coordination/v1": "coordination.k8s.io/v1",
    "events/v1": "events.k8s.io/v1",
}  # fmt: skip
ROOTS = (
    "v1.Binding", "v1.ConfigMap", "v1.Endpoints", "v1.Event", "v1.LimitRange", "v1.Namespace", "v1.Node",
    "v1.Pod",
    "v1.ResourceQuota", "v1.Secret", "v1.Service", "v1.ServiceAccount", "apps/v1.Deployment",
    "apps/v1.ReplicaSet", "batch/v1.Job", "policy/v1.PodDisruptionBudget", "policy/v1.Eviction",
    "networking.k8s.io/v1.NetworkPolicy", "authorization.k8s.io/v1.SelfSubjectAccessReview",
    "authorization.k8s.io/v1.SelfSubjectRulesReview", "authentication.k8s.io/v1.SelfSubjectReview",
    "authentication.k8s.io/v1.TokenRequest", "discovery.k8s.io/v1.EndpointSlice", "autoscaling/v1.Scale",
    "coordination.k8s.io/v1.Lease", "events.k8s.io/v1.Event", "meta/v1.DeleteOptions",
)  # fmt: skip
SPECIAL = {
    "metav1.Time": "time", "metav1.MicroTime": "time", "Time": "time", "MicroTime": "time",
    "resource.Quantity": "quantity", "intstr.IntOrString": "int-or-string",
    "metav1.FieldsV1": "raw", "FieldsV1": "raw",
    "runtime.RawExtension": "raw", "string": "string", "bool": "bool", "int32": "int",
    "int64": "int", "int": "int",
    "uint32": "int", "uint64": "int", "float64": "double", "types.UID": "string", "types.NodeName": "string",
    "byte": "byte",
}  # fmt: skip
Structs = dict[str, dict[str, tuple[str, str, bool]]]
"""Message, field number: JSON name (empty: inlined), Go type, whether a zero is left out."""
FIELD = re.compile(r'^\s+(?:(\w+)\s+)?(\S+)\s+`json:"([^"]*)"[^`]*protobuf:"([^"]*)"')
STRUCT = re.compile(r"^type (\w+) struct \{$")
ALIAS = re.compile(r"^type (\w+) (string|map\[string\]\S+|\[\]\S+|map\[\w+\]\S+)$")


def main() -> None:
    """Read the types, keep what the roots refer to, write the table."""
    api, machinery = map(Path, sys.argv[1:3])
    sources = {"meta/v1": machinery / "pkg/apis/meta/v1/types.go"}
    sources |= {version: api / path / "types.go" for path, version in GROUPS.items()}
    structs: Structs = {}
    aliases: dict[str, str] = {}
    for version, path in sources.items():
        read(version, path.read_text(), structs, aliases)
    done: dict[str, dict[str, list[object]]] = {}
    todo = list(ROOTS)
    while todo:
        name = todo.pop()
        if name in done:
            continue
        done[name] = {}
        for number, (json_name, go_type, omit) in structs[name].items():
            shape, base = resolve(go_type, name.rpartition(".")[0], aliases, structs)
            done[name][number] = [json_name, shape, base, omit]
            if base in structs:
                todo.append(base)
    packed = gzip.compress(json.dumps(done, sort_keys=True, separators=(",", ":")).encode(), mtime=0)
    TARGET.write_bytes(packed)
    print(f"{len(done)} messages, {len(packed)} bytes")


def read(version: str, text: str, structs: Structs, aliases: dict[str, str]) -> None:
    """Note the structs and aliases of one types.go."""
    current = None
    for line in text.splitlines():
        if match := STRUCT.match(line):
            current = structs.setdefault(f"{version}.{match[1]}", {})
        elif line == "}":
            current = None
        elif match := ALIAS.match(line.split(" //")[0]):
            aliases[f"{version}.{match[1]}"] = match[2]
        elif current is not None and (match := FIELD.match(line)):
            json_name, _, flags = match[3].partition(",")
            parts = match[4].split(",")
            if len(parts) < 2 or not parts[1].isdigit():
                continue
            name = "" if "inline" in flags else json_name
            omit = ("omitempty" in flags) and not match[2].startswith("*")
            current[parts[1]] = (name, match[2], omit)


def resolve(go_type: str, version: str, aliases: dict[str, str], structs: Structs) -> tuple[str, str]:
    """(`one`, `list` or `map`, base type) of a Go type."""
    text = go_type.removeprefix("*")
    if text == "[]byte":
        return "one", "bytes"
    if text in SPECIAL:
        return "one", SPECIAL[text]
    if text.startswith("[]"):
        return "list", resolve(text[2:], version, aliases, structs)[1]
    if match := re.match(r"map\[[\w.]+\](.+)$", text):
        shape, base = resolve(match[1], version, aliases, structs)
        return "map", base if shape == "one" else f"list-of-{base}"
    prefixes = {"metav1": "meta/v1", "v1": "v1", "corev1": "v1", "core": "v1"}
    package, _, name = text.rpartition(".")
    full = f"{prefixes[package]}.{name}" if package else f"{version}.{name}"
    if full in aliases:
        return resolve(aliases[full], full.rpartition(".")[0], aliases, structs)
    return "one", full if full in structs else "string"


if __name__ == "__main__":
    main()

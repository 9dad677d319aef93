"""What is emulated and how well, as a document: `python -m lab.embedded.api.fidelity docs/fidelity.md`.

Every kind and every group of fields is honoured, honoured with a difference, or refused. Nothing is said here
that is not in a table the cluster itself uses, or in `differences.py`; a test holds the file to it.
"""

from __future__ import annotations

import sys
from pathlib import Path

from lab.embedded.api.differences import BEHAVIOURS, FIELDS
from lab.embedded.api.honoured import BY_DEFINITION, SENTENCE, VOLUME_SOURCES, Gap
from lab.embedded.api.schema import definitions
from lab.embedded.api.served import KINDS
from lab.embedded.api.unserved import NO_PARTS, NOT_SERVED

_CORE = "io.k8s.api.core.v1."
_APPS = "io.k8s.api.apps.v1."
_NETWORK = "io.k8s.api.networking.v1."
_SLICES = "io.k8s.api.discovery.v1."
_META = "io.k8s.apimachinery.pkg.apis.meta.v1."
GROUPS = (
    ("Pod: `spec`", f"{_CORE}PodSpec"),
    ("Pod: `affinity`", f"{_CORE}Affinity"),
    ("Pod: `affinity.nodeAffinity`", f"{_CORE}NodeAffinity"),
    ("Pod: `affinity.nodeAffinity`, a term", f"{_CORE}NodeSelectorTerm"),
    ("Pod: `affinity.podAffinity` and `podAntiAffinity`", f"{_CORE}PodAffinity"),
    ("Pod: `affinity.podAffinity` and `podAntiAffinity`, a term", f"{_CORE}PodAffinityTerm"),
    ("Pod: `topologySpreadConstraints`", f"{_CORE}TopologySpreadConstraint"),
    ("Pod: `tolerations`", f"{_CORE}Toleration"),
    ("Pod: `securityContext`", f"{_CORE}PodSecurityContext"),
    ("Container", f"{_CORE}Container"),
    ("Container: `securityContext`", f"{_CORE}SecurityContext"),
    ("Container: `ports`", f"{_CORE}ContainerPort"),
    ("Container: `resources`", f"{_CORE}ResourceRequirements"),
    ("Container: `lifecycle`", f"{_CORE}Lifecycle"),
    ("Container: hooks", f"{_CORE}LifecycleHandler"),
    ("Container: probes", f"{_CORE}Probe"),
    ("Probes: `httpGet`", f"{_CORE}HTTPGetAction"),
    ("Probes: `tcpSocket`", f"{_CORE}TCPSocketAction"),
    ("Probes: `grpc`", f"{_CORE}GRPCAction"),
    ("Container: `env[].valueFrom`", f"{_CORE}EnvVarSource"),
    ("Container: `envFrom`", f"{_CORE}EnvFromSource"),
    ("Container: `volumeMounts`", f"{_CORE}VolumeMount"),
    ("Volumes: `emptyDir`", f"{_CORE}EmptyDirVolumeSource"),
    ("Volumes: `configMap`", f"{_CORE}ConfigMapVolumeSource"),
    ("Volumes: `secret`", f"{_CORE}SecretVolumeSource"),
    ("Volumes: `projected.sources`", f"{_CORE}VolumeProjection"),
    ("Volumes: `projected.sources[].serviceAccountToken`", f"{_CORE}ServiceAccountTokenProjection"),
    ("Volumes: `downwardAPI.items`", f"{_CORE}DownwardAPIVolumeFile"),
    ("Volumes: `items`", f"{_CORE}KeyToPath"),
    ("Deployment: `spec`", f"{_APPS}DeploymentSpec"),
    ("Deployment: `strategy.rollingUpdate`", f"{_APPS}RollingUpdateDeployment"),
    ("ReplicaSet: `spec`", f"{_APPS}ReplicaSetSpec"),
    ("Job: `spec`", "io.k8s.api.batch.v1.JobSpec"),
    ("Job: `podFailurePolicy.rules`", "io.k8s.api.batch.v1.PodFailurePolicyRule"),
    ("Job: `successPolicy.rules`", "io.k8s.api.batch.v1.SuccessPolicyRule"),
    ("Service: `spec`", f"{_CORE}ServiceSpec"),
    ("Service: `ports`", f"{_CORE}ServicePort"),
    ("EndpointSlice", f"{_SLICES}EndpointSlice"),
    ("EndpointSlice: `endpoints`", f"{_SLICES}Endpoint"),
    ("NetworkPolicy: `spec`", f"{_NETWORK}NetworkPolicySpec"),
    ("NetworkPolicy: `from`, `to`", f"{_NETWORK}NetworkPolicyPeer"),
    ("NetworkPolicy: `ipBlock`", f"{_NETWORK}IPBlock"),
    ("NetworkPolicy: `ports`", f"{_NETWORK}NetworkPolicyPort"),
    ("PodDisruptionBudget: `spec`", "io.k8s.api.policy.v1.PodDisruptionBudgetSpec"),
    ("ResourceQuota: `spec`", f"{_CORE}ResourceQuotaSpec"),
    ("LimitRange: `limits`", f"{_CORE}LimitRangeItem"),
    ("ConfigMap", f"{_CORE}ConfigMap"),
    ("Secret", f"{_CORE}Secret"),
    ("ServiceAccount", f"{_CORE}ServiceAccount"),
    ("Node: `spec`", f"{_CORE}NodeSpec"),
    ("Node: `spec.taints`", f"{_CORE}Taint"),
    ("`metadata`", f"{_META}ObjectMeta"),
    ("`metadata.ownerReferences`", f"{_META}OwnerReference"),
)
"""The groups of fields, in the order of the document, with the definition each is of."""


def document() -> str:
    """The whole document in Markdown."""
    return "\n".join([*_head(), *_kinds(), *_refused(), *_behaviours(), *_fields()])


def honoured_fields(definition: str) -> list[str]:
    """The fields of a definition that have an effect, if with a difference."""
    gaps = {gap.field for gap in BY_DEFINITION.get(definition, ())}
    return [name for name in definitions.load()[definition]["properties"] if name not in gaps]


def _head() -> list[str]:
    return [
        "# What the embedded cluster is faithful to",
        "",
        "<!-- generated: python -m lab.embedded.api.fidelity docs/fidelity.md -->",
        "",
        f"It emulates Kubernetes {definitions.VERSION}. A field that has no effect is stored, and named in a",
        f"warning when a manifest sets it (`{SENTENCE}`);",
        "an unknown field or kind is refused. Nothing is pretended.",
        "",
    ]


def _kinds() -> list[str]:
    rows = [
        f"| {kind.kind} | {kind.api_version} | {', '.join(kind.verbs)} | "
        f"{', '.join(f'`{each.name}`' for each in kind.subresources) or 'none'} |"
        for kind in KINDS
    ]
    return ["## Kinds", "", "| kind | version | verbs | subresources |", "|---|---|---|---|", *rows, ""]


def _refused() -> list[str]:
    rows = [
        f"| {group or 'core'} | {', '.join(f'`{plural}`' for plural in plurals)} |"
        for group, plurals in NOT_SERVED.items()
    ]
    lead = "Asking for one is a 404 that names it; so is every kind that is in neither table."
    parts = ", ".join(f"`{kind}/{part}`" for kind, names in NO_PARTS.items() for part in names)
    tail = f"So are these parts of kinds that are served: {parts}."
    return ["## Kinds that are refused", "", lead, "", "| group | kinds |", "|---|---|", *rows, "", tail, ""]


def _behaviours() -> list[str]:
    rows = [f"| {topic} | {what} |" for topic, what in BEHAVIOURS.items()]
    return ["## Everywhere", "", "| | the difference |", "|---|---|", *rows, ""]


def _fields() -> list[str]:
    lines = ["## Fields", ""]
    for title, definition in GROUPS:
        different = {one.field: one.what for one in FIELDS if one.definition == definition}
        plain = [name for name in honoured_fields(definition) if name not in different]
        lines += [
            f"### {title}",
            "",
            f"Honoured: {', '.join(f'`{name}`' for name in plain) or 'nothing'}.",
            "",
        ]
        rows = [f"| `{name}` | honoured, but: {what} |" for name, what in different.items()]
        rows += [f"| `{gap.field}` | {_no_effect(gap)} |" for gap in BY_DEFINITION.get(definition, ())]
        if rows:
            lines += ["| field | |", "|---|---|", *rows, ""]
    sources = ", ".join(f"`{name}`" for name in sorted(VOLUME_SOURCES))
    return [*lines, "### Volumes", "", f"Honoured: {sources}. A pod that asks for another is warned of.", ""]


def _no_effect(gap: Gap) -> str:
    """With the values that mean what happens anyway, where these are worth a word."""
    told = [value for value in gap.harmless if value not in (None, False, "", [], {})]
    but = f"; {', '.join(f'`{value}`' for value in told)}: what happens anyway" if told else ""
    return f"no effect, and a warning{f': {gap.why}' if gap.why else ''}{but}"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(document(), encoding="utf-8")

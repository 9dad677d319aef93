"""The kinds that are served, one row each. A row is all it takes to add one (see `kinds.Kind`)."""

from __future__ import annotations

from lab.embedded.api import allocation, events_view, preparation
from lab.embedded.api.defaults import jobs, pods, services, simple, workloads
from lab.embedded.api.kinds import Kind, KindTable, Subresource
from lab.embedded.api.strategy import Strategy
from lab.embedded.api.validation import budgets, configuration, limits, pod_changes, quotas
from lab.embedded.api.validation import jobs as job_rules
from lab.embedded.api.validation import leases as lease_rules
from lab.embedded.api.validation import network_policies as policy_rules
from lab.embedded.api.validation import nodes as node_rules
from lab.embedded.api.validation import pods as pod_rules
from lab.embedded.api.validation import services as service_rules
from lab.embedded.api.validation import workloads as workload_rules

_STATUS = Subresource("status", ("get", "patch", "update"))
_SCALE = Subresource("scale", ("get", "patch", "update"), "Scale", "autoscaling", "v1")
_ALL = ("all",)

NAMESPACE = Kind(
    "", "v1", "Namespace", "namespaces", ("ns",), namespaced=False, columns="namespaces",
    verbs=("create", "delete", "get", "list", "patch", "update", "watch"),
    subresources=(Subresource("finalize", ("update",)), _STATUS), fields=("status.phase",),
    strategy=Strategy(
        default=simple.default_namespace, prepare_create=preparation.prepare_namespace,
        prepare_update=preparation.keep_namespace, status=True,
    ),
)  # fmt: skip

NODE = Kind(
    "", "v1", "Node", "nodes", ("no",), namespaced=False, columns="nodes",
    subresources=(Subresource("proxy", ("create", "delete", "get", "patch", "update")), _STATUS),
    fields=("spec.unschedulable",),
    strategy=Strategy(prepare_update=preparation.keep_status, validate=node_rules.validate_node),
)  # fmt: skip

POD = Kind(
    "", "v1", "Pod", "pods", ("po",), categories=_ALL, columns="pods",
    subresources=(
        Subresource("attach", ("create", "get"), "PodAttachOptions", "", "v1"),
        Subresource("binding", ("create",), "Binding", "", "v1"),
        Subresource("ephemeralcontainers", ("get", "patch", "update")),
        Subresource("eviction", ("create",), "Eviction", "policy", "v1"),
        Subresource("exec", ("create", "get"), "PodExecOptions", "", "v1"),
        Subresource("log", ("get",)),
        Subresource("portforward", ("create", "get"), "PodPortForwardOptions", "", "v1"),
        Subresource("proxy", ("create", "delete", "get", "patch", "update"), "PodProxyOptions", "", "v1"),
        _STATUS,
    ),
    fields=(
        "spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName",
        "spec.hostNetwork", "status.phase", "status.podIP", "status.nominatedNodeName",
    ),
    strategy=Strategy(
        default=pods.default_pod, prepare_create=preparation.prepare_pod, admit=preparation.admit_a_pod,
        validate=pod_rules.validate_pod, validate_update=pod_changes.validate_pod_update,
        validate_part={"ephemeralcontainers": pod_changes.validate_ephemeral_update},
        generation=True, status=True,
    ),
)  # fmt: skip

SERVICE = Kind(
    "", "v1", "Service", "services", ("svc",), categories=_ALL, columns="services",
    subresources=(
        Subresource("proxy", ("create", "delete", "get", "patch", "update"), "ServiceProxyOptions", "", "v1"),
        _STATUS,
    ),
    fields=("spec.clusterIP", "spec.type"),
    strategy=Strategy(
        default=services.default_service, prepare_create=preparation.prepare_service,
        admit=allocation.allocate, validate=service_rules.validate_service,
        validate_update=service_rules.validate_service_update, status=True,
    ),
)  # fmt: skip

ENDPOINTS = Kind(
    "", "v1", "Endpoints", "endpoints", ("ep",), columns="endpoints",
    deprecated="v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
    strategy=Strategy(default=services.default_endpoints),
)  # fmt: skip

CONFIG_MAP = Kind(
    "", "v1", "ConfigMap", "configmaps", ("cm",), columns="configmaps",
    strategy=Strategy(
        validate=configuration.validate_config_map, validate_update=configuration.validate_config_map_update
    ),
)  # fmt: skip

SECRET = Kind(
    "", "v1", "Secret", "secrets", columns="secrets", fields=("type",),
    strategy=Strategy(
        default=simple.default_secret, prepare_update=simple.keep_secret_type,
        validate=configuration.validate_secret, validate_update=configuration.validate_secret_update,
    ),
)  # fmt: skip

SERVICE_ACCOUNT = Kind("", "v1", "ServiceAccount", "serviceaccounts", ("sa",), columns="serviceaccounts")

EVENT = Kind(
    "", "v1", "Event", "events", ("ev",), columns="events",
    fields=(
        "involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid",
        "involvedObject.apiVersion", "involvedObject.resourceVersion", "involvedObject.fieldPath",
        "reason", "reportingComponent", "source", "type",
    ),
)  # fmt: skip

EVENTS_EVENT = Kind(
    "events.k8s.io", "v1", "Event", "events", ("ev",), columns="events",
    fields=EVENT.fields, view=events_view.EVENTS,
)  # fmt: skip

RESOURCE_QUOTA = Kind(
    "", "v1", "ResourceQuota", "resourcequotas", ("quota",), columns="resourcequotas",
    subresources=(_STATUS,),
    strategy=Strategy(
        default=quotas.default_quota, prepare_create=preparation.prepare_workload,
        validate=quotas.validate_quota, validate_update=quotas.validate_quota_update, status=True,
    ),
)  # fmt: skip

LIMIT_RANGE = Kind(
    "", "v1", "LimitRange", "limitranges", ("limits",), columns="limitranges",
    strategy=Strategy(default=limits.default_limit_range, validate=limits.validate_limit_range),
)  # fmt: skip

DEPLOYMENT = Kind(
    "apps", "v1", "Deployment", "deployments", ("deploy",), categories=_ALL, columns="deployments",
    subresources=(_SCALE, _STATUS),
    strategy=Strategy(
        default=workloads.default_deployment, prepare_create=preparation.prepare_workload,
        validate=workload_rules.validate_deployment, validate_update=workload_rules.validate_selector_update,
        generation=True, status=True,
    ),
)  # fmt: skip

REPLICA_SET = Kind(
    "apps", "v1", "ReplicaSet", "replicasets", ("rs",), categories=_ALL, columns="replicasets",
    subresources=(_SCALE, _STATUS),
    strategy=Strategy(
        default=workloads.default_replica_set, prepare_create=preparation.prepare_replica_set,
        validate=workload_rules.validate_replica_set, validate_update=workload_rules.validate_selector_update,
        generation=True, status=True,
    ),
)  # fmt: skip

JOB = Kind(
    "batch", "v1", "Job", "jobs", categories=_ALL, columns="jobs", subresources=(_STATUS,),
    fields=("status.successful",),
    strategy=Strategy(
        default=jobs.default_job, prepare_create=jobs.prepare_job,
        validate=job_rules.validate_job, validate_update=job_rules.validate_job_update,
        generation=True, orphans=True, status=True,
    ),
)  # fmt: skip

DISRUPTION_BUDGET = Kind(
    "policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets", ("pdb",),
    columns="poddisruptionbudgets", subresources=(_STATUS,),
    strategy=Strategy(
        prepare_create=budgets.prepare_budget, validate=budgets.validate_budget, generation=True, status=True,
    ),
)  # fmt: skip

NETWORK_POLICY = Kind(
    "networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies", ("netpol",), columns="networkpolicies",
    strategy=Strategy(
        default=policy_rules.default_network_policy, validate=policy_rules.validate_network_policy,
        generation=True,
    ),
)  # fmt: skip

ENDPOINT_SLICE = Kind(
    "discovery.k8s.io", "v1", "EndpointSlice", "endpointslices", columns="endpointslices",
    strategy=Strategy(default=services.default_endpoint_slice, generation=True),
)  # fmt: skip

LEASE = Kind(
    "coordination.k8s.io", "v1", "Lease", "leases", columns="leases",
    strategy=Strategy(validate=lease_rules.validate_lease),
)  # fmt: skip

KINDS = KindTable((
    CONFIG_MAP, ENDPOINTS, EVENT, LIMIT_RANGE, NAMESPACE, NODE, POD, RESOURCE_QUOTA, SECRET,
    SERVICE_ACCOUNT, SERVICE, DEPLOYMENT, REPLICA_SET, JOB, ENDPOINT_SLICE, EVENTS_EVENT,
    DISRUPTION_BUDGET, NETWORK_POLICY, LEASE,
))  # fmt: skip

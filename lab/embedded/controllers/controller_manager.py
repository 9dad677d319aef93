"""All controllers and the scheduler, over one set of caches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.embedded.controllers.cache import Cache
from lab.embedded.controllers.deployment import DeploymentController
from lab.embedded.controllers.disruption import DisruptionController
from lab.embedded.controllers.endpoint_mirroring import MirroringController
from lab.embedded.controllers.endpoints import EndpointsController
from lab.embedded.controllers.garbage import GarbageCollector
from lab.embedded.controllers.job import JobController
from lab.embedded.controllers.namespaces import NamespaceController
from lab.embedded.controllers.network_policies import NetworkPolicyTable
from lab.embedded.controllers.node_lifecycle import NodeLifecycleController
from lab.embedded.controllers.pod_garbage import PodGarbageCollector
from lab.embedded.controllers.replicaset import ReplicaSetController
from lab.embedded.controllers.resource_quota import ResourceQuotaController
from lab.embedded.controllers.scheduler import Scheduler
from lab.embedded.controllers.service_table import ServiceTable
from lab.embedded.controllers.slice_writing import SLICES
from lab.embedded.controllers.taint_eviction import TaintEvictionController
from lab.embedded.controllers.ttl_after_finished import TtlController
from lab.embedded.objects.meta import labels_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lab.embedded.api.verbs import ApiMachinery
    from lab.embedded.clock.agenda import Agenda


class ControllerManager:
    """The control plane above the API; `start` sets it going, once."""

    def __init__(self, api: ApiMachinery, agenda: Agenda) -> None:
        stored = [kind for kind in api.kinds if kind.view is None and kind.resource != "events"]
        pods, nodes, services = Cache(api, "pods"), Cache(api, "nodes"), Cache(api, "services")
        sets, deployments = Cache(api, "replicasets.apps"), Cache(api, "deployments.apps")
        jobs = Cache(api, "jobs.batch")
        slices = Cache(api, SLICES)
        self.services = ServiceTable(agenda, services, nodes, slices)
        """What the runtime asks for names and virtual addresses."""
        policies = Cache(api, "networkpolicies.networking.k8s.io")

        def namespace_labels(name: str) -> Mapping[str, str]:
            namespace = api.find("namespaces", None, name)
            return labels_of(namespace) if namespace is not None else {}

        self.policies = NetworkPolicyTable(policies, pods, namespace_labels)
        """What the runtime asks whether a connection is let through."""
        namespaced = ["events", *(kind.resource for kind in stored if kind.namespaced)]
        self._parts = (
            NamespaceController(api, agenda, namespaced),
            self.services,
            DeploymentController(api, agenda, deployments, sets, pods),
            ReplicaSetController(api, agenda, sets, pods),
            JobController(api, agenda, jobs, pods),
            TtlController(api, agenda, jobs),
            NodeLifecycleController(api, agenda, nodes, pods),
            TaintEvictionController(api, agenda, nodes, pods),
            PodGarbageCollector(api, agenda, nodes, pods),
            Scheduler(api, agenda, pods, nodes),
            EndpointsController(api, agenda, services, pods, slices),
            MirroringController(api, agenda, services, Cache(api, "endpoints"), slices),
            DisruptionController(
                api, agenda, Cache(api, "poddisruptionbudgets.policy"), pods, (sets, deployments)
            ),
            ResourceQuotaController(api, agenda, Cache(api, "resourcequotas")),
            GarbageCollector(api, agenda, [kind.resource for kind in stored]),
        )

    def start(self) -> None:
        """Begin to work."""
        for part in self._parts:
            part.start()

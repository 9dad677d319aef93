"""A node's heartbeats: its Lease, the heartbeat times of its conditions, the list of its images.

Follows `pkg/kubelet/kubelet_node_status.go` and `component-helpers/apimachinery/lease` of v1.36: the Lease is
renewed every 10 s; every 10 s the kubelet looks whether its node's status has changed, and writes it then, or
when it has not written it for 5 min. The instants are counted from the boot of the machine, without jitter.

They are written for those who look (`api.onlookers`), at the instants at which they would have been written:
nothing in the cluster goes by them. That a node fell silent is told by its machine (`node_lifecycle`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.api.errors import ApiError
from lab.embedded.objects.meta import uid_of
from lab.embedded.objects.times import format_micro_time, format_time

if TYPE_CHECKING:
    from lab.embedded.kubelet.context import NodeContext

Json = dict[str, Any]
RENEWAL = 10.0
"""Seconds between renewals of the Lease (a quarter of what it lasts), and between looks at the status."""
REPORT = 300.0
"""Seconds between reports of a status that does not change (`nodeStatusReportFrequency`)."""
DURATION = 40
"""Seconds a Lease lasts (`nodeLeaseDurationSeconds`)."""
MOST_IMAGES = 50
"""Images that a status lists at most, the biggest (`nodeStatusMaxImages`)."""
LEASES, NAMESPACE = "leases.coordination.k8s.io", "kube-node-lease"


class Heartbeats:
    """Those of one node, from one boot of its machine to the end of its power."""

    def __init__(self, context: NodeContext) -> None:
        self._context = context
        self._booted: float | None = None
        self._renewed = 0.0
        self._reported = 0.0
        self._images_since: float | None = None
        context.api.on_look(LEASES, self.renew)
        context.api.on_look("nodes", self.report)

    def begin(self, node: Json) -> None:
        """The machine has booted, and its Node is registered."""
        self._booted = self._renewed = self._reported = self._context.agenda.now()
        self._images_since = None
        if self._context.api.find(LEASES, NAMESPACE, self._context.name) is None:
            self._create(node)
        else:
            self._write_renewal()

    def end(self) -> None:
        """The machine loses its power; what it said before stays."""
        self.renew()
        self.report()
        self._booted = None

    def pulled(self) -> None:
        """The node has pulled an image: its status lists it when the kubelet next looks."""
        if self._images_since is None:
            self._images_since = self._context.agenda.now()

    def list_images(self) -> None:
        """An image was put onto the node by hand: its status lists it at once."""
        node = self._node()
        if self._booted is not None and node is not None and node.get("status"):
            listed = images(self._context)
            self._context.api.update_status("nodes", node, lambda obj: obj["status"].update(images=listed))

    def renew(self) -> float | None:
        """Renew the Lease as often as it would have been; the next renewal is due at what is returned."""
        if self._booted is None:
            return None
        tick = self._tick()
        if tick > self._renewed:
            self._renewed = tick
            if self._context.api.find(LEASES, NAMESPACE, self._context.name) is not None:
                self._write_renewal()
            elif (node := self._node()) is not None:
                self._create(node)
        return tick + RENEWAL

    def report(self) -> float | None:
        """Write the Node's status if that would have been done by now; see `renew`."""
        if self._booted is None:
            return None
        tick = self._tick()
        late = round(tick - self._reported, 6) // REPORT * REPORT
        if self._images_since is not None and tick > self._images_since:
            self._reported, self._images_since = tick, None
            self._write_report()
        elif late:
            self._reported += late
            self._write_report()
        return self._reported + REPORT if self._images_since is None else tick + RENEWAL

    def _tick(self) -> float:
        """The last of the instants, ten seconds apart, that follow the boot."""
        booted = self._booted or 0.0
        return booted + round(self._context.agenda.now() - booted, 6) // RENEWAL * RENEWAL

    def _node(self) -> Json | None:
        return self._context.api.find("nodes", None, self._context.name)

    def _create(self, node: Json) -> None:
        name = self._context.name
        owner = {"apiVersion": "v1", "kind": "Node", "name": name, "uid": uid_of(node)}
        lease = {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"name": name, "namespace": NAMESPACE, "ownerReferences": [owner]},
            "spec": {
                "holderIdentity": name,
                "leaseDurationSeconds": DURATION,
                "renewTime": format_micro_time(self._renewed),
            },
        }
        try:
            self._context.api.create(LEASES, NAMESPACE, lease)
        except ApiError as error:  # the namespace is going or gone; the next renewal tries again
            if error.code not in {403, 404}:
                raise

    def _write_renewal(self) -> None:
        spec = {"holderIdentity": self._context.name, "renewTime": format_micro_time(self._renewed)}
        patch = {"spec": spec}
        self._context.api.patch(LEASES, NAMESPACE, self._context.name, "merge-patch+json", patch)

    def _write_report(self) -> None:
        node, stamp = self._node(), format_time(self._reported)
        if node is None or not node.get("status"):
            return
        listed = images(self._context)

        def change(obj: Json) -> None:
            obj["status"]["images"] = listed
            for each in obj["status"].get("conditions") or ():
                each["lastHeartbeatTime"] = max(each.get("lastHeartbeatTime", ""), stamp)

        self._context.api.update_status("nodes", node, change)


def images(context: NodeContext) -> list[Json]:
    """What `status.images` of a Node lists: names and sizes, the biggest first."""
    found = sorted(context.runtime.node_images(context.name), key=lambda each: (-each.size, each.names))
    return [{"names": list(each.names), "sizeBytes": each.size} for each in found[:MOST_IMAGES]]

"""What the simulation honours in another way than a real cluster does, in the words of `docs/fidelity.md`.

A difference is written here by whoever builds it; what has no effect at all is a gap (`honoured.py`), and
what is not served is named in `unserved.py`. A test sees that every field named here exists.
"""

from __future__ import annotations

from msgspec import Struct

_CORE = "io.k8s.api.core.v1."


class Difference(Struct, frozen=True):
    """One field that means something else here, or less."""

    definition: str
    """The schema definition whose field it is."""
    field: str
    what: str


_CONTAINER = {
    "image": "images are models (`images-embedded.md`); any other cannot be pulled",
    "command": "programs are models: one that an image has and that is not played says so and fails",
    "resources": "memory is enforced; CPU counts for scheduling and quotas, and nothing is throttled",
}
_PLACES = {
    f"{_CORE}Container": _CONTAINER,
    f"{_CORE}LifecycleHandler": {"tcpSocket": "the hook fails when its time comes, as on a real node"},
    f"{_CORE}VolumeProjection": {
        "serviceAccountToken": "the claims are true; nobody signs it, and the API server does not take it",
    },
    f"{_CORE}SecurityContext": {
        "capabilities": "CHOWN, DAC_OVERRIDE, DAC_READ_SEARCH, FOWNER, KILL, SETGID, SETUID and SYS_PTRACE "
        "count; others only stand in `/proc/PID/status`, and adding one is warned of; listening below 1024 "
        "takes none, as with containerd 2",
    },
    f"{_CORE}Toleration": {"operator": "`Gt` and `Lt` are refused"},
    f"{_CORE}Secret": {
        "type": "checked; a `kubernetes.io/service-account-token` is never filled with a token",
    },
    f"{_CORE}NodeSpec": {
        "podCIDR": "given by the cluster in the order of the nodes, whatever is asked for",
        "podCIDRs": "as `podCIDR`",
    },
    f"{_CORE}HTTPGetAction": {"scheme": "`HTTPS` fails against every program here: none speaks TLS"},
    f"{_CORE}ServicePort": {
        "nodePort": "not open on this machine: use `kubectl port-forward` or the API server's proxy",
    },
    f"{_CORE}ServiceSpec": {"clusterIP": "reached from pods only"},
    "io.k8s.api.networking.v1.NetworkPolicySpec": {
        "ingress": "what comes from any node passes, not only from the pod's own; open connections stay",
        "egress": "where names may not be asked for, only `wget`, `nc` and `nslookup` wait for an answer",
    },
    f"{_CORE}PodSpec": {
        "dnsConfig": "the cluster's name server is asked wherever it is named; no other answers",
        "dnsPolicy": "with `Default`, no name is found: a node's name server knows none here",
        "priority": "set by number: a real cluster takes it from a PriorityClass and refuses a number; it "
        "counts for who is scheduled and who is evicted first",
        "serviceAccountName": "its token is mounted, and pods cannot call the API server with it",
    },
}
FIELDS = tuple(
    Difference(definition, field, what)
    for definition, fields in _PLACES.items()
    for field, what in fields.items()
)

BEHAVIOURS = {
    "Files of nodes": "`hostPath` leads into a small tree that each simulated node has, never to this "
    "machine's files; it has no sockets, no block devices and no logs of pods in it",
    "Time": "everything happens in cluster time, which can stand still, run fast or be moved; time stamps "
    "are shifted so that `kubectl` prints ages right",
    "Computing": "a program is charged by its commands, never by the machine's time; a loop that does "
    "nothing is slowed down instead of using up a processor",
    "Chance": "names, jitter and addresses come from the seed: the same inputs give the same run",
    "Access": "one user, who may do everything: no authorization, no webhooks, no Pod Security admission",
    "Network": "TCP and DNS among pods, Services and the API server's proxy; no UDP, and no way out",
    "kubectl": "what asks for kinds that are not served says so and ends: `cluster-info dump`, and "
    "`apply --prune` without `--prune-allowlist` (an ApplySet prunes)",
    "Usage": "`kubectl top` tells what programs are charged: computing time over 15 s up to the container's "
    "limit, and the memory that counts for the limit; a node uses what its containers do",
    "Nodes": "places, not machines, with no API of their own; Leases and heartbeat times are written when "
    "somebody looks at them, as they would have been written before; an annotation cuts a node's power "
    "(`workloads-embedded.md`)",
    "Scheduling": "of nodes that are equally good the emptiest wins, then the first by name; nothing is "
    "preempted",
}
"""What holds for all kinds: a topic, and how it differs."""

"""The Kubernetes API as the lab speaks it: raw JSON over the official client's transport.

The one place that knows the `kubernetes` package, which is imported late: it costs half a second, and `podlab
--help` has no use for it.
"""

from lab.kube.answers import Listed, ProxyAnswer, WatchEvent
from lab.kube.apply import Applied, apply
from lab.kube.client import Client, warm
from lab.kube.errors import ApiError, WatchExpired
from lab.kube.kinds import Kind, kind_of, reference

__all__ = [
    "ApiError",
    "Applied",
    "Client",
    "Kind",
    "Listed",
    "ProxyAnswer",
    "WatchEvent",
    "WatchExpired",
    "apply",
    "kind_of",
    "reference",
    "warm",
]

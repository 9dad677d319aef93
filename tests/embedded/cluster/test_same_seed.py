"""Two clusters with the same seed and commands answer with the same bytes; one with another seed does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from lab.embedded.cluster import Cluster
from lab.embedded.server.messages import Answer, Request
from tests.embedded.small_cluster import deployment, pod

if TYPE_CHECKING:
    from collections.abc import Iterator

_CRASHING = pod({"command": ["sh", "-c", "echo $RANDOM; hostname; date; sleep 1; exit 1"]}, name="crash")
_WEB = deployment({"command": ["httpd", "-f"], "readinessProbe": {"tcpSocket": {"port": 80}}}, replicas=3)


def _answers(seed: int, host_now: float) -> Iterator[bytes]:
    cluster = Cluster(seed, 2, host_now=lambda: host_now)

    def ask(method: str, path: str, body: Any = None) -> bytes:
        data = orjson.dumps(body) if body is not None else b""
        answer = cluster.request(Request(method, path, {}, {"podlab-time": "cluster"}, data))
        assert isinstance(answer, Answer)
        assert answer.status < 300, answer.body
        return answer.body

    ask("POST", "/api/v1/namespaces/default/pods", _CRASHING)
    ask("POST", "/apis/apps/v1/namespaces/default/deployments", _WEB)
    for seconds in (3, 27.5, 120):
        ask("POST", "/podlab/advance", {"seconds": seconds})
    for path in ("/api/v1/pods", "/api/v1/events", "/api/v1/configmaps", "/apis/events.k8s.io/v1/events"):
        yield ask("GET", path)
    cluster.close()


def test_a_run_is_a_function_of_commands_and_seed_whatever_the_hosts_clock() -> None:
    first = list(_answers(7, 1_800_000_000.0))
    assert first == list(_answers(7, 1_900_000_000.5))
    assert first[0] != next(_answers(8, 1_800_000_000.0))

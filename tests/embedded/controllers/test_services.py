"""Services: names, where connections go, hand-written endpoints, clients that stay with one pod."""

from __future__ import annotations

from typing import Any

import pytest

from tests.embedded.small_cluster import SmallCluster, pod

Json = dict[str, Any]
RUN = {"command": ["run"]}


def service(name: str = "app", **spec: Any) -> Json:
    full = {"ports": [{"port": 80, "targetPort": 8080}], **spec}
    return {"metadata": {"name": name}, "spec": full}


def _address(cluster: SmallCluster, name: str = "app") -> str:
    return str(cluster.api.get("services", "default", name)["spec"]["clusterIP"])


def _ip(cluster: SmallCluster, name: str) -> str:
    return str(cluster.pod(name)["status"]["podIP"])


def _with_pods(*names: str) -> SmallCluster:
    cluster = SmallCluster()
    for name in names:
        made = pod(RUN, name=name)
        made["metadata"]["labels"] = {"app": "app"}
        cluster.apply("pods", made)
    cluster.agenda.advance(5)
    return cluster


def test_a_client_stays_with_its_pod_as_long_as_the_service_says() -> None:
    cluster = _with_pods("a", "b", "c")
    config = {"clientIP": {"timeoutSeconds": 60}}
    sticky = service(selector={"app": "app"}, sessionAffinity="ClientIP", sessionAffinityConfig=config)
    cluster.apply("services", sticky)
    address, route = _address(cluster), cluster.controllers.services.route
    first = route(address, 80, "10.244.0.9")
    assert {route(address, 80, "10.244.0.9") for _ in range(5)} == {first}
    assert route(address, 80, "10.244.0.8") != first
    cluster.agenda.advance(61)
    assert route(address, 80, "10.244.0.9") != first


def test_a_port_the_service_does_not_have_is_nobodys() -> None:
    cluster = _with_pods("a")
    cluster.apply("services", service(selector={"app": "app"}))
    address, route = _address(cluster), cluster.controllers.services.route
    assert route(address, 81) == (address, 81)
    assert route("10.87.0.1", 22) == "connection refused"


def test_going_endpoints_are_used_when_no_ready_one_is_left() -> None:
    cluster = _with_pods("a", "b")
    cluster.apply("services", service(selector={"app": "app"}))
    address, route = _address(cluster), cluster.controllers.services.route
    cluster.api.delete("pods", "default", "a")
    cluster.agenda.settle()
    assert {route(address, 80) for _ in range(4)} == {(_ip(cluster, "b"), 8080)}
    cluster.api.delete("pods", "default", "b")
    cluster.agenda.settle()
    assert len({route(address, 80) for _ in range(4)}) == 2
    cluster.agenda.advance(40)
    assert route(address, 80) == "connection refused"


def test_slices_carry_their_services_labels() -> None:
    cluster = _with_pods("a")
    cluster.apply("services", service(selector={"app": "app"}))
    patch = {"metadata": {"labels": {"tier": "front"}}}
    cluster.api.patch("services", "default", "app", "merge-patch+json", patch)
    cluster.agenda.settle()
    (found,) = cluster.api.list("endpointslices.discovery.k8s.io", "default").items
    assert found["metadata"]["labels"]["tier"] == "front"
    assert found["metadata"]["labels"]["kubernetes.io/service-name"] == "app"


def test_endpoints_written_by_hand_are_mirrored_and_used() -> None:
    cluster = SmallCluster()
    cluster.apply("services", service("old", ports=[{"port": 80}]))
    subsets = [{"addresses": [{"ip": "192.0.2.7"}], "ports": [{"port": 5432, "protocol": "TCP"}]}]
    cluster.apply("endpoints", {"metadata": {"name": "old"}, "subsets": subsets})
    (mirror,) = cluster.api.list("endpointslices.discovery.k8s.io", "default").items
    assert mirror["metadata"]["labels"]["kubernetes.io/service-name"] == "old"
    assert cluster.controllers.services.route(_address(cluster, "old"), 80) == ("192.0.2.7", 5432)
    cluster.api.delete("endpoints", "default", "old")
    cluster.agenda.settle()
    assert cluster.controllers.services.route(_address(cluster, "old"), 80) == "connection refused"


def test_a_slice_written_by_hand_is_used() -> None:
    cluster = SmallCluster()
    cluster.apply("services", service("out", ports=[{"port": 80}]))
    metadata = {"name": "out-1", "labels": {"kubernetes.io/service-name": "out"}}
    ports = [{"name": "", "port": 9000}]
    body = {"addressType": "IPv4", "ports": ports, "endpoints": [{"addresses": ["192.0.2.8"]}]}
    cluster.apply("endpointslices.discovery.k8s.io", {"metadata": metadata, **body})
    assert cluster.controllers.services.route(_address(cluster, "out"), 80) == ("192.0.2.8", 9000)


@pytest.mark.parametrize(
    "name", ["db", "db.default", "db.default.svc", "db.default.svc.cluster.local"]
)  # fmt: skip
def test_a_headless_service_has_its_pods_addresses(name: str) -> None:
    cluster = _with_pods("a", "b")
    cluster.apply("services", service("db", clusterIP="None", selector={"app": "app"}))
    found = cluster.controllers.services.resolve(name, "default")
    assert sorted(found) == sorted([_ip(cluster, "a"), _ip(cluster, "b")])
    assert cluster.controllers.services.resolve("db", "kube-system") == []


def test_a_pod_with_a_subdomain_has_a_name_of_its_own() -> None:
    cluster = SmallCluster()
    cluster.apply("pods", pod(RUN, name="a", hostname="web-0", subdomain="app"))
    cluster.apply("services", service(clusterIP="None", selector={"app": "a"}))
    cluster.agenda.advance(5)
    resolve = cluster.controllers.services.resolve
    assert resolve("web-0.app", "default") == [_ip(cluster, "a")]
    assert resolve("web-0.app.default.svc.cluster.local", "other") == [_ip(cluster, "a")]
    assert resolve("web-1.app", "default") == []
    assert resolve("10-244-0-9.default.pod.cluster.local", "default") == ["10.244.0.9"]


def test_an_external_name_is_followed_inside_the_cluster() -> None:
    cluster = SmallCluster()
    cluster.apply("services", service())
    other = {"type": "ExternalName", "externalName": "app.default.svc.cluster.local", "ports": []}
    cluster.apply("services", service("alias", **other))
    cluster.apply("services", service("loop", **(other | {"externalName": "loop.default.svc.cluster.local"})))
    resolve = cluster.controllers.services.resolve
    assert resolve("alias", "default") == [_address(cluster)]
    assert resolve("loop", "default") == []


def test_a_port_for_udp_takes_no_connections() -> None:
    cluster = _with_pods("a")
    ports = [
        {"name": "udp", "port": 53, "targetPort": 9000, "protocol": "UDP", "nodePort": 30053},
        {"name": "tcp", "port": 53, "targetPort": 8080, "protocol": "TCP"},
        {"name": "log", "port": 514, "targetPort": 8080, "protocol": "UDP"},
    ]
    cluster.apply("services", service(selector={"app": "app"}, type="NodePort", ports=ports))
    address, route = _address(cluster), cluster.controllers.services.route
    assert route(address, 53) == (_ip(cluster, "a"), 8080)
    assert route(address, 514) == (address, 514)
    assert route("10.87.0.1", 30053) == "connection refused"

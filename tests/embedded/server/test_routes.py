"""The routes over a whole cluster, without a socket: what clients are answered, in the API server's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest

from lab.embedded.cluster import Cluster
from lab.embedded.server.messages import Answer, Request, StreamAnswer

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = dict[str, Any]
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"


class Client:
    """Asks a cluster as a client would."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster

    def ask(self, method: str, url: str, body: Any = None, **headers: str) -> tuple[int, Json]:
        """Status and JSON of an answer."""
        answer = self.cluster.request(self._request(method, url, body, headers))
        assert isinstance(answer, Answer)
        return answer.status, orjson.loads(answer.body)

    def watch(self, url: str, **headers: str) -> list[Json]:
        """The list that a watch's events go into, from now on."""
        answer = self.cluster.request(self._request("GET", url, None, headers))
        assert isinstance(answer, StreamAnswer)
        events: list[Json] = []
        answer.stream.start(
            lambda line: events.append(orjson.loads(line)), lambda: events.append({"type": "END"})
        )
        return events

    @staticmethod
    def _request(method: str, url: str, body: Any, headers: dict[str, str]) -> Request:
        parts = urlsplit(url)
        named = {"podlab-time": "cluster", **{key.replace("_", "-"): value for key, value in headers.items()}}
        data = b"" if body is None else orjson.dumps(body)
        query = parse_qs(parts.query, keep_blank_values=True)
        return Request(method, parts.path, query, named, data, parts.query)


@pytest.fixture
def client() -> Iterator[Client]:
    cluster = Cluster(host_now=lambda: 1_800_000_000.0)
    yield Client(cluster)
    cluster.close()


@pytest.mark.parametrize(
    ("method", "url", "body", "message"),
    [
        ("GET", "configmaps?fieldSelector=data.a%3Db", None, '"data.a" is not a known field selector: only'),
        ("GET", "pods?fieldSelector=a%3Db", None, "field label not supported: a"),
        ("GET", "configmaps?continue=abc", None, "continue key is not valid"),
        ("GET", "configmaps?resourceVersion=abc", None, 'strconv.ParseUint: parsing "abc": invalid syntax'),
        ("GET", "configmaps?resourceVersionMatch=Exact", None, "forbidden unless resourceVersion is"),
        ("PUT", "configmaps/c", {"metadata": {}}, "name must be provided"),
        ("DELETE", "configmaps/c", {"preconditions": {"uid": "x"}}, "the UID in the precondition (x) does"),
        (
            "DELETE", "configmaps/c", {"propagationPolicy": "Orphan", "orphanDependents": True},
            "orphanDependents and deletionPropagation cannot be both set",
        ),
        ("PATCH", "configmaps/c?force=true", {}, "may not be specified for non-apply patch"),
        ("POST", "pods/p/eviction", {"metadata": {"name": "q"}}, "does not match name in Eviction"),
        ("POST", "pods/p/binding", {"metadata": {"name": "q"}}, "does not match name in Binding"),
        ("GET", "pods/p/log?tailLines=-1", None, 'PodLogOptions "p" is invalid: tailLines'),
        ("POST", "serviceaccounts/default/token", {}, "does not serve serviceaccounts/token"),
    ],
)  # fmt: skip
def test_requests_that_are_refused(client: Client, method: str, url: str, body: Any, message: str) -> None:
    base = "/api/v1/namespaces/default"
    client.ask("POST", f"{base}/configmaps", {"metadata": {"name": "c"}})
    pod = {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "busybox:1.36"}]}}
    client.ask("POST", f"{base}/pods", pod)
    status, answer = client.ask(method, f"{base}/{url}", body, content_type="application/merge-patch+json")
    assert status >= 400
    assert message in answer["message"]


def test_a_scale_and_an_event_of_the_newer_group_have_columns_of_their_own(client: Client) -> None:
    spec = {"replicas": 2, "selector": {"matchLabels": {"a": "b"}}}
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "nginx"}]}}
    web = {"metadata": {"name": "web"}, "spec": {**spec, "template": template}}
    client.ask("POST", "/apis/apps/v1/namespaces/default/deployments", web)
    url = "/apis/apps/v1/namespaces/default/deployments/web/scale"
    scale = client.ask("GET", url, accept=TABLE)[1]
    assert [each["name"] for each in scale["columnDefinitions"]] == ["Name", "Desired", "Available", "Age"]
    assert scale["rows"][0]["cells"][:2] == ["web", 2]
    events = client.ask("GET", "/apis/events.k8s.io/v1/events", accept=TABLE)[1]
    assert [each["name"] for each in events["columnDefinitions"]][:3] == ["Last Seen", "Type", "Reason"]
    assert "Successfully assigned" in str(events["rows"])


def test_a_job_deleted_without_a_word_leaves_its_pods(client: Client) -> None:
    jobs = "/apis/batch/v1/namespaces/default/jobs"
    container = {"name": "a", "image": "busybox:1.36", "command": ["sleep", "1d"]}
    template = {"spec": {"containers": [container], "restartPolicy": "Never"}}
    client.ask("POST", jobs, {"metadata": {"name": "work"}, "spec": {"template": template}})
    answer = client.cluster.request(Request("DELETE", f"{jobs}/work", {}, {}, b"", ""))
    assert isinstance(answer, Answer)
    assert "child pods are preserved by default when jobs are deleted" in dict(answer.headers)["Warning"]
    assert client.ask("GET", f"{jobs}/work")[0] == 404
    assert len(client.ask("GET", "/api/v1/namespaces/default/pods")[1]["items"]) == 1


SECRETS = "/api/v1/namespaces/default/secrets"


def secret(name: str, **labels: str) -> Json:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "labels": labels},
        "data": {"a": "YQ=="},
    }


def test_health_version_and_discovery(client: Client) -> None:
    for path in ("/healthz", "/livez", "/readyz", "/readyz/ping"):
        answer = client.cluster.request(Request("GET", path))
        assert isinstance(answer, Answer)
        assert answer.body == b"ok"
    assert client.ask("GET", "/version/")[1]["gitVersion"].endswith("+podlab")
    assert client.ask("GET", "/api")[1]["versions"] == ["v1"]
    groups = {each["name"] for each in client.ask("GET", "/apis")[1]["groups"]}
    assert {"apps", "discovery.k8s.io", "authorization.k8s.io"} <= groups
    resources = {each["name"] for each in client.ask("GET", "/api/v1")[1]["resources"]}
    assert {"pods", "pods/log", "pods/exec", "services/proxy"} <= resources
    assert client.ask("GET", "/apis/apps")[1]["preferredVersion"]["groupVersion"] == "apps/v1"
    aggregated = client.ask(
        "GET", "/apis", accept="application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
    )
    assert aggregated[1]["apiVersion"] == "apidiscovery.k8s.io/v2"


def test_openapi_documents_hold_what_they_refer_to(client: Client) -> None:
    paths = client.ask("GET", "/openapi/v3")[1]["paths"]
    assert {"api/v1", "apis/apps/v1"} <= set(paths)
    document = client.ask("GET", "/openapi/v3/apis/apps/v1")[1]
    schemas = document["components"]["schemas"]
    assert "io.k8s.api.core.v1.Container" in schemas
    patch = document["paths"]["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"]["patch"]
    assert "fieldValidation" in {each["name"] for each in patch["parameters"]}
    older = client.cluster.request(Request("GET", "/openapi/v2", {}, {}, b"", ""))
    assert isinstance(older, Answer)
    assert older.content_type.endswith("v2.v1.0+protobuf")
    for name in ("Container", "PodSpec"):
        assert b"#/definitions/io.k8s.api.core.v1." + name.encode() in older.body


@pytest.mark.parametrize(
    ("method", "url", "code", "reason"),
    [
        ("GET", "/nothing", 404, "NotFound"),
        ("GET", "/apis/nothing.io/v1", 404, "NotFound"),
        ("GET", "/apis/apps/v1/statefulsets", 404, "NotFound"),
        ("GET", "/api/v1/namespaces/default/pods/none", 404, "NotFound"),
        ("GET", "/api/v1/namespaces/default/pods/none/nothing", 404, "NotFound"),
        ("POST", "/version", 405, "MethodNotAllowed"),
        ("PUT", SECRETS, 405, "MethodNotAllowed"),
        ("DELETE", "/api/v1/namespaces", 405, "MethodNotAllowed"),
        ("DELETE", "/api/v1/secrets", 405, "MethodNotAllowed"),
        ("GET", f"{SECRETS}?watch=1&resourceVersion=x", 400, "BadRequest"),
        ("GET", f"{SECRETS}?labelSelector=a%3D%3D%3D", 400, "BadRequest"),
        ("GET", f"{SECRETS}?fieldSelector=spec.x%3D1", 400, "BadRequest"),
        ("GET", "/podlab/nothing", 404, "NotFound"),
        ("GET", "/podlab/advance", 405, "MethodNotAllowed"),
    ],
)
def test_refusals_are_statuses(client: Client, method: str, url: str, code: int, reason: str) -> None:
    status, body = client.ask(method, url)
    assert (status, body["kind"], body["reason"]) == (code, "Status", reason)


def test_an_object_from_creation_to_deletion(client: Client) -> None:
    status, created = client.ask("POST", SECRETS, secret("a"))
    assert status == 201
    assert created["metadata"]["creationTimestamp"] == "2026-01-01T00:00:00Z"
    assert client.ask("POST", SECRETS, secret("a"))[1]["reason"] == "AlreadyExists"
    merge = {"data": {"a": None, "c": "ZA=="}}
    patched = client.ask("PATCH", f"{SECRETS}/a", merge, content_type="application/merge-patch+json")
    assert patched[1]["data"] == {"c": "ZA=="}
    assert client.ask("PUT", f"{SECRETS}/a", created)[1]["reason"] == "Conflict"
    dry = client.ask("DELETE", f"{SECRETS}/a?dryRun=All")
    assert dry[0] == 200
    assert client.ask("GET", f"{SECRETS}/a")[0] == 200
    deleted = client.ask("DELETE", f"{SECRETS}/a", {"propagationPolicy": "Background"})[1]
    assert (deleted["status"], deleted["details"]["uid"]) == ("Success", created["metadata"]["uid"])
    assert client.ask("GET", f"{SECRETS}/a")[0] == 404


def test_collections_by_selector(client: Client) -> None:
    for name, tier in (("a", "x"), ("b", "x"), ("c", "y")):
        client.ask("POST", SECRETS, secret(name, tier=tier))
    listed = client.ask("GET", f"{SECRETS}?labelSelector=tier%3Dx")[1]
    assert (listed["kind"], [each["metadata"]["name"] for each in listed["items"]]) == (
        "SecretList",
        ["a", "b"],
    )
    table = client.ask("GET", f"{SECRETS}?fieldSelector=metadata.name%3Dc", accept=TABLE)[1]
    assert [row["cells"] for row in table["rows"]] == [["c", "Opaque", 1, "0s"]]
    client.ask("DELETE", f"{SECRETS}?labelSelector=tier%3Dx")
    assert [each["metadata"]["name"] for each in client.ask("GET", SECRETS)[1]["items"]] == ["c"]


def test_a_watch_from_a_version_sees_what_the_selector_lets_through(client: Client) -> None:
    version = client.ask("POST", SECRETS, secret("a", tier="x"))[1]["metadata"]["resourceVersion"]
    events = client.watch(f"{SECRETS}?watch=True&resourceVersion={version}&labelSelector=tier%3Dx")
    client.ask("POST", SECRETS, secret("b", tier="y"))
    for tier in ("x", "y"):
        patch = {"metadata": {"labels": {"tier": tier}}}
        client.ask("PATCH", f"{SECRETS}/b", patch, content_type="application/merge-patch+json")
    client.ask("DELETE", f"{SECRETS}/a")
    seen = [(each["type"], each["object"]["metadata"]["name"]) for each in events]
    assert seen == [("ADDED", "b"), ("DELETED", "b"), ("DELETED", "a")]


def test_a_watch_without_a_version_begins_with_what_there_is(client: Client) -> None:
    client.ask("POST", SECRETS, secret("a"))
    events = client.watch(
        f"{SECRETS}?watch=1&sendInitialEvents=true&allowWatchBookmarks=true&timeoutSeconds=5"
    )
    assert [each["type"] for each in events] == ["ADDED", "BOOKMARK"]
    assert events[1]["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}
    now = client.ask("POST", "/podlab/advance", {"seconds": 5})[1]
    assert now["now"] == 1767225605.0
    assert events[-1]["type"] == "END"


def test_an_advance_ends_with_a_bookmark_for_those_who_asked(client: Client) -> None:
    events = client.watch(f"{SECRETS}?watch=1&allowWatchBookmarks=true")
    silent = client.watch(f"{SECRETS}?watch=1")
    answer = client.ask("POST", "/podlab/advance", {"seconds": 1.5})[1]
    assert events[-1]["type"] == "BOOKMARK"
    assert events[-1]["object"]["metadata"]["resourceVersion"] == answer["resourceVersion"]
    assert "BOOKMARK" not in {each["type"] for each in silent}


def test_a_version_from_the_future_or_from_before_the_history(client: Client) -> None:
    ahead = client.watch(f"{SECRETS}?watch=1&resourceVersion=99999999")
    assert [each["object"].get("code") for each in ahead[:1]] == [504]
    client.cluster.store.load(list(client.cluster.store.items()), 5000)
    behind = client.watch(f"{SECRETS}?watch=1&resourceVersion=1")
    assert (behind[0]["type"], behind[0]["object"]["code"], behind[1]["type"]) == ("ERROR", 410, "END")


def test_times_are_the_hosts_unless_the_clusters_are_asked_for(client: Client) -> None:
    client.ask("POST", SECRETS, secret("a"))
    shifted = client.ask("GET", f"{SECRETS}/a", podlab_time="host")[1]
    assert shifted["metadata"]["creationTimestamp"] == "2027-01-15T08:00:00Z"
    assert client.ask("PUT", f"{SECRETS}/a", shifted, podlab_time="host")[0] == 200
    after = client.ask("GET", f"{SECRETS}/a")[1]
    assert after["metadata"]["creationTimestamp"] == "2026-01-01T00:00:00Z"
    assert dict(client.cluster.routes.time_headers())["Podlab-Now"] == "1767225600.000000"


@pytest.mark.parametrize("seconds", [-1, "x", True, None, 1e12])
def test_a_senseless_advance_is_refused(client: Client, seconds: Any) -> None:
    assert client.ask("POST", "/podlab/advance", {"seconds": seconds})[0] == 400


def test_images_are_kept_and_checked(client: Client) -> None:
    good = {"reference": "podlab/x:1", "digest": "sha256:1", "files": {"app.py": "cHJpbnQoKQ=="}}
    assert client.ask("POST", "/podlab/images", good)[0] == 200
    assert client.ask("GET", "/podlab/status")[1]["images"] == ["podlab/x:1"]
    for bad in ({"reference": "x"}, {**good, "files": {"a": "%"}}, {**good, "labels": 1}):
        assert client.ask("POST", "/podlab/images", bad)[0] == 400


def test_reviews_let_the_one_user_do_everything(client: Client) -> None:
    url = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    body = {"spec": {"resourceAttributes": {"verb": "delete", "resource": "pods"}}}
    assert client.ask("POST", url, body)[1]["status"]["allowed"] is True


def test_lists_come_in_chunks_as_tables_too(client: Client) -> None:
    for name in "abc":
        client.ask("POST", SECRETS, secret(name))
    _, first = client.ask("GET", f"{SECRETS}?limit=2", accept=TABLE)
    assert [row["cells"][0] for row in first["rows"]] == ["a", "b"]
    assert first["metadata"]["remainingItemCount"] == 1
    _, last = client.ask("GET", f"{SECRETS}?limit=2&continue={first['metadata']['continue']}")
    assert [each["metadata"]["name"] for each in last["items"]] == ["c"]
    assert set(last["metadata"]) == {"resourceVersion"}
    assert client.ask("GET", f"{SECRETS}?limit=x")[0] == 400


def test_endpoints_are_deprecated_and_patches_are_declared(client: Client) -> None:
    answer = client.cluster.request(Request("GET", "/api/v1/namespaces/default/endpoints"))
    assert isinstance(answer, Answer)
    text = "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"
    assert ("Warning", f'299 - "{text}"') in answer.headers
    document = client.ask("GET", "/openapi/v3/apis/apps/v1")[1]
    patch = document["paths"]["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"]["patch"]
    assert "application/strategic-merge-patch+json" in patch["requestBody"]["content"]


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("/api/v1/namespaces/default/gizmos", "gizmos.v1"),
        ("/apis/example.com/v2/widgets", "widgets.v2.example.com"),
        ("/apis/apps/v1beta1/deployments", "deployments.v1beta1.apps"),
        ("/apis/apps/v1beta1/daemonsets", "daemonsets.apps"),
    ],
)
def test_a_kind_that_is_not_served_is_named(client: Client, path: str, named: str) -> None:
    status, answer = client.ask("GET", path)
    assert (status, answer["reason"]) == (404, "NotFound")
    assert answer["message"].endswith(f"does not serve {named}")

"""What happened when, and steps to the next thing that happens: `/podlab/record` and `/podlab/advance`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lab.embedded.clock.agenda import EPOCH
from lab.embedded.clock.record import ProbeResult, Record
from lab.embedded.cluster import Cluster
from tests.embedded.server.test_routes import Client

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = dict[str, Any]
PODS = "/api/v1/namespaces/default/pods"


@pytest.fixture
def client() -> Iterator[Client]:
    cluster = Cluster(host_now=lambda: 1_800_000_000.0)
    yield Client(cluster)
    cluster.close()


def _pod(**container: Any) -> Json:
    one = {"name": "app", "image": "busybox:1.36", **container}
    return {"metadata": {"name": "web"}, "spec": {"containers": [one]}}


def _record(client: Client, probe: int = 0, revision: int = 0, namespace: str = "default") -> Json:
    url = f"/podlab/record?namespace={namespace}&probe={probe}&revision={revision}"
    status, answer = client.ask("GET", url)
    assert status == 200
    return answer


def test_each_probe_is_on_record_with_its_answer(client: Client) -> None:
    serve = ["sh", "-c", "mkdir /w; echo ok > /w/ok; httpd -f -p 8080 -h /w"]
    no, ok = ({"httpGet": {"path": path, "port": 8080}, "periodSeconds": 5} for path in ("/no", "/ok"))
    test = {"exec": {"command": ["sh", "-c", "echo gone >&2; exit 3"]}, "periodSeconds": 5}
    client.ask("POST", PODS, _pod(command=serve, livenessProbe=no, readinessProbe=ok))
    client.ask("POST", PODS, {**_pod(command=["sleep", "1d"], livenessProbe=test), "metadata": {"name": "x"}})
    client.cluster.advance(12)
    found = _record(client)
    web = [one for one in found["probes"] if one["pod"] == "web"]
    failed = [one for one in web if one["kind"] == "liveness"]
    assert [(one["outcome"], one["answer"], one["run"], one["threshold"]) for one in failed] == [
        ("failure", "HTTP 404", 1, 3),
        ("failure", "HTTP 404", 2, 3),
    ]
    assert {(one["outcome"], one["answer"]) for one in web if one["kind"] == "readiness"} == {
        ("success", "HTTP 200")
    }
    assert {one["answer"] for one in found["probes"] if one["pod"] == "x"} == {"exit code 3: gone"}
    assert failed[1]["asked"] - failed[0]["asked"] == pytest.approx(5)
    assert _record(client, probe=found["latest"])["probes"] == []
    assert _record(client, namespace="other")["probes"] == []


def test_every_revision_has_its_moment(client: Client) -> None:
    client.ask("POST", PODS, _pod(command=["false"]))
    client.cluster.advance(25)
    moments = _record(client)["moments"]
    assert moments == sorted(moments)
    watched = client.watch(f"{PODS}?watch=true&resourceVersion=1")
    ended = [
        (int(event["object"]["metadata"]["resourceVersion"]), status["state"]["terminated"]["finishedAt"])
        for event in watched
        for status in event["object"].get("status", {}).get("containerStatuses") or ()
        if "terminated" in status["state"]
    ]
    for revision, _ in ended:
        at = max(at for first, at in moments if first <= revision)
        assert EPOCH <= at <= EPOCH + 25
    later = _record(client, revision=ended[-1][0])["moments"]
    assert later[0][0] <= ended[-1][0] + 1
    assert later[-1] == moments[-1]


def _restarts(client: Client) -> int:
    return int(client.ask("GET", f"{PODS}/web")[1]["status"]["containerStatuses"][0]["restartCount"])


def test_a_step_ends_where_something_happens(client: Client) -> None:
    client.ask("POST", PODS, _pod(command=["sh", "-c", "sleep 7.25; exit 1"]))
    client.cluster.advance(3)
    before = client.cluster.now()
    body = {"seconds": 60, "until": "change", "namespace": "default"}
    answer = client.ask("POST", "/podlab/advance", body)[1]
    assert answer["happened"]
    assert before < answer["now"] < before + 10
    restarts = _restarts(client)
    body = {"seconds": 60, "until": "restart", "namespace": "default"}
    answer = client.ask("POST", "/podlab/advance", body)[1]
    assert answer["happened"]
    assert _restarts(client) == restarts + 1
    body = {"seconds": 5, "until": "restart", "namespace": "elsewhere"}
    now = client.cluster.now()
    answer = client.ask("POST", "/podlab/advance", body)[1]
    assert not answer["happened"]
    assert answer["now"] == now + 5


@pytest.mark.parametrize(
    "body", [{"until": "doomsday"}, {"until": "change", "seconds": 1e6}, {"until": "change", "namespace": 1}]
)
def test_a_senseless_step_is_refused(client: Client, body: Json) -> None:
    assert client.ask("POST", "/podlab/advance", {"seconds": 1, **body})[0] == 400
    assert client.ask("GET", "/podlab/record?probe=-1")[0] == 400


def test_the_record_is_bounded_and_says_what_it_lost() -> None:
    record = Record(0.0)
    for number in range(1, 10_051):
        record.probed(
            ProbeResult(number, 0, 0, f"ns-{number % 2}", "p", "u", "c", "i", "liveness", "success", "", 1, 1)
        )
    assert (record.latest, record.whole_after()) == (10_050, 50)
    assert [one.number for one in record.results("", 10_047)] == [10_048, 10_049, 10_050]
    assert [one.number for one in record.results("ns-0", 10_047)] == [10_048, 10_050]
    assert len(record.results("", 0)) == 10_000


def test_a_step_ends_where_the_sum_of_moments_is_no_whole_microsecond(client: Client) -> None:
    client.cluster.advance(118.965885 - client.cluster.agenda.now())
    now = client.cluster.agenda.now()
    assert round(now + 20.0, 6) < now + 20.0, "the agenda would be a hair too early for ever"
    body = {"seconds": 20, "until": "restart", "namespace": "elsewhere"}
    assert client.ask("POST", "/podlab/advance", body)[0] == 200
    assert client.cluster.agenda.now() == round(now + 20.0, 6)

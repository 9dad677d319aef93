"""The socket: pinned TLS, the token, a taken port, streams that end when the client leaves."""

from __future__ import annotations

import http.client
import json
import queue
import ssl
import stat
from typing import TYPE_CHECKING, Any

import pytest

from lab.embedded.cluster import Cluster, PortTaken, Served, serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    served = serve(Cluster(), rate=0)
    yield served
    faults = served.driver.faults
    served.close()
    assert faults == []


def connection(served: Served) -> http.client.HTTPSConnection:
    context = ssl.create_default_context(cadata=served.identity.authority.decode())
    return http.client.HTTPSConnection("127.0.0.1", served.listener.port, timeout=20, context=context)


def ask(served: Served, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any, Any]:
    client = connection(served)
    try:
        sent = {"Authorization": f"Bearer {served.identity.token}", **headers}
        data = None if body is None else json.dumps(body)
        client.request(method, path, data, sent)
        response = client.getresponse()
        return response.status, json.loads(response.read() or b"null"), response.headers
    finally:
        client.close()


def test_nobody_gets_in_without_the_token(served: Served) -> None:
    for authorization in ("", "Bearer wrong", "Basic x"):
        status, body, _ = ask(served, "GET", "/version", Authorization=authorization)
        assert (status, body["reason"]) == (401, "Unauthorized")


def test_every_answer_tells_the_time(served: Served) -> None:
    _, _, headers = ask(served, "GET", "/api/v1/nodes")
    assert headers["Podlab-Now"].startswith("17672256")
    assert int(headers["Podlab-Shift"]) > 0


def test_a_warning_travels_as_a_header(served: Served) -> None:
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "w"}, "nonsense": 1}
    path = "/api/v1/namespaces/default/configmaps"
    status, _, headers = ask(served, "POST", f"{path}?fieldValidation=Warn&dryRun=All", body)
    assert (status, headers["Warning"]) == (201, '299 - "unknown field \\"nonsense\\""')
    assert ask(served, "POST", f"{path}?fieldValidation=Strict", body)[0] == 400


def test_a_watch_streams_and_ends_with_its_client(served: Served) -> None:
    client = connection(served)
    client.request(
        "GET", "/api/v1/namespaces?watch=true&resourceVersion=0",
        headers={"Authorization": f"Bearer {served.identity.token}", "Accept": TABLE},
    )  # fmt: skip
    response = client.getresponse()
    first = json.loads(response.readline())
    assert (first["type"], first["object"]["kind"]) == ("ADDED", "Table")
    watches: set[Any] = served.driver.cluster.routes.context.watches
    assert len(watches) == 1
    client.close()
    response.close()
    gone: queue.SimpleQueue[bool] = queue.SimpleQueue()

    def look() -> None:
        if watches:
            served.driver.post(look)
        else:
            gone.put(True)

    served.driver.post(look)
    assert gone.get(timeout=20)


def test_the_second_try_without_a_websocket_hears_the_same_refusal(served: Served) -> None:
    status, body, _ = ask(served, "POST", "/api/v1/namespaces/default/pods/x/attach?stdout=1")
    assert (status, body["reason"]) == (404, "NotFound")


def test_a_taken_port_is_named(served: Served) -> None:
    with pytest.raises(PortTaken, match=f"port {served.listener.port} on 127.0.0.1 is taken"):
        serve(Cluster(), rate=0, port=served.listener.port)


def test_the_kubeconfig_is_its_owners_only(served: Served, tmp_path: Path) -> None:
    path = tmp_path / "new" / "kubeconfig"
    served.write_kubeconfig(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text())["clusters"][0]["cluster"]["server"] == served.url
    assert [each.name for each in path.parent.iterdir()] == ["kubeconfig"]

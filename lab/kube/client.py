"""The API server's verbs: raw JSON in and out, cluster time on the wire, errors of the lab's own.

The official client brings what is hard about a kubeconfig (certificates, tokens, exec plug-ins, proxies) and
the connection pool; its models are left alone, they cost a second and a half and know one version only. Every
request carries `Podlab-Time: cluster`, so that the embedded cluster answers in cluster time; other clusters
ignore it. A client may be used from several threads.
"""

from __future__ import annotations

import contextlib
import json
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from lab.errors import NotAbleError
from lab.kube.answers import Listed, ProxyAnswer, Response, warnings_of
from lab.kube.errors import ApiError, WatchExpired, from_response, lost
from lab.kube.kinds import Kind, kind_of
from lab.kube.logs import LogStream
from lab.kube.watches import Watch

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lab.kube.answers import Object

Query = "Mapping[str, str | int | bool]"

CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0
"""How long the server may take for an ordinary answer, in host time."""
LOG_BYTES = 1_000_000
BODY_BYTES = 65_536


def warm() -> None:
    """Import the transport now, so that the first client does not have to."""
    import kubernetes  # noqa: PLC0415, F401 (half a second)


class Client:
    """A connection to one cluster, as one context of one kubeconfig says."""

    def __init__(self, kubeconfig: Path, context: str | None = None) -> None:
        """Read the kubeconfig; nothing is sent yet.

        Raises:
            NotAbleError: the kubeconfig cannot be used.
        """
        import urllib3.exceptions  # noqa: PLC0415 (comes with kubernetes, as late)
        from kubernetes import client, config  # noqa: PLC0415 (half a second)

        configuration = client.Configuration()
        configuration.retries = False
        configuration.connection_pool_maxsize = 32
        try:
            load: Any = config.load_kube_config
            load(str(kubeconfig), context=context, client_configuration=configuration)
        except (config.ConfigException, OSError, ValueError) as error:
            raise NotAbleError(
                f"the kubeconfig cannot be used: {error}",
                where=str(kubeconfig),
                remedy="name another with KUBECONFIG, or let the lab make one: podlab cluster up",
            ) from error
        configuration.retries = False
        if not configuration.verify_ssl:
            # the kubeconfig says so itself; a line on stderr with each request would tell nobody anything new
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        self.host: str = configuration.host
        self.transport_errors: tuple[type[Exception], ...] = (
            urllib3.exceptions.HTTPError,
            client.ApiException,
        )
        self.now_seen: float | None = None
        """Cluster time of the newest answer, where the cluster tells it (`Podlab-Now`)."""
        self._configuration = configuration
        self._api = client.ApiClient(configuration)
        self._discovered: dict[tuple[str, str], Kind] = {}

    def close(self) -> None:
        """Give back all connections."""
        self._api.rest_client.pool_manager.clear()

    # --- time ---------------------------------------------------------------------------------------------

    def now(self) -> float:
        """Cluster time: what the cluster says it is, or the host's where it does not say."""
        self.request("GET", "/version")
        return self.now_seen if self.now_seen is not None else time.time()

    # --- verbs --------------------------------------------------------------------------------------------

    def get(self, kind: Kind | str, namespace: str | None, name: str) -> Object:
        """One object."""
        return self.request("GET", self.kind(kind).path(namespace, name)).json()

    def find(self, kind: Kind | str, namespace: str | None, name: str) -> Object | None:
        """One object, or None when there is none."""
        try:
            return self.get(kind, namespace, name)
        except ApiError as error:
            if error.not_found:
                return None
            raise

    def list(self, kind: Kind | str, namespace: str | None, *, labels: str = "", fields: str = "") -> Listed:
        """Objects of a kind, each with its `kind` and `apiVersion` filled in."""
        served = self.kind(kind)
        query = {key: value for key, value in (("labelSelector", labels), ("fieldSelector", fields)) if value}
        value = self.request("GET", served.path(namespace), query=query).json()
        items = [
            {"apiVersion": served.version, "kind": served.name, **item} for item in value.get("items") or ()
        ]
        return Listed(items, str(value["metadata"]["resourceVersion"]))

    def resource_version(self, namespace: str) -> str:
        """The newest resource version, as a list of at most one pod tells it."""
        query = {"limit": "1"}
        value = self.request("GET", kind_path("Pod", namespace, "", ""), query=query).json()
        return str(value["metadata"]["resourceVersion"])

    def create(self, obj: Object, namespace: str | None) -> Object:
        """A new object."""
        return self.request("POST", self.kind_for(obj).path(namespace), body=obj).json()

    def patch(
        self,
        kind: Kind | str,
        namespace: str | None,
        name: str,
        body: Any,
        *,
        style: str = "strategic-merge",
        subresource: str = "",
    ) -> Object:
        """Patch an object; style is `strategic-merge`, `merge` or `json`."""
        path = self.kind(kind).path(namespace, name, subresource)
        return self.request("PATCH", path, body=body, content_type=f"application/{style}-patch+json").json()

    def delete(self, kind: Kind | str, namespace: str | None, name: str, *, grace: int | None = None) -> bool:
        """Delete an object; False when it was not there."""
        body: Object = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background"}
        if grace is not None:
            body["gracePeriodSeconds"] = grace
        try:
            self.request("DELETE", self.kind(kind).path(namespace, name), body=body)
        except ApiError as error:
            if error.not_found:
                return False
            raise
        return True

    def watch(self, kind: Kind | str, namespace: str | None, resource_version: str) -> Watch:
        """Open a watch on a kind from a resource version on, with bookmarks."""
        query = {"watch": "true", "resourceVersion": resource_version, "allowWatchBookmarks": "true"}
        path = self.kind(kind).path(namespace)
        response = self._send("GET", path, query=query, timeout=(CONNECT_SECONDS, None))
        if response.status >= 400:
            error = from_response(response.status, response.data, f"GET {path}?watch")
            if error.code == 410:
                raise WatchExpired(error.what) from error
            raise error
        return Watch(response, self)

    def logs(
        self, namespace: str, pod: str, container: str, *, previous: bool = False, tail: int | None = None
    ) -> str:
        """A container's log, at most a megabyte of it."""
        query: dict[str, str] = {"container": container, "limitBytes": str(LOG_BYTES)}
        if previous:
            query["previous"] = "true"
        if tail is not None:
            query["tailLines"] = str(tail)
        path = kind_path("Pod", namespace, pod, "log")
        return self.request("GET", path, query=query).body.decode("utf-8", "replace")

    def follow_log(
        self, namespace: str, pod: str, container: str, *, previous: bool = False, tail: int | None = None
    ) -> LogStream:
        """Open a container's log, from its last `tail` lines on, to be read as it is written."""
        query: dict[str, str] = {"container": container, "timestamps": "true"}
        query["previous" if previous else "follow"] = "true"
        if tail is not None:
            query["tailLines"] = str(tail)
        path = kind_path("Pod", namespace, pod, "log")
        response = self._send("GET", path, query=query, timeout=(CONNECT_SECONDS, None))
        if response.status >= 400:
            raise from_response(response.status, response.data, f"GET {path}")
        return LogStream(response, self)

    def proxy(
        self,
        namespace: str,
        pod: str,
        port: int,
        path: str,
        *,
        method: str = "GET",
        query: Mapping[str, str] | None = None,
        timeout: float = 10.0,
    ) -> ProxyAnswer:
        """Ask an application in a pod through the API server; that it does not answer is an answer too.

        `timeout` is host time.

        Raises:
            ObservationLost: the API server itself does not answer.
            ApiError: the API server refuses (no such pod, no right).
        """
        target = (
            kind_path("Pod", namespace, f"{pod}:{port}", "proxy")
            + "/"
            + quote(path.lstrip("/"), safe="/?=&%")
        )
        try:
            answer = self._send(method, target, query=dict(query or {}), timeout=(CONNECT_SECONDS, timeout))
            body = answer.data[:BODY_BYTES].decode("utf-8", "replace")
        except self.transport_errors as error:
            if _read_timed_out(error):
                return ProxyAnswer(0, "", f"no answer within {timeout:g} s")
            raise lost(error, self.host) from error
        if answer.status >= 400 and (refusal := _refusal(answer, body)) is not None:
            if refusal.code in {401, 403, 404}:
                raise refusal
            return ProxyAnswer(0, "", refusal.what)
        return ProxyAnswer(int(answer.status), body)

    def server_version(self) -> str:
        """`v1.36.0`."""
        return str(self.request("GET", "/version").json().get("gitVersion", ""))

    # --- kinds --------------------------------------------------------------------------------------------

    def kind(self, kind: Kind | str) -> Kind:
        """A kind by name; ValueError for one that is not in the table."""
        if isinstance(kind, Kind):
            return kind
        known = kind_of(kind)
        if known is None:
            raise ValueError(f"unknown kind {kind!r}")
        return known

    def kind_for(self, obj: Object) -> Kind:
        """The kind of an object, by its apiVersion; asks the server about kinds the lab does not know.

        Raises:
            ApiError: the server does not serve it (404).
        """
        version, name = str(obj.get("apiVersion", "")), str(obj.get("kind", ""))
        known = kind_of(name, version) or self._discovered.get((version, name))
        if known is not None and known.name == name:
            return known
        root = f"/api/{version}" if "/" not in version else f"/apis/{version}"
        message = f'no matches for kind "{name}" in version "{version}"'
        try:
            resources = self.request("GET", root).json().get("resources") or ()
        except ApiError as error:
            if error.not_found:
                raise ApiError(404, "NotFound", message, request=f"GET {root}") from error
            raise
        for resource in resources:
            if resource.get("kind") == name and "/" not in resource["name"]:
                kind = Kind(name, version, resource["name"], bool(resource.get("namespaced")))
                self._discovered[version, name] = kind
                return kind
        raise ApiError(404, "NotFound", message, request=f"GET {root}")

    # --- transport ----------------------------------------------------------------------------------------

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        content_type: str = "application/json",
        timeout: float = READ_SECONDS,
    ) -> Response:
        """One request with a whole answer.

        Raises:
            ApiError: the server refused.
            ObservationLost: it did not answer.
        """
        try:
            answer = self._send(
                method,
                path,
                query=query,
                body=body,
                content_type=content_type,
                timeout=(CONNECT_SECONDS, timeout),
            )
            data = answer.data
        except self.transport_errors as error:
            raise lost(error, self.host) from error
        if answer.status >= 400:
            raise from_response(answer.status, data, f"{method} {path}")
        return Response(answer.status, data, warnings_of(answer.headers))

    def _send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        content_type: str = "",
        timeout: tuple[float, float | None],
    ) -> Any:
        headers = {"Accept": "application/json", "Podlab-Time": "cluster", "User-Agent": "podlab"}
        if body is not None:
            headers["Content-Type"] = content_type
        settings: Mapping[str, Any] = self._configuration.auth_settings()
        for setting in settings.values():
            if setting["in"] == "header":
                headers[setting["key"]] = setting["value"]
        url = self.host + path + (f"?{urlencode(query)}" if query else "")
        import urllib3  # noqa: PLC0415 (comes with kubernetes, as late)

        data = json.dumps(body).encode() if body is not None else None
        try:
            answer = self._api.rest_client.pool_manager.request(
                method,
                url,
                headers=headers,
                body=data,
                preload_content=False,
                retries=False,
                timeout=urllib3.Timeout(connect=timeout[0], read=timeout[1]),
            )
        except self.transport_errors as error:
            if _read_timed_out(error):
                raise
            raise lost(error, self.host) from error
        with contextlib.suppress(KeyError, ValueError):
            self.now_seen = float(answer.headers["Podlab-Now"])
        return answer


def kind_path(name: str, namespace: str, obj: str, subresource: str) -> str:
    """The path of a subresource of an object of a kind in the table."""
    kind = kind_of(name)
    assert kind is not None, name  # noqa: S101 (callers name kinds of the table)
    return kind.path(namespace, obj, subresource)


def _read_timed_out(error: Exception) -> bool:
    import urllib3.exceptions  # noqa: PLC0415 (comes with kubernetes, as late)

    return isinstance(error, urllib3.exceptions.ReadTimeoutError)


def _refusal(answer: Any, body: str) -> ApiError | None:
    """The API server's own word about a proxied request, told from an application's error status."""
    if "json" not in (answer.headers.get("Content-Type") or ""):
        # an API server that cannot reach the pod answers in plain text
        if answer.status in {502, 503} and body.startswith(("error trying to reach service", "Error trying")):
            return ApiError(answer.status, "ServiceUnavailable", body.strip(), request="proxy")
        return None
    error = from_response(answer.status, body.encode(), "proxy")
    return error if error.reason else None

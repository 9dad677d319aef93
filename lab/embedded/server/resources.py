"""Requests for objects: get, list, watch, create, update, patch, delete: over the API machinery."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from msgspec.structs import replace

from lab.embedded.api.errors import bad_request, method_not_allowed, no_such_resource
from lab.embedded.api.unserved import no_such_kind, no_such_part
from lab.embedded.server import parameters
from lab.embedded.server.bodies import media_type, read_object, read_value
from lab.embedded.server.messages import Answer, AnyAnswer, Request, StreamAnswer, json_answer
from lab.embedded.server.tables import table, wants_table
from lab.embedded.server.timeshift import shift_json
from lab.embedded.server.watching import Watch, WatchQuery

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.embedded.api.interface import Written
    from lab.embedded.api.kinds import Kind
    from lab.embedded.server.context import ServerContext
    from lab.embedded.server.paths import ResourcePath

Object = dict[str, Any]
_ORPHANED = (
    "child pods are preserved by default when {} are deleted; set propagationPolicy=Background to remove "
    "them or set propagationPolicy=Orphan to suppress this warning"
)


class ResourceRequest:
    """One request for an object or a collection of a kind."""

    def __init__(
        self, context: ServerContext, kind: Kind, path: ResourcePath, request: Request, *, shifted: bool
    ) -> None:
        self._context = context
        self._machinery = context.machinery
        self._kind = kind
        self._path = path
        self._request = request
        self._shifted = shifted
        self._namespace = path.namespace if kind.namespaced else None

    def answer(self) -> AnyAnswer:
        """Carry it out.

        Raises:
            ApiError: it is refused.
        """
        if self._path.name:
            verbs = {
                "GET": self._get, "HEAD": self._get, "PUT": self._update, "PATCH": self._patch,
                "DELETE": self._delete, "POST": self._create_subresource,
            }  # fmt: skip
        else:
            verbs = {
                "GET": self._list, "HEAD": self._list, "POST": self._create,
                "DELETE": self._delete_collection,
            }  # fmt: skip
        verb = verbs.get(self._request.method)
        if verb is None:
            raise method_not_allowed(self._kind)
        self._machinery.look(self._kind.resource)
        return self._warned(verb())

    def _warned(self, answer: Answer | StreamAnswer) -> AnyAnswer:
        """The answer, with the warning that every use of a deprecated kind gets."""
        if not self._kind.deprecated:
            return answer
        return replace(answer, headers=[*answer.headers, _warning(self._kind.deprecated)])

    @property
    def _watched(self) -> bool:
        return parameters.boolean(self._request.query, "watch")

    def _get(self) -> Answer | StreamAnswer:
        if self._watched:
            return self._watch(f"metadata.name={self._path.name}")
        sub = self._path.subresource or None
        obj = self._machinery.get(self._kind.resource, self._namespace, self._path.name, sub)
        if sub == "scale" and wants_table(self._request.header("accept")):
            return self._table([obj], {"resourceVersion": obj["metadata"]["resourceVersion"]}, resource=sub)
        return self._shown(obj, table_of=None if sub == "scale" else [obj])

    def _list(self) -> Answer | StreamAnswer:
        if self._watched:
            return self._watch("")
        query = self._request.query
        parameters.check_revision(query)
        page = self._machinery.page(
            self._kind.resource,
            self._namespace,
            max(0, parameters.integer(query, "limit") or 0),
            parameters.text(query, "continue"),
            labels=parameters.text(query, "labelSelector"),
            fields=parameters.text(query, "fieldSelector"),
        )
        metadata: Object = {"resourceVersion": str(page.resource_version)}
        if page.token:
            metadata["continue"] = page.token
        if page.remaining is not None:
            metadata["remainingItemCount"] = page.remaining
        if wants_table(self._request.header("accept")):
            return self._table(page.items, metadata)
        return self._json(
            {
                "kind": f"{self._kind.kind}List",
                "apiVersion": self._kind.api_version,
                "metadata": metadata,
                "items": page.items,
            }
        )

    def _watch(self, name_field: str) -> StreamAnswer:
        query = self._request.query
        since = parameters.revision(query)
        fields = ",".join(filter(None, [name_field, parameters.text(query, "fieldSelector")]))
        initial = parameters.boolean(query, "sendInitialEvents")
        watch = Watch(
            self._context,
            WatchQuery(
                resource=self._kind.resource,
                plural=self._kind.plural,
                api_version=self._kind.api_version,
                kind=self._kind.kind,
                namespace=self._namespace,
                labels=parameters.text(query, "labelSelector"),
                fields=fields,
                since=int(since) if since and int(since) else None,
                initial_events=initial,
                bookmarks=parameters.boolean(query, "allowWatchBookmarks"),
                timeout=parameters.integer(query, "timeoutSeconds"),
                as_table=wants_table(self._request.header("accept")),
                include=parameters.text(query, "includeObject"),
                shifted=self._shifted,
            ),
        )
        return StreamAnswer(watch)

    def _create(self) -> Answer | StreamAnswer:
        options = parameters.write_options(self._request.query)
        written = self._machinery.create(self._kind.resource, self._namespace, self._body(), options)
        return self._written(written)

    def _create_subresource(self) -> Answer | StreamAnswer:
        if not self._path.subresource:
            raise method_not_allowed(self._kind)
        options = parameters.write_options(self._request.query)
        written = self._machinery.create_subresource(
            self._kind.resource,
            self._namespace,
            self._path.name,
            self._path.subresource,
            self._body(),
            options,
        )
        return self._written(written, created=True)

    def _update(self) -> Answer | StreamAnswer:
        body = self._body()
        metadata = body.get("metadata")
        if not isinstance(metadata, dict) or not metadata.get("name"):
            raise bad_request(
                f"the name of the object ({self._path.name} based on URL) was undeterminable: "
                "name must be provided"
            )
        options = parameters.write_options(self._request.query)
        written = self._machinery.update(
            self._kind.resource,
            self._namespace,
            self._path.name,
            body,
            options,
            self._path.subresource or None,
        )
        return self._written(written)

    def _patch(self) -> Answer | StreamAnswer:
        patch_type = media_type(self._request.header("content-type"))
        parameters.check_force(self._request.query, patch_type)
        body = read_value(self._unshifted(), patch_type or "application/json")
        options = parameters.write_options(self._request.query)
        written = self._machinery.patch(
            self._kind.resource, self._namespace, self._path.name, patch_type, body, options,
            self._path.subresource or None,
        )  # fmt: skip
        return self._written(written)

    def _delete(self) -> Answer | StreamAnswer:
        if self._path.subresource:
            raise method_not_allowed(self._kind)
        options = parameters.delete_options(self._request.query, self._options_body())
        resource, name = self._kind.resource, self._path.name
        before = self._machinery.get(resource, self._namespace, name)
        deleted = self._machinery.delete(resource, self._namespace, name, options)
        if options.dry_run or self._machinery.find(resource, self._namespace, name) is not None:
            orphaned = self._kind.strategy.orphans and options.propagation is None
            headers = [_warning(_ORPHANED.format(self._kind.plural))] if orphaned else []
            return self._shown(deleted, table_of=None, headers=headers)
        if self._kind.plural in {"pods", "namespaces"} or deleted.get("kind") == "Status":
            return self._shown(deleted, table_of=None)
        return self._json(_deleted_status(self._kind, name, before["metadata"].get("uid", "")))

    def _delete_collection(self) -> Answer | StreamAnswer:
        everywhere = self._kind.namespaced and self._namespace is None
        if everywhere or "deletecollection" not in self._kind.verbs:
            raise method_not_allowed(self._kind)
        query = self._request.query
        listed = self._machinery.delete_collection(
            self._kind.resource,
            self._namespace,
            labels=parameters.text(query, "labelSelector"),
            fields=parameters.text(query, "fieldSelector"),
            options=parameters.delete_options(query, self._options_body()),
        )
        return self._json(
            {
                "kind": f"{self._kind.kind}List",
                "apiVersion": self._kind.api_version,
                "metadata": {"resourceVersion": str(listed.resource_version)},
                "items": listed.items,
            }
        )

    def _options_body(self) -> Object:
        if not self._request.body.strip():
            return {}
        return read_object(self._request.body, self._request.header("content-type"))

    def _unshifted(self) -> bytes:
        seconds = self._context.shift.seconds() if self._shifted else 0
        return shift_json(self._request.body, -seconds, self._kind.plural)

    def _body(self) -> Object:
        content_type = self._request.header("content-type")
        body = read_object(self._request.body, content_type, self._kind.kind)
        if self._shifted:
            body = orjson.loads(
                shift_json(orjson.dumps(body), -self._context.shift.seconds(), self._kind.plural)
            )
            metadata = body.get("metadata")
            if isinstance(metadata, dict):
                # Only the server sets these, and the shift may have moved since the client read them.
                metadata.pop("creationTimestamp", None)
                metadata.pop("deletionTimestamp", None)
        return body

    def _written(self, written: Written, *, created: bool = False) -> Answer | StreamAnswer:
        status = 201 if written.created or created else 200
        warnings = [_warning(text) for text in written.warnings]
        return self._shown(written.object, table_of=[written.object], status=status, headers=warnings)

    def _shown(
        self, obj: Object, *, table_of: Sequence[Object] | None, status: int = 200,
        headers: Sequence[tuple[str, str]] = (),
    ) -> Answer:  # fmt: skip
        if table_of and wants_table(self._request.header("accept")) and obj.get("kind") == self._kind.kind:
            version = obj.get("metadata", {}).get("resourceVersion", "")
            return self._table(table_of, {"resourceVersion": version}, status, headers)
        return self._json(obj, status, headers)

    def _table(
        self, items: Sequence[Object], metadata: Object, status: int = 200,
        headers: Sequence[tuple[str, str]] = (), *, resource: str = "",
    ) -> Answer:  # fmt: skip
        include = parameters.text(self._request.query, "includeObject")
        now = self._context.agenda.now()
        return self._json(
            table(resource or self._kind.resource, items, now, metadata=metadata, include=include),
            status, headers,
        )  # fmt: skip

    def _json(self, value: Object, status: int = 200, headers: Sequence[tuple[str, str]] = ()) -> Answer:
        answer = json_answer(value, status, headers)
        if not self._shifted:
            return answer
        body = shift_json(answer.body, self._context.shift.seconds(), self._kind.plural)
        return Answer(answer.status, body, answer.content_type, answer.headers)


def find_kind(context: ServerContext, path: ResourcePath) -> Kind:
    """The kind a path names, its subresource included.

    Raises:
        ApiError: 404; nothing of that name is served.
    """
    kind = context.machinery.kinds.by_path(path.group, path.version, path.plural)
    if kind is None:
        raise no_such_kind(path.group, path.version, path.plural)
    if (path.namespace is not None and not kind.namespaced) or (
        path.subresource and path.subresource != "status" and kind.subresource(path.subresource) is None
    ):
        raise no_such_part(kind.resource, path.subresource) if path.subresource else no_such_resource()
    return kind


def _deleted_status(kind: Kind, name: str, uid: str) -> Object:
    details = {"name": name, **({"group": kind.group} if kind.group else {}), "kind": kind.plural, "uid": uid}
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}


def _warning(text: str) -> tuple[str, str]:
    return "Warning", f'299 - "{_quoted(text)}"'


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")

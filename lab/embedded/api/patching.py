"""The patch verb: turn a patch into the object that is wanted, and write that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from lab.embedded.api import errors, field_errors, ownership
from lab.embedded.api.decoding import without_empties
from lab.embedded.api.field_errors import FieldError
from lab.embedded.api.patch import apply, fieldsets, strategic
from lab.embedded.api.patch.merge import merge
from lab.embedded.api.schema import checking
from lab.embedded.api.schema.definitions import Shape
from lab.embedded.objects.copying import copy_json

if TYPE_CHECKING:
    from lab.embedded.api.interface import WriteOptions, Written
    from lab.embedded.api.kinds import Kind
    from lab.embedded.api.reads import Reads
    from lab.embedded.api.subresources import Subresources
    from lab.embedded.api.writes import Writes

Object = dict[str, Any]

JSON = "application/json-patch+json"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
APPLY = "application/apply-patch+yaml"
MEDIA_TYPES = (JSON, MERGE, STRATEGIC, APPLY)


class Patches:
    """Applies patches to objects and their parts."""

    def __init__(self, reads: Reads, writes: Writes, subresources: Subresources) -> None:
        self._reads = reads
        self._writes = writes
        self._subresources = subresources

    def patch(
        self,
        kind: Kind,
        namespace: str | None,
        name: str,
        patch_type: str,
        body: Any,
        options: WriteOptions,
        subresource: str | None,
    ) -> Written:
        """Patch an object or a part of it.

        Raises:
            ApiError: 400; the patch cannot be read. 404; there is nothing to patch. 409; an applied field is
                somebody else's. 415; no such kind of patch. 422; the patch does not fit, or its result.
        """
        media_type = patch_type if "/" in patch_type else f"application/{patch_type}"
        if media_type not in MEDIA_TYPES:
            raise errors.unsupported_media_type(MEDIA_TYPES)
        whole = subresource in {None, "status"}
        if media_type == APPLY and whole:
            return self._apply(kind, namespace, name, body, options, subresource)
        stored = self._reads.stored(kind, namespace, name)
        if whole:
            current = self._reads.get(kind.resource, namespace, name)
        else:
            current = self._subresources.get(kind, namespace, name, subresource or "")
        new = patched(kind, current, media_type, body)
        if not whole:
            return self._subresources.update(kind, stored, subresource or "", new, options)
        try:
            return self._writes.update(kind, stored, new, options, subresource)
        except errors.ApiError as error:
            raise _about_the_patch(error, body) from error

    def _apply(
        self,
        kind: Kind,
        namespace: str | None,
        name: str,
        body: Any,
        options: WriteOptions,
        subresource: str | None,
    ) -> Written:
        applied = _applied(kind, body, name, options)
        current = self._reads.find(kind.resource, namespace, name)
        shape = Shape.of_kind(kind.group, kind.version, kind.kind)
        _check_declared(kind, applied, namespace, shape)
        wanted = fieldsets.fields_of(applied, shape)
        mine = ownership.Entry(
            options.field_manager, "Apply", kind.api_version, subresource or "", self._writes.now(), wanted
        )
        if current is None:
            written = self._writes.create(
                kind, namespace, applied, replace(options, field_manager=""), applied_by=mine
            )
            return replace(written, created=True)
        entries = ownership.read(current)
        own = frozenset().union(*(each.fields for each in entries if each.identity == mine.identity))
        others = [each for each in entries if each.identity != mine.identity]
        clashes = apply.conflicts(
            current, applied, wanted, [(_named(each), each.fields) for each in others], shape
        )
        if clashes and not options.force:
            raise _conflict(clashes)
        lost = frozenset(path for _, path in clashes)
        others = [replace(each, fields=each.fields - lost) for each in others]
        kept = wanted.union(*(each.fields for each in others))
        merged = apply.prune(apply.merge(current, applied, shape), own - wanted, kept, shape)
        new = copy_json(merged)
        if not applied["metadata"].get("resourceVersion"):
            new["metadata"]["resourceVersion"] = current["metadata"]["resourceVersion"]
        if own == wanted and not lost:
            before = (each.time for each in entries if each.identity == mine.identity)
            mine = replace(mine, time=next(before, mine.time))
        ownership.write(new, [*others, mine])
        stored = self._reads.stored(kind, namespace, name)
        return self._writes.update(kind, stored, new, options, subresource, applied=True)


def patched(kind: Kind, current: Object, media_type: str, body: Any) -> Object:
    """The object a patch asks for.

    Raises:
        ApiError: 400 or 422; the patch cannot be read, or does not fit.
    """
    if media_type == JSON:
        return _json_patched(current, body)
    if not isinstance(body, dict):
        raise errors.bad_request(
            "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}"
        )
    if media_type == MERGE:
        merged: Object = merge(current, body)
        return merged
    shape = Shape.of_kind(kind.group, kind.version, kind.kind)
    try:
        return strategic.merge(current, body, shape)
    except strategic.StrategicPatchError as error:
        raise errors.bad_request(str(error)) from error


def _json_patched(current: Object, body: Any) -> Object:
    import jsonpatch  # noqa: PLC0415 (few requests need it)

    if not isinstance(body, list):
        told = "object" if isinstance(body, dict) else "string" if isinstance(body, str) else "number"
        raise errors.bad_request(f"json: cannot unmarshal {told} into Go value of type jsonpatch.Patch")
    try:
        result: Object = jsonpatch.apply_patch(copy_json(current), body)
    except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException, TypeError, ValueError) as error:
        message = "the server rejected our request due to an error in our request"
        raise errors.ApiError(422, "Invalid", message) from error
    return result


def _applied(kind: Kind, body: Any, name: str, options: WriteOptions) -> Object:
    if not isinstance(body, dict):
        raise errors.bad_request("error decoding YAML: the applied configuration must be an object")
    if not options.field_manager:
        wrong = field_errors.required("fieldManager", "is required for apply patch")
        raise errors.nameless_invalid("PatchOptions", "meta.k8s.io", [wrong])
    applied: Object = without_empties(body, Shape({}))
    metadata = applied.setdefault("metadata", {})
    if not isinstance(metadata, dict):
        raise errors.bad_request("error decoding YAML: the metadata of an object must be a map")
    if applied.get("apiVersion") != kind.api_version:
        raise errors.bad_request(
            "Incorrect version specified in apply patch. Specified patch version: "
            f"{applied.get('apiVersion') or ''}, expected: {kind.api_version}"
        )
    if metadata.get("managedFields"):
        raise errors.bad_request("metadata.managedFields must be nil")
    if metadata.setdefault("name", name) != name:
        raise errors.bad_request(
            f"the name of the object ({metadata['name']}) does not match the name on the URL ({name})"
        )
    return applied


def _check_declared(kind: Kind, applied: Object, namespace: str | None, shape: Shape) -> None:
    """An apply of unknown fields is refused whatever `fieldValidation` says: nobody could own them."""
    places = [
        f"{fieldsets.describe(fieldsets.owned_path(applied, path, shape))}: field not declared in schema"
        for path in checking.unknown_fields(kind, applied)
    ]
    if places:
        found = places[0] if len(places) == 1 else "errors:" + "".join(f"\n  {each}" for each in places)
        what = f"{namespace or ''}/{applied['metadata']['name']}; {kind.api_version}, Kind={kind.kind}"
        raise errors.ApiError(500, "", f"failed to create typed patch object ({what}): {found}")


def _named(entry: ownership.Entry) -> str:
    """A manager as conflicts name it."""
    version = "" if entry.operation == "Apply" else f" using {entry.api_version}"
    part = f' with subresource "{entry.subresource}"' if entry.subresource else ""
    return f'"{entry.manager}"{part}{version}'


def _conflict(clashes: list[tuple[str, fieldsets.Path]]) -> errors.ApiError:
    count = len(clashes)
    by_manager: dict[str, list[str]] = {}
    for manager, path in clashes:
        by_manager.setdefault(manager, []).append(fieldsets.describe(path))
    if len(by_manager) == 1:
        ((manager, paths),) = by_manager.items()
        text = f"conflict with {manager}: {paths[0]}" if count == 1 else _several(manager, paths)
    else:
        text = "\n".join(_several(manager, paths) for manager, paths in sorted(by_manager.items()))
    causes = [
        {
            "reason": "FieldManagerConflict",
            "message": f"conflict with {manager}",
            "field": fieldsets.describe(path),
        }
        for manager, path in clashes
    ]
    plural = "" if count == 1 else "s"
    return errors.ApiError(
        409, "Conflict", f"Apply failed with {count} conflict{plural}: {text}", {"causes": causes}
    )


def _several(manager: str, paths: list[str]) -> str:
    return f"conflicts with {manager}:\n" + "\n".join(f"- {path}" for path in paths)


def _about_the_patch(error: errors.ApiError, body: Any) -> errors.ApiError:
    """Unknown fields in what a patch made are blamed on the patch."""
    _, found, fields = error.message.partition("strict decoding error: ")
    if error.code != 400 or not found:
        return error
    detail = f"strict decoding error: {fields}"
    return errors.nameless_invalid("", "", [FieldError("Invalid value", "patch", go_text(body), detail)])


def go_text(value: Any) -> str:
    """A JSON value as Go's `%+v` prints it."""
    if isinstance(value, dict):
        return "map[" + " ".join(f"{key}:{go_text(value[key])}" for key in sorted(value)) + "]"
    if isinstance(value, list):
        return "[" + " ".join(go_text(each) for each in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return "<nil>" if value is None else str(value)

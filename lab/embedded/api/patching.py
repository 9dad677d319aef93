"""The patch verb: turn a patch into the object that is wanted, and write that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jsonpatch

from lab.embedded.api import errors
from lab.embedded.api.patch.merge import merge

if TYPE_CHECKING:
    from lab.embedded.api.interface import WriteOptions, Written
    from lab.embedded.api.kinds import Kind
    from lab.embedded.api.reads import Reads
    from lab.embedded.api.subresources import Subresources
    from lab.embedded.api.writes import Writes
    from lab.embedded.clock.agenda import Agenda

Object = dict[str, Any]

JSON, MERGE, STRATEGIC, APPLY = (
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
    "application/apply-patch+yaml",
)
MEDIA_TYPES = (JSON, MERGE, STRATEGIC, APPLY)


class Patches:
    """Applies patches to objects and their parts."""

    def __init__(self, reads: Reads, writes: Writes, subresources: Subresources, agenda: Agenda) -> None:
        self._reads = reads
        self._writes = writes
        self._subresources = subresources
        self._agenda = agenda

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
        """Patch an object or a part of it."""
        media_type = patch_type if "/" in patch_type else f"application/{patch_type}"
        if subresource in {None, "status"}:
            current = self._reads.get(kind.resource, namespace, name)
        else:
            current = self._subresources.get(kind, namespace, name, subresource or "")
        new = self._patched(kind, current, media_type, body)
        stored = self._reads.stored(kind, namespace, name)
        if subresource in {None, "status"}:
            return self._writes.update(kind, stored, new, options, subresource)
        return self._subresources.update(kind, stored, subresource or "", new, options)

    def _patched(self, kind: Kind, current: Object, media_type: str, body: Any) -> Object:
        if media_type == JSON:
            try:
                patched: Object = jsonpatch.apply_patch(current, body)
            except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException) as error:
                raise errors.bad_request(
                    f"the server rejected our request due to an error in our request: {error}"
                ) from error
            return patched
        if media_type in {MERGE, STRATEGIC, APPLY}:
            if not isinstance(body, dict):
                raise errors.bad_request("the patch must be a JSON object")
            merged: Object = merge(current, body)
            return merged
        raise errors.unsupported_media_type(MEDIA_TYPES)

"""Lists in chunks: `limit` and `continue`, all chunks of one list as of the same instant.

The continue token says at which revision the first chunk was read and where the next begins, as
`apiserver/pkg/storage/continue.go` encodes it. The store keeps no old revisions, but it keeps the changes:
the list as it was follows from the list as it is by taking back what happened since. Where that history is
gone the answer is 410, with a token that goes on with the list as it is now.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from lab.embedded.api import errors
from lab.embedded.store.watchlog import HistoryGone

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lab.embedded.api.kinds import Kind
    from lab.embedded.store.store import Store

Object = dict[str, Any]
Key = tuple[str, str]
_VERSION = "meta.k8s.io/v1"
_FROM_NOW = -1
"""The revision in a token that goes on with the list as it is."""
_TOO_OLD = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new "
    "list without the continue parameter, or use the continue token in this response to retrieve the "
    "remainder of the results. Continuing with the provided token results in an inconsistent list - objects "
    "that were created, modified, or deleted between the time the first chunk was returned and now may show "
    "up in the list."
)


class Page(Struct, frozen=True):
    """One chunk of a list."""

    items: Sequence[Object]
    resource_version: int
    token: str = ""
    """What to ask with for the next chunk; empty: this is the last."""
    remaining: int | None = None
    """How many objects come after this chunk; None when nothing remains, or a selector hides how many."""


def page(
    store: Store,
    kind: Kind,
    namespace: str | None,
    test: Callable[[Object], bool] | None,
    limit: int,
    token: str,
) -> Page:
    """The next `limit` objects (0: all that are left) of a kind that `test` lets through.

    Raises:
        ApiError: 400; the token is none of this list. 410; the list's history is no longer kept.
    """
    scope = namespace if kind.namespaced else None
    revision, after = _read(token, scope) if token else (store.revision, None)
    if revision == _FROM_NOW:
        revision = store.revision
    try:
        objects = _as_of(store, kind.storage, scope, revision)
    except HistoryGone as gone:
        raise _too_old(after) from gone
    keys = sorted(key for key in objects if after is None or key > after)
    chosen = [key for key in keys if test is None or test(objects[key])]
    taken = chosen[:limit] if limit else chosen
    items = [kind.view.show(objects[key]) if kind.view else objects[key] for key in taken]
    if len(taken) == len(chosen):
        return Page(items, revision)
    left = len(chosen) - len(taken) if test is None else None
    return Page(items, revision, _token(revision, taken[-1]), left)


def _as_of(store: Store, resource: str, namespace: str | None, revision: int) -> dict[Key, Object]:
    """The objects of a resource as they were at a revision."""
    objects = {_key(each): each for each in store.list(resource, namespace)}
    if revision == store.revision:
        return objects
    for change in reversed(store.changes(revision)):
        if change.resource != resource or namespace not in {None, change.namespace}:
            continue
        if change.previous is None:
            objects.pop((change.namespace, change.name), None)
        else:
            objects[change.namespace, change.name] = change.previous
    return objects


def _key(obj: Object) -> Key:
    return obj["metadata"].get("namespace", ""), obj["metadata"]["name"]


def _token(revision: int, last: Key) -> str:
    text = json.dumps(
        {"v": _VERSION, "rv": revision, "start": f"{last[0]}/{last[1]}\0"}, separators=(",", ":")
    )
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read(token: str, namespace: str | None) -> tuple[int, Key]:
    """The revision a token names, and the key that its chunk begins after."""
    try:
        told = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        version, revision, start = told["v"], int(told["rv"]), str(told["start"])
    except (binascii.Error, ValueError, KeyError, TypeError) as error:
        complaint = (
            "illegal base64 data" if isinstance(error, binascii.Error) else "not a token of this server"
        )
        raise errors.bad_request(f"continue key is not valid: {complaint}") from error
    space, slash, name = start.rstrip("\0").partition("/")
    if version != _VERSION:
        raise errors.bad_request(
            f'continue key is not valid: server does not recognize this encoded version "{version}"'
        )
    if not slash or revision < _FROM_NOW or namespace not in {None, space}:
        raise errors.bad_request(
            f'continue key is not valid: incorrect encoded start resourceVersion or key "{start}"'
        )
    return revision, (space, name)


def _too_old(after: Key | None) -> errors.ApiError:
    error = errors.ApiError(410, "Expired", _TOO_OLD)
    if after is not None:
        error.metadata = {"continue": _token(_FROM_NOW, after)}
    return error

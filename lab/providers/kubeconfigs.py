"""Kubeconfig files: one context taken out of the user's, complete in itself, never written back.

`kubectl` merges several files, the first that names something winning; paths in a file are relative to it.
What is taken out has absolute paths, so it works from anywhere.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from lab.errors import ContentError, NotAbleError, UsageError, disk_remedy

if TYPE_CHECKING:
    from collections.abc import Sequence

Json = dict[str, Any]

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PATHS = {"cluster": ("certificate-authority",), "user": ("client-certificate", "client-key", "tokenFile")}


def read(path: Path) -> Json:
    """A kubeconfig file's content; an absent file is an empty one.

    Raises:
        ContentError: it is no kubeconfig.
        NotAbleError: it cannot be read.
    """
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 (a safe loader)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise NotAbleError(
            f"cannot read the kubeconfig: {error.strerror}", where=str(path), remedy="make it readable"
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ContentError(
            "this kubeconfig is not YAML", where=str(path), remedy="mend it, or set KUBECONFIG to another"
        ) from error
    if not isinstance(document or {}, dict):
        raise ContentError("this is no kubeconfig", where=str(path), remedy="set KUBECONFIG to another file")
    return document or {}


def contexts(files: Sequence[Path]) -> tuple[str, ...]:
    """Names of all contexts, in order."""
    names: dict[str, None] = {}
    for path in files:
        for entry in read(path).get("contexts") or []:
            names[str(entry.get("name"))] = None
    return tuple(names)


def select(files: Sequence[Path], context: str) -> Json:
    """A kubeconfig with this context, its cluster and its user, and nothing else.

    Raises:
        UsageError: no file names the context, or it names a cluster or user that is nowhere.
    """
    found = _named(files, "context", context)
    if found is None:
        known = ", ".join(contexts(files)) or "none"
        raise UsageError(
            f"there is no context {context!r} in your kubeconfig",
            where=os.pathsep.join(map(str, files)) or None,
            remedy=f"known contexts: {known}",
        )
    parts = {}
    for kind in ("cluster", "user"):
        name = str(found.get(kind) or "")
        part = _named(files, kind, name)
        if part is None:
            raise UsageError(
                f"the context {context!r} names the {kind} {name!r}, which is nowhere",
                where=os.pathsep.join(map(str, files)),
                remedy=f"see kubectl config get-{kind}s",
            )
        parts[kind] = {"name": name, kind: part}
    return document(context, parts["cluster"], parts["user"], str(found.get("namespace") or ""))


def document(context: str, cluster: Json, user: Json, namespace: str = "") -> Json:
    """A kubeconfig whose current context is the only one it has."""
    chosen = {"cluster": cluster["name"], "user": user["name"]}
    if namespace:
        chosen["namespace"] = namespace
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [cluster],
        "users": [user],
        "contexts": [{"name": context, "context": chosen}],
        "current-context": context,
    }


def with_namespace(source: Json, namespace: str) -> Json:
    """The same kubeconfig, its current context in another namespace."""
    current = source.get("current-context")
    changed = [
        {**entry, "context": {**entry["context"], "namespace": namespace}}
        if entry.get("name") == current
        else entry
        for entry in source.get("contexts") or []
    ]
    return {**source, "contexts": changed}


def server(source: Json) -> str:
    """Address of the API server of the current context; empty when the file names none."""
    by_name = {entry["name"]: entry["context"] for entry in source.get("contexts") or []}
    cluster = by_name.get(source.get("current-context"), {}).get("cluster")
    for entry in source.get("clusters") or []:
        if entry.get("name") == cluster:
            return str(entry.get("cluster", {}).get("server") or "")
    return ""


def write(path: Path, content: Json) -> None:
    """Write a kubeconfig, whole or not at all, readable by its owner only.

    Raises:
        NotAbleError: the state directory cannot be written.
    """
    # A name of its own for each writer: proofs write the same kubeconfig side by side. mkstemp makes it 0600.
    temporary = None
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            yaml.safe_dump(content, stream, sort_keys=False)
        Path(temporary).replace(path)
    except OSError as error:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        raise NotAbleError(
            f"cannot write a kubeconfig: {error.strerror}",
            where=str(path),
            remedy=disk_remedy(error, "make the directory writable, or set PODLAB_HOME to another one"),
        ) from error


def _named(files: Sequence[Path], kind: str, name: str) -> Json | None:
    for path in files:
        for entry in read(path).get(f"{kind}s") or []:
            if entry.get("name") == name and isinstance(entry.get(kind), dict):
                return _absolute(entry[kind], _PATHS.get(kind, ()), path.absolute().parent)
    return None


def _absolute(part: Json, keys: Sequence[str], base: Path) -> Json:
    return {key: str(base / value) if key in keys and value else value for key, value in part.items()}

"""The kubeconfig of the embedded cluster: written whole, for its owner only, and never partly."""

from __future__ import annotations

import base64
import contextlib
import os
import tempfile
from pathlib import Path
from typing import Any

import orjson

NAME = "podlab"
"""Cluster, user and context carry this name."""


def kubeconfig_document(
    server: str, authority: bytes, token: str, namespace: str = "default"
) -> dict[str, Any]:
    """The kubeconfig as data; `authority` is PEM, pinned by value."""
    pinned = base64.b64encode(authority).decode()
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": NAME, "cluster": {"server": server, "certificate-authority-data": pinned}}],
        "users": [{"name": NAME, "user": {"token": token}}],
        "contexts": [{"name": NAME, "context": {"cluster": NAME, "user": NAME, "namespace": namespace}}],
        "current-context": NAME,
    }


def write_kubeconfig(path: Path, document: dict[str, Any]) -> None:
    """Write the file atomically with mode 0600.

    The text is JSON, which is YAML, so nothing needs a YAML library.

    Raises:
        OSError: the directory cannot be made or written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise

"""The server's identity on disk, so that kubeconfigs written before a restart still work after it.

Shells, editors and scripts hold a kubeconfig from when they were opened. A cluster that comes back from the
same state directory is the same cluster to them: same authority, same token, and the same port where it is
still free. The file holds a private key and is for its owner only.
"""

from __future__ import annotations

import os
import ssl
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
from msgspec import Struct

from lab.embedded.server.tls import Identity, make_identity, restore

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

FORMAT = 1


class Kept(Struct, frozen=True):
    """An identity, and the port it was served on last."""

    identity: Identity
    port: int = 0
    """0: none yet."""

    @classmethod
    def read(cls, path: Path, make: Callable[[], Identity] = make_identity) -> Kept:
        """What is kept at `path`; a new identity, made by `make`, where there is none that can be used."""
        try:
            document: Any = orjson.loads(path.read_bytes())
            if document["format"] != FORMAT:
                return cls(make())
            identity = restore(
                str(document["authority"]).encode(),
                str(document["certificate"]).encode(),
                str(document["token"]),
            )
            return cls(identity, int(document["port"]))
        except (OSError, ValueError, KeyError, TypeError, ssl.SSLError):
            return cls(make())

    def write(self, path: Path) -> None:
        """Keep it, whole or not at all.

        Raises:
            OSError: the place cannot be written.
        """
        document = {
            "format": FORMAT,
            "authority": self.identity.authority.decode(),
            "certificate": self.identity.certificate.decode(),
            "token": self.identity.token,
            "port": self.port,
        }
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(orjson.dumps(document))
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise

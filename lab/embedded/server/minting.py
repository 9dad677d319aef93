"""A server's identity made by a child process, while this one goes on importing.

The library that makes certificates takes longer to load than a cluster takes to begin; beside the rest of the
start it costs nobody any time. Whatever goes wrong with the child, an identity is made here instead.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lab.embedded.server.tls import Identity

PATIENCE = 30.0
"""Host seconds the child may take."""
_ROOT = str(Path(__file__).resolve().parents[3])


def finding_lab() -> dict[str, str]:
    """This process's environment for a child of this interpreter that imports `lab`, installed or not."""
    path = os.environ.get("PYTHONPATH")
    return {**os.environ, "PYTHONPATH": f"{_ROOT}{os.pathsep}{path}" if path else _ROOT}


class Minting:
    """An identity in the making: called, it waits and hands it over, once; `drop` ends it unasked for."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        # a session of its own: Ctrl-C is for the cluster, and the child ends by itself
        with contextlib.suppress(OSError):
            self._child = subprocess.Popen(
                [sys.executable, "-m", __name__],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd="/",
                start_new_session=True,
                env=finding_lab(),
            )

    def __call__(self) -> Identity:
        """The identity."""
        from lab.embedded.server.tls import restore  # noqa: PLC0415 (not before the child runs)

        if self._child is None:
            return _made_here()
        try:
            output, _ = self._child.communicate(timeout=PATIENCE)
            document = json.loads(output)
            return restore(document["authority"].encode(), document["certificate"].encode())
        except (subprocess.TimeoutExpired, ValueError, KeyError, OSError):
            return _made_here()
        finally:
            self.drop()

    def drop(self) -> None:
        """End the child, if there is one still."""
        child, self._child = self._child, None
        if child is not None:
            with child:
                child.kill()


def _made_here() -> Identity:
    from lab.embedded.server.tls import make_identity  # noqa: PLC0415 (see the module's docstring)

    return make_identity()


def main() -> None:
    """What the child does: print a new authority and certificate."""
    made = _made_here()
    print(json.dumps({"authority": made.authority.decode(), "certificate": made.certificate.decode()}))  # noqa: T201


if __name__ == "__main__":
    main()

"""One object in full: what the real `kubectl describe` says of it, and the object itself as YAML.

Describe is kubectl's own, so that what is read in the lab is what is read in a terminal. It can tell of the
present only; the YAML is made from the object at hand, and so is there for every moment that is remembered.
"""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from lab.errors import NotAbleError
from lab.model.observation import lean

if TYPE_CHECKING:
    from lab.attempt.attempt import Attempt
    from lab.model.observation import Object

SECONDS = 20.0
"""Host seconds kubectl may take."""

_ABSENT = "kubectl is not on this machine: pip install 'podlab[kubectl]' brings one"


def describe(attempt: Attempt, kind: str, name: str) -> str:
    """What `kubectl describe` prints, or what it complained of.

    Raises:
        NotAbleError: there is no kubectl, it does not end, or the cluster is not up.
    """
    command = ["kubectl", "describe", kind.lower(), name]
    environment = {**os.environ, **attempt.environment()}
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False,
            stdin=subprocess.DEVNULL, errors="replace",
        )  # fmt: skip
    except FileNotFoundError as error:
        raise NotAbleError(_ABSENT, remedy="y shows the object as YAML without it") from error
    except subprocess.TimeoutExpired as error:
        raise NotAbleError(f"kubectl did not answer within {SECONDS:.0f} s") from error
    return done.stdout if done.returncode == 0 else (done.stderr or done.stdout).strip()


def as_yaml(obj: Object) -> str:
    """The object as `kubectl get -o yaml` prints it, without `managedFields`."""
    import yaml

    whole = {"apiVersion": "v1", "kind": "", **lean(obj)}
    return yaml.safe_dump(whole, sort_keys=True, allow_unicode=True, default_flow_style=False, width=1000)

"""Switching a simulated machine off: an annotation of its Node.

A real machine is stopped by its owner, from outside the cluster. Here `podlab.dev/machine: stopped` on the
Node cuts its power (`kubectl annotate node NODE podlab.dev/machine=stopped`), and without it, or with
`running`, the machine boots again.
"""

from __future__ import annotations

from typing import Any

from lab.embedded.objects.meta import annotations_of

Object = dict[str, Any]
ANNOTATION = "podlab.dev/machine"
STATES = ("running", "stopped")


def is_stopped(node: Object) -> bool:
    """Whether the machine behind a Node has no power."""
    return annotations_of(node).get(ANNOTATION) == "stopped"

"""The definitions of Kubernetes' kinds, for those above who want to look at manifests without a cluster.

They are the embedded cluster's own: one Kubernetes version's, with what each field may hold. Read when first
asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

Schema = dict[str, Any]


def definitions() -> Mapping[str, Schema]:
    """All definitions, as OpenAPI v3 components, by name; shared, never to be changed."""
    from lab.embedded.api.schema import definitions as own

    return own.load()


def version() -> str:
    """The Kubernetes version they are of."""
    from lab.embedded.api.schema import definitions as own

    return own.VERSION

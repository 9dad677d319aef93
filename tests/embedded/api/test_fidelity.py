"""What the documentation says of the embedded cluster is what the code declares, and all of it."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from lab.embedded.api import fidelity, honoured
from lab.embedded.api.differences import FIELDS
from lab.embedded.api.schema import definitions
from lab.embedded.api.served import KINDS

ROOT = Path(__file__).parents[3]
_NO_EFFECT = {"honoured.py", "differences.py", "fidelity.py", "preparation.py", "defaults", "validation"}
"""Where a field's name does not show that it has an effect."""
_MADE_UP = {"livenessProbe", "readinessProbe", "startupProbe", "ingress", "egress"}
"""Names the code puts together."""
_DEFAULTS_DO_IT = {"manualSelector", "immutable", "stringData"}
"""Fields that are done with once the defaults are made and the object is checked."""


@cache
def _literals() -> frozenset[str]:
    """Every string literal that could be a field's name, in the code that acts on fields."""
    found = _MADE_UP | _DEFAULTS_DO_IT
    for path in (ROOT / "lab" / "embedded").rglob("*.py"):
        if not _NO_EFFECT & set(path.parts):
            found.update(re.findall(r"[\"']([A-Za-z]+)[\"']", path.read_text(encoding="utf-8")))
    return frozenset(found)


def test_the_document_is_what_the_code_declares() -> None:
    written = (ROOT / "docs" / "fidelity.md").read_text(encoding="utf-8")
    assert written == fidelity.document(), "python -m lab.embedded.api.fidelity docs/fidelity.md"


@pytest.mark.parametrize(("title", "definition"), fidelity.GROUPS)
def test_a_field_is_read_somewhere_or_declared_to_have_no_effect(title: str, definition: str) -> None:
    assert [name for name in fidelity.honoured_fields(definition) if name not in _literals()] == [], title


def test_every_table_of_gaps_and_every_difference_is_in_the_document() -> None:
    documented = {definition for _, definition in fidelity.GROUPS}
    assert set(honoured.BY_DEFINITION) <= documented
    for difference in FIELDS:
        assert difference.definition in documented
        assert difference.field in definitions.load()[difference.definition]["properties"]
        assert difference.field in fidelity.honoured_fields(difference.definition)


_CONTAINER = ("spec", "template", "spec", "containers", 0)
_PLACES: dict[str, tuple[str, tuple[str | int, ...]]] = {
    "PodSpec": ("jobs.batch", ("spec", "template", "spec")),
    "PodSecurityContext": ("pods", ("spec", "securityContext")),
    "Container": ("pods", ("spec", "initContainers", 0)),
    "SecurityContext": ("deployments.apps", (*_CONTAINER, "securityContext")),
    "ContainerPort": ("replicasets.apps", (*_CONTAINER, "ports", 0)),
    "VolumeMount": ("deployments.apps", (*_CONTAINER, "volumeMounts", 0)),
    "VolumeProjection": ("pods", ("spec", "volumes", 0, "projected", "sources", 0)),
    "Lifecycle": ("deployments.apps", (*_CONTAINER, "lifecycle")),
    "EnvVarSource": ("deployments.apps", (*_CONTAINER, "env", 0, "valueFrom")),
    "ResourceRequirements": ("deployments.apps", (*_CONTAINER, "resources")),
    "ServiceSpec": ("services", ("spec",)),
    "JobSpec": ("jobs.batch", ("spec",)),
    "ServiceAccount": ("serviceaccounts", ()),
    "NodeSpec": ("nodes", ("spec",)),
    "EndpointSlice": ("endpointslices.discovery.k8s.io", ()),
    "Endpoint": ("endpointslices.discovery.k8s.io", ("endpoints", 0)),
}
"""Where in which kind the fields of a definition stand."""


@pytest.mark.parametrize("definition", honoured.BY_DEFINITION)
def test_every_field_without_effect_is_warned_of_where_it_stands(definition: str) -> None:
    resource, path = _PLACES[definition.rpartition(".")[2]]
    kind = next(each for each in KINDS if each.resource == resource)
    place = "".join(f"[{each}]" if isinstance(each, int) else f".{each}" for each in path).removeprefix(".")
    for gap in honoured.BY_DEFINITION[definition]:
        manifest: Any = {gap.field: "something"}
        for step in reversed(path):
            manifest = [manifest] if isinstance(step, int) else {step: manifest}
        (warning,) = honoured.warnings(kind, manifest, None)
        assert warning.startswith(f"{place}.{gap.field}: ".removeprefix("."))
        assert honoured.warnings(kind, manifest, manifest) == []

"""What the documentation says of the embedded cluster is what the code declares, and all of it."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from lab.embedded.api import fidelity, honoured
from lab.embedded.api.differences import FIELDS
from lab.embedded.api.schema import definitions

ROOT = Path(__file__).parents[3]
_NO_EFFECT = {"honoured.py", "differences.py", "fidelity.py", "preparation.py", "defaults", "validation"}
"""Where a field's name does not show that it has an effect."""
_MADE_UP = {"livenessProbe", "readinessProbe", "startupProbe", "ingress", "egress"}
"""Names the code puts together."""
_DEFAULTS_DO_IT = {"manualSelector"}
"""Fields that are done with once the defaults are made."""


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

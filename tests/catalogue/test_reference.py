"""docs/exercises.md says what the schema says."""

from __future__ import annotations

import typing
from pathlib import Path

import pytest

from lab.catalogue.reference import reference, replaced
from lab.model import checks, predicates

DOCUMENT = Path(__file__).parents[2] / "docs" / "exercises.md"


def test_the_document_is_up_to_date() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert replaced(text) == text, "run: python -m lab.catalogue.reference docs/exercises.md"


@pytest.mark.parametrize("union", [checks.Check, checks.Injection, checks.Expectation, predicates.Predicate])
def test_every_kind_is_documented_with_every_key_described(union: object) -> None:
    text = reference()
    for member in typing.get_args(union):
        assert f"#### `kind: {member.kind}`" in text


def test_a_document_without_markers_is_refused() -> None:
    with pytest.raises(ValueError, match="markers"):
        replaced("no markers")

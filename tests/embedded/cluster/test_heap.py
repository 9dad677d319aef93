"""A serving process looks at long-lived objects less often, and still collects what goes round in circles."""

from __future__ import annotations

import gc
import weakref
from typing import TYPE_CHECKING

import pytest

from lab.embedded.cluster import tune_heap

if TYPE_CHECKING:
    from collections.abc import Iterator


class _Knot:
    itself: _Knot


@pytest.fixture
def _own_ways() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


@pytest.mark.usefixtures("_own_ways")
def test_garbage_made_afterwards_is_still_collected() -> None:
    tune_heap()
    assert gc.isenabled()
    assert gc.get_freeze_count() > 0
    knot = _Knot()
    knot.itself = knot
    alive = weakref.ref(knot)
    del knot
    gc.collect()
    assert alive() is None

"""The arithmetic of a rollout: never above the surge, never below what must be available."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lab.embedded.controllers.rolling import (
    Bounds,
    Size,
    bounds,
    new_set_replicas,
    old_set_replicas,
    proportional,
)


def _deployment(replicas: int, surge: int | str, unavailable: int | str) -> dict[str, object]:
    rolling = {"maxSurge": surge, "maxUnavailable": unavailable}
    return {"spec": {"replicas": replicas, "strategy": {"type": "RollingUpdate", "rollingUpdate": rolling}}}


def test_percentages_round_surge_up_and_unavailable_down() -> None:
    assert bounds(_deployment(3, "25%", "25%")) == Bounds(1, 0)
    assert bounds(_deployment(10, "25%", "25%")) == Bounds(3, 2)


def test_one_of_them_is_never_zero() -> None:
    assert bounds(_deployment(1, 0, "25%")) == Bounds(0, 1)


def test_unhealthy_old_pods_go_first() -> None:
    old = [Size(2, 2), Size(1, 0)]
    assert old_set_replicas(3, Bounds(1, 1), Size(1, 0), old) == [2, 0]


@given(
    wanted=st.integers(1, 20), surge=st.integers(0, 5), unavailable=st.integers(0, 5),
    new=st.integers(0, 20), old=st.lists(st.integers(0, 20), max_size=3),
)  # fmt: skip
def test_a_rollout_of_healthy_pods_keeps_its_bounds(
    wanted: int, surge: int, unavailable: int, new: int, old: list[int]
) -> None:
    limits, size = Bounds(surge, min(unavailable, wanted)), Size(min(new, wanted), min(new, wanted))
    total = size.replicas + sum(old)
    if size.replicas < wanted:
        target = new_set_replicas(wanted, limits, size, total)
        assert size.replicas <= target <= wanted
        assert target == size.replicas or target + sum(old) <= wanted + surge
    targets = old_set_replicas(wanted, limits, size, [Size(each, each) for each in old])
    assert all(0 <= after <= before for after, before in zip(targets, old, strict=True))
    assert sum(targets) + size.available >= min(total, wanted - limits.unavailable)


def test_scaling_in_the_middle_of_a_rollout_is_shared() -> None:
    assert sum(proportional(20, Bounds(2, 2), [8, 4])) == 22

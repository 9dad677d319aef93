"""The memory of a namespace: any moment is as it was, memory stays bounded, and what is forgotten is said."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lab.attempt.history import History

Json = dict[str, Any]
_NAMES = st.sampled_from(["a", "b", "c"])
_STEPS = st.lists(st.tuples(st.integers(0, 3), _NAMES, st.integers(0, 5), st.booleans()), max_size=40)


def _object(name: str, size: int, version: int) -> Json:
    return {"metadata": {"name": name, "resourceVersion": str(version)}, "spec": list(range(size))}


@given(_STEPS, st.sampled_from([10**6, 1200]), st.floats(0, 130))
def test_any_moment_is_as_it_was(steps: list[tuple[int, str, int, bool]], budget: int, moment: float) -> None:
    history, replayed = History(budget), [(0.0, {"a": _object("a", 1, 0)})]
    history.begin({"Pod": [replayed[0][1]["a"]]}, 0.0)
    now = 0.0
    for version, (passed, name, size, deleted) in enumerate(steps, 1):
        now += passed
        obj = _object(name, size, version)
        history.add(now, "Pod", obj, deleted=deleted)
        objects = {**replayed[-1][1], name: obj}
        if deleted:
            del objects[name]
        replayed.append((now, objects))
    assert history.size <= budget
    assert history.since is not None
    if moment >= history.since:
        expected = next(objects for at, objects in reversed(replayed) if at <= moment)
        found = history.at(moment).get("Pod", ())
        assert found == tuple(expected[name] for name in sorted(expected))
    if budget == 10**6:
        assert history.since == 0.0


def test_after_a_gap_what_is_there_now_counts() -> None:
    history = History()
    history.begin({"Pod": [_object("a", 1, 1), _object("b", 1, 2)]}, 100.0)
    history.reconcile({"Pod": [_object("a", 1, 1), _object("c", 1, 5)]}, 200.0)
    assert [one["metadata"]["name"] for one in history.at(199.0)["Pod"]] == ["a", "b"]
    assert [one["metadata"]["name"] for one in history.at(200.0)["Pod"]] == ["a", "c"]
    assert history.moments() == (200.0,)


def test_who_set_which_field_is_not_kept() -> None:
    history = History()
    obj = _object("a", 1, 1)
    obj["metadata"]["managedFields"] = [{"manager": "kubectl"}]
    history.begin({"Pod": [obj]}, 0.0)
    assert "managedFields" not in history.at(0.0)["Pod"][0]["metadata"]
    assert "managedFields" in obj["metadata"]

"""The store: revisions, lists, history and hooks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.embedded.store.store import Store
from lab.embedded.store.watchlog import Change, HistoryGone


def put(store: Store, name: str, namespace: str = "n") -> int:
    store.put("pods", namespace, name, {"metadata": {"name": name, "namespace": namespace}})
    return store.revision


def test_every_change_takes_the_next_revision_and_is_told_to_hooks() -> None:
    store, seen = Store(), list[Change]()
    stop = store.on_change(seen.append)
    put(store, "a")
    put(store, "a")
    last = store.remove("pods", "n", "a")
    stop()
    put(store, "b")
    assert [(each.type, each.revision) for each in seen] == [("ADDED", 1), ("MODIFIED", 2), ("DELETED", 3)]
    assert last["metadata"]["resourceVersion"] == "3"
    assert seen[1].previous is seen[0].object


def test_lists_are_sorted_and_bound_to_a_namespace() -> None:
    store = Store()
    for namespace, name in (("b", "x"), ("a", "z"), ("a", "y"), ("ab", "w")):
        put(store, name, namespace)
    assert [each["metadata"]["name"] for each in store.list("pods")] == ["y", "z", "w", "x"]
    assert [each["metadata"]["name"] for each in store.list("pods", "a")] == ["y", "z"]
    assert store.list("nodes") == []


def test_history_is_bounded_and_says_so() -> None:
    store = Store(history=10)
    for number in range(15):
        put(store, f"p{number}")
    assert [each.revision for each in store.changes(13)] == [14, 15]
    with pytest.raises(HistoryGone) as gone:
        store.changes(1)
    assert gone.value.oldest > 1


def test_a_snapshot_loads_into_another_store() -> None:
    store, other = Store(), Store()
    put(store, "b")
    put(store, "a")
    other.load(store.items(), store.revision)
    assert list(other.items()) == list(store.items())
    assert put(other, "c") == 3
    with pytest.raises(HistoryGone):
        other.changes(1)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz"), st.booleans()), max_size=30))
def test_watching_from_a_revision_is_the_difference_of_lists(steps: list[tuple[str, str, bool]]) -> None:
    store = Store()
    snapshots: dict[int, dict[tuple[str, str], str]] = {0: {}}

    def state() -> dict[tuple[str, str], str]:
        return {(space, name): obj["metadata"]["resourceVersion"] for _, space, name, obj in store.items()}

    for namespace, name, remove in steps:
        before = store.revision
        if not remove:
            put(store, name, namespace)
        elif store.get("pods", namespace, name) is not None:
            store.remove("pods", namespace, name)
        assert store.revision >= before
        snapshots[store.revision] = state()
    for revision, then in snapshots.items():
        replayed = dict(then)
        for change in store.changes(revision):
            if change.type == "DELETED":
                del replayed[change.namespace, change.name]
            else:
                replayed[change.namespace, change.name] = str(change.revision)
        assert replayed == state()

"""The journal: what was committed is read back, whatever tore the rest off."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lab.embedded.cluster import Cluster, Journal, JournalError, read_journal, set_aside
from lab.embedded.cluster import journal as module
from lab.embedded.cluster.journal import NAME, Saved
from lab.embedded.store.watchlog import Change

if TYPE_CHECKING:
    from pathlib import Path

Json = dict[str, Any]


def change(revision: int, name: str, kind: Any = "ADDED") -> Change:
    obj: Json = {"metadata": {"name": name, "resourceVersion": str(revision)}, "data": {"ä": "\n"}}
    return Change(revision, kind, "configmaps", "default", name, obj, None)


def test_nothing_was_saved(tmp_path: Path) -> None:
    assert read_journal(tmp_path) is None


def test_what_was_committed_is_read_back(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.rewrite(Saved(seed=7, nodes=2))
    journal.record(change(1, "a"))
    journal.record(change(2, "b"))
    journal.record(change(3, "a", "DELETED"))
    journal.commit(12.5)
    journal.record(change(4, "lost"))
    saved = read_journal(tmp_path)
    assert saved is not None
    assert [key[2] for key in saved.objects] == ["b"]
    assert (saved.revision, saved.now, saved.seed, saved.nodes) == (3, 12.5, 7, 2)
    journal.close(13.0)


def full_disk(descriptor: int, data: bytes) -> None:
    """A disk with room for three bytes more."""
    os.write(descriptor, data[:3])
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_delays_what_is_kept_and_tears_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(tmp_path)
    journal.rewrite(Saved())
    with monkeypatch.context() as full:
        full.setattr(module, "_write_all", full_disk)
        for revision, name in ((1, "a"), (2, "b")):
            journal.record(change(revision, name))
            with pytest.raises(OSError, match="No space"):
                journal.commit(float(revision))
        with pytest.raises(OSError, match="No space"):
            journal.rewrite(Saved())
    assert [path.name for path in tmp_path.iterdir()] == [NAME]
    journal.record(change(3, "c"))
    journal.commit(3.0)
    saved = read_journal(tmp_path)
    assert saved is not None
    assert sorted(key[2] for key in saved.objects) == ["a", "b", "c"]
    assert (saved.revision, saved.now) == (3, 3.0)
    journal.close(4.0)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(min_value=1, max_value=2000))
def test_a_torn_tail_costs_only_itself(tmp_path: Path, cut: int) -> None:
    (tmp_path / NAME).unlink(missing_ok=True)
    journal = Journal(tmp_path)
    journal.rewrite(Saved())
    base = (tmp_path / NAME).stat().st_size
    for number in range(1, 6):
        journal.record(change(number, f"o{number}"))
        journal.commit(float(number))
    journal.close(5.0)
    whole = (tmp_path / NAME).read_bytes()
    kept = max(base, len(whole) - cut)
    (tmp_path / NAME).write_bytes(whole[:kept])
    saved = read_journal(tmp_path)
    assert saved is not None
    assert list(saved.objects) == [
        ("configmaps", "default", f"o{n}") for n in range(1, len(saved.objects) + 1)
    ]
    again = Journal(tmp_path, saved)
    again.record(change(9, "after"))
    again.commit(9.0)
    again.close(9.0)
    reread = read_journal(tmp_path)
    assert reread is not None
    assert ("configmaps", "default", "after") in reread.objects
    assert len(reread.objects) == len(saved.objects) + 1


def test_another_format_or_garbage_is_refused_and_kept_aside(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"garbage\n")
    with pytest.raises(JournalError, match="damaged from its beginning"):
        read_journal(tmp_path)
    aside = set_aside(tmp_path)
    assert aside.read_bytes() == b"garbage\n"
    assert read_journal(tmp_path) is None


def test_a_cluster_goes_on_where_it_was(tmp_path: Path) -> None:
    cluster = Cluster.open(tmp_path, None, seed=3)
    obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "kept"}, "data": {"a": "b"}}
    cluster.api.create("configmaps", "default", obj)
    cluster.add_image("podlab/x:1", "sha256:1", {"a": "b"}, {"app.py": b"\x00\xff"})
    cluster.advance(90)
    cluster.persist()  # and no close: the process is killed here
    revision = cluster.api.revision

    again = Cluster.open(tmp_path, read_journal(tmp_path))
    assert again.api.get("configmaps", "default", "kept")["data"] == {"a": "b"}
    assert (again.seed, again.agenda.now()) == (3, 90.0)
    assert again.api.revision >= revision
    assert again.images["podlab/x:1"].files == {"app.py": b"\x00\xff"}
    uid = again.api.get("configmaps", "default", "kept")["metadata"]["uid"]
    made = again.api.create("configmaps", "default", {**obj, "metadata": {"name": "new"}}).object
    assert made["metadata"]["uid"] != uid
    again.close()
    cluster.close()

"""Progress survives damage, newer versions, two labs at once and a kill between any two system calls."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.attempt import durable, progress_file
from lab.attempt.progress_file import ProgressFile
from lab.errors import NotAbleError
from lab.model.progress import Progress, Record, Standing

if TYPE_CHECKING:
    from pathlib import Path

MOMENT = 1_800_000_000.0


@pytest.fixture
def file(tmp_path: Path) -> ProgressFile:
    return ProgressFile(tmp_path / "state" / "progress.json", now=lambda: MOMENT)


def solved(progress: Progress) -> Progress:
    return Progress({**progress.records, "a": Record(Standing.SOLVED, checks=3)}, "a")


def test_no_file_is_no_progress(file: ProgressFile) -> None:
    assert file.read() == Progress()
    assert not file.path.parent.exists()


def test_what_was_written_is_read(file: ProgressFile) -> None:
    written = file.update(solved)
    assert file.read() == written
    assert file.read().of("a").standing is Standing.SOLVED
    assert file.notices == []


WORDS = st.text('aZ9-_/ äß\n"\\\u2028', max_size=12)


@settings(deadline=None, max_examples=50)
@given(
    st.builds(
        Record,
        standing=st.sampled_from(Standing),
        started_at=st.none() | st.floats(0, 1e10),
        checks=st.integers(0, 9),
        hints=st.integers(0, 3),
        workspace=WORDS,
        answers=st.dictionaries(WORDS, WORDS, max_size=3),
    ),
    WORDS,
)
def test_every_record_survives_the_round_trip(record: Record, name: str) -> None:
    progress = Progress({name: record}, name)
    assert progress_file.decode(progress_file.encode(progress)) == progress


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"[]", b'"text"', b"\xff\xfe", b'{"format": "1"}', b'{"format": 1}', b'{"format": 0}',
        b'{"format": 1, "current": "", "records": {"a": {"standing": "asleep"}}}',
        b'{"format": 1, "current": "", "records": {"a": {"standing": "new", "colour": 1}}}',
        b'{"format": 1, "current": "", "records": {"a": {"standing": "new", "hints": "two"}}}',
        b'{"format": 1, "current": "", "records": []}',
    ],
)  # fmt: skip
def test_a_damaged_file_is_kept_aside(file: ProgressFile, content: bytes) -> None:
    file.path.parent.mkdir()
    file.path.write_bytes(content)

    assert file.read() == Progress()

    aside = file.path.with_name(f"progress.json.damaged-{int(MOMENT)}")
    assert aside.read_bytes() == content
    assert str(aside) in file.notices[0]
    assert "damaged" in file.notices[0]


def test_a_newer_file_is_kept_aside_and_never_overwritten(file: ProgressFile) -> None:
    file.path.parent.mkdir()
    newer = json.dumps({"format": progress_file.FORMAT + 1, "surprise": True}).encode()
    file.path.write_bytes(newer)

    file.update(solved)

    assert file.path.with_name(f"progress.json.newer-{int(MOMENT)}").read_bytes() == newer
    assert file.read().of("a").standing is Standing.SOLVED
    assert "newer podlab" in file.notices[0]


def test_an_older_format_is_migrated(file: ProgressFile, monkeypatch: pytest.MonkeyPatch) -> None:
    def migrate(document: dict[str, object]) -> dict[str, object]:
        return {"format": 1, "current": document["last"], "records": {}}

    monkeypatch.setitem(progress_file.MIGRATIONS, 0, migrate)
    file.path.parent.mkdir()
    file.path.write_text('{"format": 0, "last": "wrong-path"}', encoding="utf-8")
    assert file.read() == Progress({}, "wrong-path")
    assert file.notices == []


def test_two_labs_lose_nothing_of_each_other(file: ProgressFile) -> None:
    """Each process adds its own twenty exercises; all forty are there afterwards."""
    script = """
        import sys
        from pathlib import Path
        from lab.attempt.progress_file import ProgressFile
        from lab.model.progress import Progress, Record
        file = ProgressFile(Path(sys.argv[1]))
        for number in range(20):
            name = f"{sys.argv[2]}-{number}"
            file.update(lambda progress: Progress({**progress.records, name: Record()}, name))
    """
    argv = [sys.executable, "-c", textwrap.dedent(script), str(file.path)]
    labs = [subprocess.Popen([*argv, name]) for name in ("left", "right")]
    assert [lab.wait(timeout=60) for lab in labs] == [0, 0]
    assert len(file.read().records) == 40


def test_a_held_lock_is_said(file: ProgressFile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress_file, "LOCK_SECONDS", 0.01)
    other = ProgressFile(file.path)
    with other.locked(), pytest.raises(NotAbleError, match="another podlab") as caught:
        file.update(solved)
    assert "close it" in caught.value.remedy


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where a directory should be", encoding="utf-8")
    file = ProgressFile(tmp_path / "state" / "progress.json")
    with pytest.raises(NotAbleError) as caught:
        file.update(solved)
    assert "PODLAB_HOME" in caught.value.remedy


KILLED = """
import os, signal, sys
from dataclasses import replace
from pathlib import Path
from lab.attempt import durable
from lab.attempt.progress_file import ProgressFile
from lab.model.progress import Progress, Record, Standing

def die(*_args, **_keywords):
    os.kill(os.getpid(), signal.SIGKILL)

name = sys.argv[2]
if name == "replace":
    Path.replace = die
elif name == "half-written":
    def half(descriptor, mode):
        os.write(descriptor, b'{"format": 1, "rec')
        die()
    os.fdopen = half
else:
    setattr(os, name, die)
ProgressFile(Path(sys.argv[1])).update(
    lambda progress: replace(progress, records={**progress.records, "b": Record(Standing.SOLVED)})
)
"""


@pytest.mark.parametrize("moment", ["open", "half-written", "fsync", "replace"])
def test_a_kill_at_any_step_of_a_write_loses_nothing(file: ProgressFile, moment: str) -> None:
    before = file.update(solved)
    # `open` also takes the lock file; the kill then comes even earlier, which must be as harmless
    killed = subprocess.run([sys.executable, "-c", KILLED, str(file.path), moment], check=False, timeout=60)
    assert killed.returncode == -9
    assert file.read() == before

    after = file.update(lambda progress: replace(progress, current="b"))

    assert after.records == before.records
    left = {path.name for path in file.path.parent.iterdir()} - {"progress.json.lock"}
    assert left == {"progress.json"}, "the next write takes the leftover of the killed one with it"
    assert file.notices == []


def test_what_cannot_be_written_is_known_and_written_later(
    file: ProgressFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object, **_keywords: object) -> None:
        raise NotAbleError("cannot write here: No space left on device", where="here", remedy="make room")

    with monkeypatch.context() as short:
        short.setattr(durable, "write", full)
        file.keep(solved)
        assert "No space left" in file.unwritten
        assert file.read().of("a").checks == 3
    assert ProgressFile(file.path).read() == Progress()
    file.keep(lambda progress: Progress({**progress.records, "b": Record(hints=1)}, "b"))
    assert file.unwritten == ""
    kept = ProgressFile(file.path).read()
    assert (kept.of("a").checks, kept.of("b").hints) == (3, 1)

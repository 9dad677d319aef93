"""An image's files and its identity."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lab.errors import ContentError
from lab.images.content import digest_of, files_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    place = tmp_path / "image"
    (place / "sub").mkdir(parents=True)
    (place / "Dockerfile").write_text("FROM x\n")
    (place / "app.py").write_text("print(1)\n")
    (place / "sub" / "data.txt").write_text("1")
    return place


def test_names_files_in_order(directory: Path) -> None:
    assert list(files_of(directory)) == ["Dockerfile", "app.py", "sub/data.txt"]


def test_the_same_files_have_the_same_digest_wherever_they_are(directory: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "sub").mkdir()
    for name, data in reversed(files_of(directory).items()):
        (other / name).write_bytes(data)
    assert digest_of(other) == digest_of(directory)
    assert digest_of(directory).startswith("sha256:")


def test_content_names_and_executable_bits_change_it(directory: Path) -> None:
    seen = {digest_of(directory)}
    (directory / "app.py").write_text("print(2)\n")
    seen.add(digest_of(directory))
    (directory / "app.py").chmod(0o755)
    seen.add(digest_of(directory))
    (directory / "app.py").rename(directory / "main.py")
    seen.add(digest_of(directory))
    assert len(seen) == 4


def test_caches_and_ignored_files_do_not_count(directory: Path) -> None:
    (directory / ".dockerignore").write_text("# notes\n*.md\n**/*.tmp\nbuild\n!keep.md\nDockerfile\n")
    before = digest_of(directory)
    (directory / "__pycache__").mkdir()
    (directory / "__pycache__" / "app.pyc").write_bytes(b"x")
    (directory / "notes.md").write_text("x")
    (directory / "sub" / "x.tmp").write_text("x")
    (directory / "build").mkdir()
    (directory / "build" / "out").write_text("x")
    assert digest_of(directory) == before
    (directory / "keep.md").write_text("x")
    assert digest_of(directory) != before
    assert "Dockerfile" in files_of(directory)


def test_a_link_out_of_the_directory_is_refused(directory: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    (directory / "secret").symlink_to(tmp_path / "secret")
    with pytest.raises(ContentError, match="link out"):
        files_of(directory)


def test_a_directory_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="no such directory"):
        files_of(tmp_path / "nope")

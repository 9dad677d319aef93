"""Unsaved edits and the theme on disk: what a kill, a damaged file or a read-only home leaves of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.attempt.preferences import Preferences
from lab.tui.drafts import Draft, Drafts

if TYPE_CHECKING:
    from pathlib import Path


def test_drafts_are_there_for_the_next_sitting_until_they_are_saved(tmp_path: Path) -> None:
    drafts = Drafts(tmp_path, "wrong-path", tmp_path / "work")
    drafts.keep({"web.yaml": Draft("before", "after")})
    drafts.flush()
    again = Drafts(tmp_path, "wrong-path", tmp_path / "work")
    assert again.read() == {"web.yaml": Draft("before", "after")}
    again.keep({})
    again.flush()
    again.flush()
    assert drafts.read() == {}
    assert not list((tmp_path / "drafts").iterdir())


def test_drafts_of_another_workspace_or_a_damaged_file_are_none(tmp_path: Path) -> None:
    drafts = Drafts(tmp_path, "wrong-path", tmp_path / "work")
    drafts.keep({"web.yaml": Draft("before", "after")})
    drafts.flush()
    assert Drafts(tmp_path, "wrong-path", tmp_path / "other").read() == {}
    for damage in (b"", b"[]", b'{"format": 1}', b"\xff\xfe"):
        (tmp_path / "drafts" / "wrong-path.json").write_bytes(damage)
        assert drafts.read() == {}


def test_a_home_that_cannot_be_written_only_forgets(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a directory")
    drafts = Drafts(blocked, "wrong-path", tmp_path)
    drafts.keep({"web.yaml": Draft("before", "after")})
    assert "cannot write here" in drafts.flush(), "a crash would lose them now, and that is said"
    assert drafts.flush() == "", "once"
    assert drafts.read() == {}
    Preferences(blocked).keep_theme("podlab-light")
    assert Preferences(blocked).theme() == ""


def test_the_theme_is_kept(tmp_path: Path) -> None:
    assert Preferences(tmp_path).theme() == ""
    Preferences(tmp_path).keep_theme("podlab-light")
    assert Preferences(tmp_path).theme() == "podlab-light"


def test_two_sittings_keep_their_drafts_apart(tmp_path: Path) -> None:
    first, second = (Drafts(tmp_path, "wrong-path", tmp_path / "work") for _ in range(2))
    first.claim()
    second.claim()
    assert (first.others, second.others) == (False, True)
    first.keep({"web.yaml": Draft("before", "mine")})
    second.keep({"web.yaml": Draft("before", "yours"), "job.yaml": Draft("old", "new")})
    first.flush()
    second.flush()
    assert first.read()["web.yaml"].text == "mine"
    assert second.read()["web.yaml"].text == "yours"

    first.close()
    second.close()  # as by a kill: both drafts are there still
    next_one = Drafts(tmp_path, "wrong-path", tmp_path / "work")
    next_one.claim()
    assert not next_one.others
    assert {name: one.text for name, one in next_one.read().items()} == {
        "web.yaml": "mine",
        "job.yaml": "new",
    }
    assert [path.read_text() for path in next_one.aside] == ["yours"]
    next_one.close()
    again = Drafts(tmp_path, "wrong-path", tmp_path / "work")
    again.claim()
    assert again.aside == (), "told once"
    again.close()


def test_a_place_in_use_is_not_taken_over(tmp_path: Path) -> None:
    first, second, third = (Drafts(tmp_path, "wrong-path", tmp_path / "work") for _ in range(3))
    first.claim()
    second.claim()
    second.keep({"web.yaml": Draft("before", "yours")})
    second.flush()
    first.close()
    third.claim()
    assert third.read() == {}
    assert second.read()["web.yaml"].text == "yours"
    for one in (second, third):
        one.close()


def test_leaving_before_the_files_were_seen_loses_no_draft(tmp_path: Path) -> None:
    drafts = Drafts(tmp_path, "wrong-path", tmp_path / "work")
    drafts.keep({"web.yaml": Draft("before", "after")})
    drafts.flush()
    again = Drafts(tmp_path, "wrong-path", tmp_path / "work")
    again.claim()
    again.flush()
    again.close()
    assert drafts.read() == {"web.yaml": Draft("before", "after")}

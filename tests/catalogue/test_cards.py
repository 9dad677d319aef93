"""The first frame's cards say what the exercises say, whether from the index or from the headers."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from lab.catalogue import cards
from lab.catalogue.locate import locate
from lab.catalogue.parse import load
from lab.model.card import Card

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A catalogue one may write to, with its index."""
    return shutil.copytree(locate(), tmp_path / "exercises")


def test_the_index_is_up_to_date() -> None:
    text = (locate() / cards.INDEX).read_text(encoding="utf-8")
    assert cards.index(locate()) == text, "run: python -m lab.catalogue.cards exercises"


@pytest.mark.parametrize("spoiled", ["", None, "{", '{"format": 2}', '{"format": 1, "cards": [1]}', "[]"])
def test_cards_are_those_of_the_exercises_read_whole_with_any_index(
    copied: Path, spoiled: str | None
) -> None:
    if spoiled is None:
        (copied / cards.INDEX).unlink()
    elif spoiled:
        (copied / cards.INDEX).write_text(spoiled, encoding="utf-8")
    assert cards.read(copied) == tuple(Card.of(exercise) for exercise in load(copied))


def test_a_header_that_was_changed_is_read_and_not_looked_up(copied: Path) -> None:
    header = copied / "probes" / "04-wrong-path" / "exercise.yaml"
    header.write_text(
        header.read_text(encoding="utf-8").replace("title: ", "title: Oh, ", 1), encoding="utf-8"
    )
    titles = {card.name: card.title for card in cards.read(copied)}
    assert titles["wrong-path"].startswith("Oh, ")
    assert not titles["http-probe"].startswith("Oh, ")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "- a\n",
        "name: [",
        "name: x\n",
        "title: *nothing\n",
        "minutes: soon\nname: x\ntitle: x\ntrack: x\n",
        "\0",
    ],
)
def test_a_header_that_cannot_be_read_is_no_card(copied: Path, text: str) -> None:
    (copied / "probes" / "04-wrong-path" / "exercise.yaml").write_text(text, encoding="utf-8")
    assert "wrong-path" not in {card.name for card in cards.read(copied)}
    assert "http-probe" in {card.name for card in cards.read(copied)}


def test_keys_behind_the_checks_are_found(copied: Path) -> None:
    header = copied / "probes" / "04-wrong-path" / "exercise.yaml"
    with header.open("a", encoding="utf-8") as file:
        file.write("prerequisites: [http-probe]\nrequires:\n- metrics\n")
    card = next(card for card in cards.read(copied) if card.name == "wrong-path")
    assert (card.prerequisites, card.requires) == (("http-probe",), ("metrics",))


def test_a_current_index_spares_yaml() -> None:
    script = (
        "import sys; from lab.catalogue import cards, locate; cards.read(locate.locate());"
        "print(int('yaml' in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "0\n"

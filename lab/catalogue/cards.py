"""The cards of a catalogue, quickly: of each header only what the list shows is read, and nothing is judged.

For the first frame, which cannot wait until every exercise was read whole and held against its schema
(`parse.load_sound`). Whatever is no card here is left out: what is wrong with it is found there, soon after.
A card that is here is the same as that of the exercise read whole.

The lab's own catalogue has an index beside its tracks, `cards.json`, so that not even YAML has to be loaded.
It is only ever believed of a header whose checksum it knows; every other one is read. After a change of a
header

    python -m lab.catalogue.cards exercises

writes it anew (a test says when that was forgotten).
"""

from __future__ import annotations

import json
import sys
from binascii import crc32
from pathlib import Path
from typing import Any

from lab.catalogue.order import headers, place
from lab.model.card import Card

INDEX = "cards.json"
FORMAT = 1
"""Version of the index this lab reads."""


def read(root: Path) -> tuple[Card, ...]:
    """The cards of the exercises below `root` that can be read, in the catalogue's order."""
    indexed = _indexed(root)
    cards: dict[str, Card] = {}
    for header in headers(root):
        try:
            text = header.read_bytes()
        except OSError:
            continue
        card = indexed.get(_key(root, header, text)) or _card(header, text)
        if card is not None:
            cards.setdefault(card.name, card)
    return tuple(sorted(cards.values(), key=lambda card: place(card.track, card.order, card.name)))


def index(root: Path) -> str:
    """The content of the index of the catalogue below `root`."""
    entries = []
    for header in headers(root):
        text = header.read_bytes()
        card = _card(header, text)
        if card is not None:
            path, checksum = _key(root, header, text)
            entries.append({"header": path, "crc32": checksum, **card._asdict()})
    return json.dumps({"format": FORMAT, "cards": entries}, indent=1, ensure_ascii=False) + "\n"


def _key(root: Path, header: Path, text: bytes) -> tuple[str, int]:
    return header.relative_to(root).as_posix(), crc32(text)


def _indexed(root: Path) -> dict[tuple[str, int], Card]:
    """What the index knows; of one that is missing, damaged or of another format: nothing."""
    try:
        document = json.loads((root / INDEX).read_bytes())
        if document["format"] != FORMAT:
            return {}
        return {(entry.pop("header"), entry.pop("crc32")): _frozen(entry) for entry in document["cards"]}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def _frozen(entry: dict[str, Any]) -> Card:
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()
    }
    return Card(**values)


def _card(header: Path, text: bytes) -> Card | None:
    from lab.catalogue import header_card  # noqa: PLC0415 (with a current index nobody needs YAML)

    return header_card.read(header.parent.name, text)


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        catalogue = Path(argument)
        (catalogue / INDEX).write_text(index(catalogue), encoding="utf-8")

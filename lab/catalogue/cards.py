"""The cards of a catalogue, quickly: of each header only what the list shows is read, and nothing is judged.

For the first frame, which cannot wait until every exercise was read whole and held against its schema
(`parse.load_sound`). Whatever is no card here is left out: what is wrong with it is found there, soon after.
A card that is here is the same as that of the exercise read whole.

The lab's own catalogue has an index beside its tracks, `cards.json`, so that not even YAML has to be loaded. It
is only ever believed of a header whose checksum it knows; every other one is read. After a change of a header

    python -m lab.catalogue.cards exercises

writes it anew (a test says when that was forgotten).
"""

from __future__ import annotations

import json
import sys
from binascii import crc32
from pathlib import Path
from typing import Any

from lab.catalogue.order import DIRECTORY, headers, place
from lab.model.card import Card

INDEX = "cards.json"
FORMAT = 1
"""Version of the index this lab reads."""

_TEXTS = frozenset({"name", "title", "track"})
_NUMBERS = frozenset({"difficulty", "minutes"})
_LISTS = frozenset({"objectives", "prerequisites", "requires"})
_KEYS = _TEXTS | _NUMBERS | _LISTS


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
    return Card(**{key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()})


def _card(header: Path, text: bytes) -> Card | None:
    import yaml  # with a current index nothing of it is needed

    match = DIRECTORY.match(header.parent.name)
    if match is None:
        return None
    try:
        return Card(order=int(match[1]), **_wanted(text))
    except (ValueError, TypeError, yaml.YAMLError):
        return None


def _wanted(text: bytes) -> dict[str, Any]:
    """The values of a card's keys, from the parser's events: of all else no value is made.

    A key whose word stands nowhere in the text is not waited for, so reading mostly ends before the checks.
    """
    import yaml

    awaited = {key for key in _KEYS if key.encode() in text}
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
    try:
        for kind in (yaml.StreamStartEvent, yaml.DocumentStartEvent, yaml.MappingStartEvent):
            if not isinstance(loader.get_event(), kind):
                raise ValueError("a header is a mapping")
        found: dict[str, Any] = {}
        while awaited and isinstance(key := loader.get_event(), yaml.ScalarEvent):
            value = _value(loader)
            awaited.discard(key.value)
            if key.value in _TEXTS and isinstance(value, str):
                found[key.value] = value
            elif key.value in _NUMBERS and isinstance(value, str):
                found[key.value] = int(value)
            elif key.value in _LISTS and isinstance(value, list):
                found[key.value] = tuple(value)
        return found
    finally:
        loader.dispose()


def _value(loader: Any) -> str | list[str] | None:
    """The next node: a scalar's text, the texts of a list of scalars, None for whatever else."""
    import yaml

    event = loader.get_event()
    if isinstance(event, yaml.ScalarEvent):
        return str(event.value)
    if isinstance(event, yaml.AliasEvent):
        return None
    texts: list[str] = []
    depth, plain = 1, isinstance(event, yaml.SequenceStartEvent)
    while depth:
        event = loader.get_event()
        if isinstance(event, yaml.CollectionStartEvent):
            depth, plain = depth + 1, False
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.ScalarEvent):
            texts.append(str(event.value))
        else:
            plain = False
    return texts if plain else None


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        catalogue = Path(argument)
        (catalogue / INDEX).write_text(index(catalogue), encoding="utf-8")

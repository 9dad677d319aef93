"""One exercise's card from its header: of all keys but the card's own not even a value is made."""

from __future__ import annotations

from typing import Any

import yaml

from lab.catalogue.order import DIRECTORY
from lab.model.card import Card

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_TEXTS = frozenset({"name", "title", "track"})
_NUMBERS = frozenset({"difficulty", "minutes"})
_LISTS = frozenset({"objectives", "prerequisites", "requires"})
_KEYS = _TEXTS | _NUMBERS | _LISTS

_HEAD = (yaml.StreamStartEvent, yaml.DocumentStartEvent, yaml.MappingStartEvent)
"""What a header begins with."""


def read(directory: str, text: bytes) -> Card | None:
    """The card of the header `text`, in a directory of that name; None: it cannot be read."""
    match = DIRECTORY.match(directory)
    if match is None:
        return None
    try:
        return Card(order=int(match[1]), **_wanted(text))
    except (ValueError, TypeError, yaml.YAMLError):
        return None


def _wanted(text: bytes) -> dict[str, Any]:
    """The values of a card's keys that are of their types.

    A key whose word stands nowhere in the text is not waited for, so reading mostly ends before the checks.
    """
    awaited = {key for key in _KEYS if key.encode() in text}
    found: dict[str, Any] = {}
    loader = _Loader(text)
    try:
        if not all(isinstance(loader.get_event(), kind) for kind in _HEAD):
            return {}
        while awaited and isinstance(key := loader.get_event(), yaml.ScalarEvent):
            value = _value(loader)
            awaited.discard(key.value)
            if key.value in _TEXTS and isinstance(value, str):
                found[key.value] = value
            elif key.value in _NUMBERS and isinstance(value, str):
                found[key.value] = int(value)
            elif key.value in _LISTS and isinstance(value, list):
                found[key.value] = tuple(value)
    finally:
        loader.dispose()
    return found


def _value(loader: Any) -> str | list[str] | None:
    """The next node: a scalar's text, the texts of a list of scalars, None for whatever else."""
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

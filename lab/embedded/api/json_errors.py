"""What is wrong with a text that is no JSON, in the words of Go's `encoding/json`."""

from __future__ import annotations

import re

_SPACE = b" \t\r\n"
_LITERALS = {b"t": b"true", b"f": b"false", b"n": b"null"}
_NUMBER = re.compile(rb"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_STRING = re.compile(rb'"(?:[^"\\\x00-\x1f]|\\.)*"', re.DOTALL)
_UNEXPECTED_END = "unexpected end of JSON input"


class _WrongJsonError(Exception):
    """Ends the scan with what it found."""


def wrong_json(text: bytes) -> str:
    """The complaint about the first wrong byte; empty when the text is JSON."""
    try:
        end = _skip(text, _value(text, _skip(text, 0)))
        if end < len(text):
            raise _complaint(text, end, "after top-level value")
    except _WrongJsonError as wrong:
        return str(wrong)
    return ""


def _complaint(text: bytes, place: int, where: str) -> _WrongJsonError:
    if place >= len(text):
        return _WrongJsonError(_UNEXPECTED_END)
    character = chr(text[place])
    shown = {"'": "'\\''", '"': "'\"'"}.get(character) or f"'{character.encode('unicode_escape').decode()}'"
    return _WrongJsonError(f"invalid character {shown} {where}")


def _skip(text: bytes, place: int) -> int:
    while place < len(text) and text[place] in _SPACE:
        place += 1
    return place


def _value(text: bytes, place: int) -> int:
    """Where the value ends that begins here."""
    first = text[place : place + 1]
    if first == b"{":
        return _members(text, place + 1, b"}")
    if first == b"[":
        return _members(text, place + 1, b"]")
    if first == b'"':
        return _string(text, place)
    if first in _LITERALS:
        return _literal(text, place, _LITERALS[first])
    found = _NUMBER.match(text, place) if first else None
    if found is None:
        raise _complaint(text, place, "looking for beginning of value")
    return found.end()


def _members(text: bytes, place: int, close: bytes) -> int:
    place = _skip(text, place)
    if text[place : place + 1] == close:
        return place + 1
    keyed = close == b"}"
    while True:
        place = _skip(text, place)
        if keyed:
            if text[place : place + 1] != b'"':
                raise _complaint(text, place, "looking for beginning of object key string")
            place = _skip(text, _string(text, place))
            if text[place : place + 1] != b":":
                raise _complaint(text, place, "after object key")
            place = _skip(text, place + 1)
        place = _skip(text, _value(text, place))
        if text[place : place + 1] == close:
            return place + 1
        if text[place : place + 1] != b",":
            raise _complaint(text, place, "after object key:value pair" if keyed else "after array element")
        place += 1


def _string(text: bytes, place: int) -> int:
    found = _STRING.match(text, place)
    if found:
        return found.end()
    control = re.compile(rb"[\x00-\x1f]").search(text, place + 1)
    raise _complaint(text, control.start() if control else len(text), "in string literal")


def _literal(text: bytes, place: int, word: bytes) -> int:
    for index, byte in enumerate(word):
        at = place + index
        if at >= len(text) or text[at] != byte:
            raise _complaint(text, at, f"in literal {word.decode()} (expecting '{chr(byte)}')")
    return place + len(word)

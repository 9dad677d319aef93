"""Texts that are no JSON are told so in Go's words."""

from __future__ import annotations

import pytest

from lab.embedded.api.json_errors import wrong_json


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (b'{"a": }', "invalid character '}' looking for beginning of value"),
        (b"{bad", "invalid character 'b' looking for beginning of object key string"),
        (b'{"a": tru}', "invalid character '}' in literal true (expecting 'e')"),
        (b'{"a" 1}', "invalid character '1' after object key"),
        (b'{"a": 1 "b"}', "invalid character '\"' after object key:value pair"),
        (b"[1 2]", "invalid character '2' after array element"),
        (b'{"a": 1', "unexpected end of JSON input"),
        (b'"a\n"', "invalid character '\\n' in string literal"),
        (b"", "unexpected end of JSON input"),
        (b"{} x", "invalid character 'x' after top-level value"),
        (b'{"a": [1, {"b": null}], "c": -1.5e3}', ""),
    ],
)
def test_the_first_wrong_character_is_named(text: bytes, complaint: str) -> None:
    assert wrong_json(text) == complaint

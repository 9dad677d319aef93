"""Long texts are told the same of as Textual's own documents, without a walk over their lines."""

from __future__ import annotations

import pytest
from textual._tree_sitter import get_language
from textual.document._document import Document
from textual.document._syntax_aware_document import SyntaxAwareDocument
from textual.document._wrapped_document import WrappedDocument
from textual.geometry import Offset

from lab.tui.widgets.long_text import FlatDocument, ParsedText, PlainText

TEXTS = ["", "a: 1\nb: 22\n", "ü: 名前\n  b: 'ß'\n", "a:\n\tb\n\t\tc: 1", "a: 1\r\nb: 2\r\n"]
EDITS = [
    ((0, 0), (0, 0), "x: y\n"),
    ((1, 1), (1, 1), "é"),
    ((0, 1), (1, 0), ""),
    ((0, 0), (1, 2), "one\ntwo\nthree"),
]


QUERY = "(block_mapping_pair key: (_) @key) (comment) @comment (double_quote_scalar) @quoted"

Found = set[tuple[str, tuple[int, ...], tuple[int, ...]]]


def _theirs(document: SyntaxAwareDocument, first: int, last: int) -> Found:
    query = document.prepare_query(QUERY)
    assert query is not None
    captures = document.query_syntax_tree(query, (first, 0), (last + 1, 0))
    return {
        (name, tuple(node.start_point), tuple(node.end_point))
        for name, nodes in captures.items()
        for node in nodes
    }


@pytest.mark.parametrize("text", TEXTS)
def test_size_text_and_what_is_found_are_those_of_textual(text: str) -> None:
    yaml = get_language("yaml")
    assert yaml is not None
    ours, theirs = ParsedText(text, yaml), SyntaxAwareDocument(text, yaml)
    assert PlainText(text).get_size(4) == Document(text).get_size(4)
    for start, end, new in EDITS if text.count("\n") > 1 else EDITS[:1]:
        assert ours.replace_range(start, end, new) == theirs.replace_range(start, end, new)
        assert ours.text == theirs.text
        assert ours.get_size(4) == theirs.get_size(4)
        fresh = SyntaxAwareDocument(ours.text, yaml)
        assert set(ours.captures(ours.prepare_query(QUERY), 0, 9)) == _theirs(fresh, 0, 9)


def test_of_a_long_text_a_part_is_parsed_and_found_in_it_what_is_in_the_whole() -> None:
    yaml = get_language("yaml")
    assert yaml is not None
    text = "".join(
        f'key{number}:\n  # of {number}\n  sub:\n  - "a\n    b"\n  - c: 1\n' for number in range(600)
    )
    ours, theirs = ParsedText(text, yaml), SyntaxAwareDocument(text, yaml)
    query = ours.prepare_query(QUERY)
    for first in (0, 1, 1234, 3590):
        # Within the lines asked for; what begins further up is found from the part's beginning on.
        inside = {one for one in _theirs(theirs, first, first + 60) if one[1][0] >= first}
        assert inside <= set(ours.captures(query, first, first + 60)) <= _theirs(theirs, 0, 4000)
        assert ours._parsed is not None
        assert ours._parsed[1] - ours._parsed[0] < 600


@pytest.mark.parametrize("text", TEXTS)
def test_places_are_those_of_a_document_that_is_not_wrapped(text: str) -> None:
    document = Document(text)
    ours, theirs = FlatDocument(document), WrappedDocument(document)
    for start, end, new in [((0, 0), (0, 0), ""), *EDITS[:1]]:
        result = document.replace_range(start, end, new)
        for places in (ours, theirs):
            places.wrap_range(start, end, result.end_location)
        assert ours.height == theirs.height
        for line in range(document.line_count):
            assert ours.get_offsets(line) == theirs.get_offsets(line)
            assert ours.get_tab_widths(line) == theirs.get_tab_widths(line)
            assert ours.location_to_offset((line, 0)) == theirs.location_to_offset((line, 0))
        for offset in (Offset(0, 0), Offset(3, 1), Offset(99, 99)):
            assert ours.offset_to_location(offset) == theirs.offset_to_location(offset)

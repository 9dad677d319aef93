"""Label and field selectors in all their forms."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.embedded.objects import selectors

LABELS = {"app": "web", "tier": "front", "version": "3"}


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("", True), ("app=web", True), ("app==web", True), ("app!=web", False), ("none!=x", True),
        ("app", True),
        ("!app", False), ("!none", True), ("app in (web, api)", True), ("app notin (web)", False),
        ("none notin (a)", True), ("app=web,tier=back", False), ("version>2", True), ("version<2", False),
        ("app in (), tier", False), ("app=", False), ("example.com/x=y", False),
    ],
)  # fmt: skip
def test_query_strings(text: str, matches: bool) -> None:
    assert selectors.parse_labels(text).matches(LABELS) is matches


@pytest.mark.parametrize("text", ["a in b", "==", "!", "a,,b", "a=b=c", "a b", "a in (b", "app=we!b"])
def test_nonsense_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"unable to parse requirement|found '"):
        selectors.parse_labels(text)


def test_label_selector_objects() -> None:
    selector = selectors.from_label_selector(
        {
            "matchLabels": {"app": "web"},
            "matchExpressions": [{"key": "tier", "operator": "In", "values": ["front"]}],
        }
    )
    assert selector.matches(LABELS)
    assert str(selector) == "app=web,tier=front"
    assert not selectors.from_label_selector(None).matches(LABELS)
    assert selectors.from_label_selector({}).matches({})
    assert not selectors.from_labels({}).matches(LABELS)


def test_field_selectors() -> None:
    assert [str(each.value) for each in selectors.parse_fields("a=1,b!=2")] == ["1", "2"]
    assert not selectors.parse_fields("a!=1")[0].matches({"a": "1"})
    with pytest.raises(ValueError, match="can't understand"):
        selectors.parse_fields("a")


WORDS = st.from_regex(r"[a-z]{1,5}", fullmatch=True)


@given(st.dictionaries(WORDS, WORDS, max_size=3), st.dictionaries(WORDS, WORDS, max_size=3))
def test_the_printed_selector_selects_the_same(wanted: dict[str, str], labels: dict[str, str]) -> None:
    selector = selectors.from_label_selector({"matchLabels": wanted})
    assert selectors.parse_labels(str(selector)).matches(labels) == selector.matches(labels)
    assert selector.matches(labels) == (wanted.items() <= labels.items())

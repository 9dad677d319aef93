"""Quantities: parsing, canonical form, errors, and that nothing is lost on the way."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.embedded.objects.quantities import (
    ERROR,
    SUFFIX_ERROR,
    Format,
    Quantity,
    canonical,
    parse_quantity,
)


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("0.5", "500m"), (1, "1"), (0.25, "250m"), ("1024Mi", "1Gi"), ("1.5Gi", "1536Mi"), ("1000", "1k"),
        ("100000000000", "100G"), ("0", "0"), ("0Mi", "0"), ("1e3", "1e3"), ("12e-1", "1200e-3"),
        ("-5m", "-5m"),
        ("1Ki", "1Ki"), ("0.5Ki", "512"), ("1.", "1"), (".5", "500m"), ("0.1n", "1n"),
        ("128974848", "128974848"),
    ],
)  # fmt: skip
def test_the_canonical_form_is_the_api_servers(written: str, stored: str) -> None:
    assert canonical(written) == stored


@pytest.mark.parametrize("text", ["", "64MB", "abc", "1 Gi", "--1", "0x10"])
def test_text_that_is_no_quantity_is_refused_in_the_servers_words(text: str) -> None:
    with pytest.raises(ValueError, match="quantities must match") as error:
        parse_quantity(text)
    assert str(error.value) == ERROR


def test_an_unknown_suffix_has_a_message_of_its_own() -> None:
    with pytest.raises(ValueError, match="suffix") as error:
        parse_quantity("64mi")
    assert str(error.value) == SUFFIX_ERROR


@given(st.integers(-(10**15), 10**15), st.sampled_from(["DecimalSI", "BinarySI", "DecimalExponent"]))
def test_the_printed_form_reads_as_the_same_amount(nanos: int, form: Format) -> None:
    quantity = Quantity(Fraction(nanos, 10**9), form)
    again = parse_quantity(str(quantity))
    assert again == quantity
    assert str(again) == str(quantity) or form == "BinarySI"  # 125000 is printed without a suffix


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_order_and_sums_are_those_of_the_amounts(a: int, b: int) -> None:
    first, second = parse_quantity(f"{a}m"), parse_quantity(f"{b}m")
    assert (first < second) == (a < b)
    assert (first + second).milli == a + b

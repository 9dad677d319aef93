"""Lists in chunks: every chunk is of the same instant, and a token that is too old says how to go on."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from lab.embedded.api.served import KINDS
from lab.embedded.api.verbs import ApiMachinery
from lab.embedded.clock.agenda import Agenda
from lab.embedded.store.store import Store
from tests.embedded.api.conftest import refusal

if TYPE_CHECKING:
    from lab.embedded.api.paging import Page


def _cluster(count: int, history: int = 20_000) -> ApiMachinery:
    api = ApiMachinery(Store(history), Agenda(), random.Random(1), KINDS)  # noqa: S311 (a seeded source)
    api.create("namespaces", None, {"metadata": {"name": "default"}})
    for number in range(count):
        labels = {"odd": str(number % 2)}
        api.create("configmaps", "default", {"metadata": {"name": f"c{number}", "labels": labels}})
    return api


def _names(page: Page) -> list[str]:
    return [each["metadata"]["name"] for each in page.items]


def test_chunks_are_of_one_instant() -> None:
    api = _cluster(5)
    first = api.page("configmaps", "default", 2, "")
    assert (_names(first), first.remaining) == (["c0", "c1"], 3)
    api.delete("configmaps", "default", "c3")
    api.create("configmaps", "default", {"metadata": {"name": "c2b"}})
    second = api.page("configmaps", "default", 2, first.token)
    assert (_names(second), second.remaining) == (["c2", "c3"], 1)
    assert second.resource_version == first.resource_version
    last = api.page("configmaps", "default", 2, second.token)
    assert (_names(last), last.token, last.remaining) == (["c4"], "", None)
    assert _names(api.page("configmaps", None, 0, "")) == ["c0", "c1", "c2", "c2b", "c4"]


def test_with_a_selector_nobody_knows_how_many_remain() -> None:
    page = _cluster(5).page("configmaps", "default", 1, "", labels="odd=0")
    assert (_names(page), page.remaining) == (["c0"], None)
    assert page.token


def test_a_token_too_old_goes_on_with_the_list_as_it_is() -> None:
    api = _cluster(5, history=4)
    token = api.page("configmaps", "default", 2, "").token
    for number in range(6):
        api.create("configmaps", "default", {"metadata": {"name": f"d{number}"}})
    refused = refusal(lambda: api.page("configmaps", "default", 2, token))
    assert (refused.code, refused.reason) == (410, "Expired")
    assert refused.message.startswith("The provided continue parameter is too old")
    assert _names(api.page("configmaps", "default", 2, refused.status()["metadata"]["continue"])) == [
        "c2",
        "c3",
    ]


@pytest.mark.parametrize("token", ["nonsense", "e30", "!!!"])
def test_what_is_no_token(token: str) -> None:
    refused = refusal(lambda: _cluster(1).page("configmaps", "default", 2, token))
    assert refused.code == 400
    assert refused.message.startswith("continue key is not valid")

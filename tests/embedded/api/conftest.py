"""An API machinery on an agenda of its own, with a namespace to work in."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from lab.embedded.api.errors import ApiError
from lab.embedded.api.interface import WriteOptions
from lab.embedded.api.served import KINDS
from lab.embedded.api.verbs import ApiMachinery
from lab.embedded.clock.agenda import Agenda
from lab.embedded.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable

Object = dict[str, Any]

CLIENT = WriteOptions(from_client=True, field_manager="kubectl-client-side-apply")


@pytest.fixture
def agenda() -> Agenda:
    return Agenda()


@pytest.fixture
def api(agenda: Agenda) -> ApiMachinery:
    machinery = ApiMachinery(Store(), agenda, random.Random(7), KINDS)  # noqa: S311 (a seeded source)
    machinery.create("namespaces", None, {"metadata": {"name": "default"}})
    return machinery


def refusal(action: Callable[[], object]) -> ApiError:
    """The error an action is refused with."""
    with pytest.raises(ApiError) as error:
        action()
    return error.value


def container(**fields: Any) -> Object:
    return {"name": "app", "image": "nginx:1.25", **fields}


def pod(name: str = "web", *containers: Object, **spec: Any) -> Object:
    return {"metadata": {"name": name}, "spec": {"containers": list(containers) or [container()], **spec}}


def deployment(*containers: Object, template: Object | None = None, **spec: Any) -> Object:
    pod_spec = {"containers": list(containers) or [container()], **(template or {})}
    labels = {"app": "web"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod_spec},
            **spec,
        },
    }

"""The worked example of docs/images-embedded.md does what the page says; its table is the table there is."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from lab.embedded.runtime.wellknown import table
from tests.embedded.runtime.harness import House, log_of

PAGE = (Path(__file__).parents[3] / "docs" / "images-embedded.md").read_text()


@pytest.fixture
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    code, line = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    name = f"{table.__package__}.clock"
    module = ModuleType(name)
    exec(code, module.__dict__)  # noqa: S102 (the page's own example)
    monkeypatch.setitem(sys.modules, name, module)
    place, file = re.findall(r'"([^"]+)"', line)
    monkeypatch.setitem(table.PLACES, place, file)


@pytest.mark.usefixtures("_clock")
def test_the_example_of_the_page_can_be_pulled_and_run() -> None:
    house = House()
    images = house.runtime.images
    for text in ("clock", "clock:2", "clock:2.1-alpine", "docker.io/library/clock:2.0.4"):
        assert images.registry_error(text) is None
    assert (images.registry_error("clock:3") or "").endswith("clock:3: not found")
    container, ran = house.start(None, image="clock:2.1")
    house.agenda.advance(25)
    assert log_of(container) == ["0", "10", "20"]
    container.signal(container.stop_signal)
    house.agenda.advance(1)
    assert ran.code == 0
    container, ran = house.start(None, image="clock:2.1", env={"INTERVAL": "soon"})
    house.agenda.settle()
    assert (ran.code, log_of(container)) == (2, ["clock: INTERVAL must be a number of seconds"])


@pytest.mark.parametrize("place", sorted(table.PLACES))
def test_the_page_names_every_image(place: str) -> None:
    short = place.removeprefix("docker.io/").removeprefix("library/")
    elsewhere = ("localhost/", "quay.io/", "us-docker.pkg.dev/", "registry.k8s.io/e2e-test-images/busybox")
    if place.startswith(elsewhere):
        return  # other names of images that stand there
    assert f"`{short}`" in PAGE

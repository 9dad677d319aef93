"""What every test stands on: a home of its own, and no way to anybody's real cluster.

HOME, the lab's state directory, the XDG directories and KUBECONFIG lead into the test's temporary directory.
The kubeconfig a test may use is only ever one it made; a leaked one would be found to lead nowhere.
"""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytest_plugins = ["tests.house.strict"]

_KEPT = {
    "PODLAB_REAL_KUBECONFIG", "PODLAB_BASE_IMAGE", "PODLAB_PIP_INDEX_URL", "PODLAB_PIP_TRUSTED_HOST",
    "PODLAB_BUILD_NETWORK",
}  # fmt: skip
"""Settings that tell tests about the machine: its real cluster for marked tests, its image sources."""


def pytest_configure() -> None:
    """Let Ctrl-C reach what tests start: a run in the background of a shell inherits that it is ignored."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Lead everything that could reach the user's own files or clusters into a directory of the test's."""
    home = tmp_path_factory.mktemp("home", numbered=True)
    for name in list(os.environ):
        if (name.startswith(("PODLAB_", "KUBE")) and name not in _KEPT) or name in {
            "VISUAL",
            "EDITOR",
            "NO_COLOR",
        }:
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("PODLAB_HOME", str(home / "podlab"))
    monkeypatch.setenv("KUBECONFIG", str(home / "no-kubeconfig"))
    for name, directory in (
        ("XDG_STATE_HOME", "state"), ("XDG_CONFIG_HOME", "config"), ("XDG_CACHE_HOME", "cache"),
        ("XDG_DATA_HOME", "data"),
    ):  # fmt: skip
        monkeypatch.setenv(name, str(home / directory))
    yield home
    _end_daemon(home / "podlab")


def _end_daemon(state: Path) -> None:
    """End the background cluster a test started, and no other: it is found through the test's own home."""
    if not state.is_dir():
        return
    from lab.providers.embedded import launch
    from lab.providers.embedded.record import Places
    from lab.settings import Settings

    places = Places.of(Settings(home=state))
    if places.record.exists():
        launch.stop(places, lambda _line: None)

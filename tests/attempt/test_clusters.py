"""Which clusters are started by whoever needs them, and which are left as somebody left them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from lab.attempt import clusters
from lab.attempt.live import lost_sentence
from lab.attempt.preferences import Preferences
from lab.errors import NotAbleError, ObservationLost, UsageError
from lab.providers.base import Status
from lab.settings import Settings

if TYPE_CHECKING:
    from lab.providers.base import Progress, Provider


class _Cluster:
    """A cluster that is in some state until it is brought up."""

    def __init__(self, state: str, name: str = "embedded") -> None:
        self.state, self.name = state, name

    def status(self) -> Status:
        return Status(self.name, self.state)

    def up(self, _progress: Progress) -> None:
        self.state = "running"

    def kubeconfig(self) -> Path:
        if self.state != "running":
            raise NotAbleError(f"the {self.name} cluster is not up: its objects are kept")
        return Path("kubeconfig")


def test_the_provider_is_the_options_the_environments_the_settings_or_auto(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    assert clusters.choice(settings) == clusters.Choice("auto", "")
    Preferences(tmp_path).keep(provider="kind")
    assert clusters.choice(settings) == clusters.Choice("kind", "the settings")
    environment = Settings.from_environment({"PODLAB_HOME": str(tmp_path), "PODLAB_PROVIDER": "embedded"})
    assert clusters.choice(environment) == clusters.Choice("embedded", "PODLAB_PROVIDER")
    option = replace(environment, provider="auto")
    assert clusters.choice(option) == clusters.Choice("auto", "--provider")
    Preferences(tmp_path).keep(provider="context:gone")
    with pytest.raises(UsageError, match="gone") as caught:
        clusters.provider(None, settings)
    assert caught.value.where == "the settings"


@pytest.mark.parametrize("state", ["stopped", "absent", "stale"])
def test_the_embedded_cluster_is_started_when_it_is_needed(state: str) -> None:
    assert clusters.kubeconfig(cast("Provider", _Cluster(state))) == Path("kubeconfig")


@pytest.mark.parametrize(
    ("name", "state"), [("embedded", "stopped"), ("embedded", "absent"), ("kind", "stale")]
)
def test_one_that_was_stopped_stays_so_where_that_is_wanted(name: str, state: str) -> None:
    cluster = _Cluster(state, name)
    with pytest.raises(NotAbleError, match="not up"):
        clusters.kubeconfig(cast("Provider", cluster), start=False)
    assert cluster.state == state


def test_one_whose_process_died_is_started_again_all_the_same() -> None:
    assert clusters.kubeconfig(cast("Provider", _Cluster("stale")), start=False) == Path("kubeconfig")


def test_a_learner_is_told_what_was_lost_without_the_transports_words() -> None:
    pool = "the cluster does not answer: HTTPSConnectionPool(host='127.0.0.1', port=1): Max retries exceeded"
    assert lost_sentence(ObservationLost(pool)) == "the cluster does not answer"
    stopped = NotAbleError("the embedded cluster is not up: its objects are kept")
    assert lost_sentence(stopped) == "the embedded cluster is not up"

"""A cluster that is lost in the middle: unknown, in words, with what to do next; never a failure."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

import pytest

from lab.attempt import applying, authoring, grading, proving
from lab.attempt.cancel import silent
from lab.cli.exits import ExitCode, of_state
from lab.model.exercise import Variant
from lab.model.grade import Outcome
from lab.model.proof import Result
from lab.model.verdict import Finding, State
from tests.attempt import exercises

if TYPE_CHECKING:
    from pathlib import Path

    from lab.attempt.lab import Lab
    from lab.providers.embedded.inprocess import InProcessProvider

RAW = ("urllib3", "Errno", "Traceback", "object at 0x", "HTTPSConnection")


@pytest.fixture
def vanishing(cluster: InProcessProvider, monkeypatch: pytest.MonkeyPatch) -> InProcessProvider:
    """The cluster that every trial and submission meets; it goes away when something is applied."""
    monkeypatch.setattr(authoring, "room", lambda *_arguments, **_keywords: nullcontext(cluster))
    monkeypatch.setattr(applying, "apply_manifests", lambda *_arguments, **_keywords: cluster.down(silent))
    return cluster


def test_a_check_that_loses_its_cluster_is_unknown(lab: Lab, cluster: InProcessProvider) -> None:
    attempt = lab.start("sample")

    def gone(finding: Finding) -> None:
        if finding.state is State.WAITING:
            cluster.down(silent)

    verdict = attempt.check(on_finding=gone)
    assert (verdict.state, of_state(verdict.state)) == (State.UNKNOWN, ExitCode.UNKNOWN)
    (finding,) = verdict.findings
    assert (finding.state, finding.code) == (State.UNKNOWN, "observation-lost")
    assert "does not answer: nothing listens there" in finding.observed
    assert "check again" in finding.why
    assert finding.look_at == "podlab cluster status --provider embedded"
    assert not any(raw in str(verdict) for raw in RAW), verdict


def test_a_proof_that_loses_its_cluster_is_unknown(lab: Lab, vanishing: InProcessProvider) -> None:
    trial = proving.try_variant(lab.exercise("sample"), Variant("broken"), vanishing, kubectl="kubectl")
    assert trial.result is Result.UNKNOWN
    assert "does not answer" in trial.problem
    assert not any(raw in trial.problem for raw in RAW)


def test_a_grade_that_loses_its_cluster_is_unknown(
    lab: Lab, vanishing: InProcessProvider, tmp_path: Path
) -> None:
    directory = tmp_path / "sample"
    directory.mkdir()
    (directory / "web.yaml").write_text(exercises.FIXED, encoding="utf-8")
    (grade,) = grading.grade(lab, grading.find(lab, [directory]))
    assert grade.outcome is Outcome.UNKNOWN
    assert not any(raw in grade.problems[0] for raw in RAW)

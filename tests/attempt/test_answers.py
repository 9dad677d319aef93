"""An answer stays as it was graded when it was given."""

from __future__ import annotations

import json

from lab.attempt import answers
from lab.model.verdict import Evidence, Finding, State


def finding(state: State, observed: str = "oom") -> Finding:
    return Finding(
        "why", "Why?", state, "ok", "the right one", observed,
        evidence=(Evidence("pod/api", "status", "OOMKilled"),), kind="question",
    )  # fmt: skip


def test_a_settled_answer_survives_the_file() -> None:
    right = finding(State.PASSED)
    written = json.loads(json.dumps(answers.kept({}, right)))
    assert answers.restored(written) == {"why": right}


def test_a_later_answer_replaces_it_and_one_without_evidence_is_graded_again() -> None:
    first = answers.kept({}, finding(State.PASSED))
    assert answers.restored(answers.kept(first, finding(State.FAILED)))["why"].state is State.FAILED
    assert answers.kept(first, finding(State.UNKNOWN)) == {}


def test_what_another_version_wrote_is_left_out() -> None:
    assert answers.restored({"why": {"state": "splendid", "evidence": []}, "x": {}}) == {}

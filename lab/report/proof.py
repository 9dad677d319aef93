"""Proofs of exercises: what did not hold in full, then a table with a line a trial."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.report import jsonform, markdown, text
from lab.report.style import PLAIN, Style

if TYPE_CHECKING:
    from lab.model.proof import Proof, Trial

HEADER = ("exercise", "variant", "result", "cluster", "wall", "observed")
LONGEST = 110
"""Characters of an observation in the table."""


def render(proof: Proof, form: str, style: Style = PLAIN) -> str:
    """The proof as `text`, `json`, `junit` or `markdown`."""
    if form == "json":
        return as_json(proof)
    if form == "junit":
        return as_junit(proof)
    return as_markdown(proof) if form == "markdown" else as_text(proof, style)


def as_text(proof: Proof, style: Style = PLAIN) -> str:
    """Details of what did not hold, the table, and a last line that says it all."""
    blocks = [_details(trial, style) for trial in proof.trials if not trial.held]
    blocks.append(text.table(HEADER, [_row(trial) for trial in proof.trials], style))
    held = sum(trial.held for trial in proof.trials)
    blocks.append(f"{held} of {len(proof.trials)} trials held on {proof.provider or 'no cluster'}\n")
    return "\n".join(blocks)


def as_json(proof: Proof) -> str:
    """Every trial with its whole verdict."""
    trials = [
        {
            "exercise": trial.exercise,
            "variant": trial.variant,
            "result": trial.result.value,
            "expected": trial.expected,
            "observed": trial.observed,
            "problem": trial.problem,
            "wall_seconds": trial.wall_seconds,
            "verdict": None if trial.verdict is None else jsonform.verdict_fields(trial.verdict),
        }
        for trial in proof.trials
    ]
    return jsonform.document("proof", provider=proof.provider, holds=proof.holds, trials=trials)


def as_junit(proof: Proof) -> str:
    """A suite an exercise, a case a variant."""
    from junitparser import TestSuite  # noqa: PLC0415 (only for this format)

    from lab.report import junit  # noqa: PLC0415 (likewise)

    suites: dict[str, TestSuite] = {}
    for trial in proof.trials:
        suite = suites.setdefault(trial.exercise, TestSuite(trial.exercise))
        decided = trial.result.value == "not held"
        said = trial.observed or trial.problem
        suite.add_testcase(
            junit.case(
                trial.variant,
                trial.exercise,
                failure=said if decided else "",
                error=said if trial.result.value in {"unable", "unknown"} else "",
                skipped=said if trial.result.value == "skipped" else "",
                detail="\n".join(_told(trial)),
            )
        )
    return junit.document(suites.values())


def as_markdown(proof: Proof) -> str:
    """A heading and the table."""
    held = sum(trial.held for trial in proof.trials)
    title = f"## {held} of {len(proof.trials)} trials held on {markdown.escape(proof.provider)}"
    return f"{title}\n\n{markdown.table(HEADER, [_row(trial) for trial in proof.trials])}\n"


def _row(trial: Trial) -> tuple[str, ...]:
    observed = " ".join(trial.observed.split())
    shown = observed if len(observed) <= LONGEST else f"{observed[: LONGEST - 1]}…"
    cluster = f"{trial.verdict.cluster_seconds:.0f} s" if trial.verdict is not None else ""
    return trial.exercise, trial.variant, trial.result.value, cluster, f"{trial.wall_seconds:.1f} s", shown


def _told(trial: Trial) -> list[str]:
    lines = [f"expected: {trial.expected}", f"observed: {trial.observed}"]
    return [*lines, *trial.problem.splitlines()]


def _details(trial: Trial, style: Style) -> str:
    lines = [style.bold(f"{trial.exercise} {trial.variant}: {trial.result.value}")]
    lines.extend(f"  {line}" for line in _told(trial))
    if trial.verdict is not None:
        lines.append(text.verdict(trial.verdict, style))
    return "\n".join(lines)

"""Answers to diagnosis questions as they were graded when they were given.

A question is about the broken state. Who answers rightly and then mends the workload was right: the finding
is kept with the progress, and later checks repeat it. Only an answer for which the cluster showed no evidence
is graded again.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from lab.model.verdict import Evidence, Finding, State

if TYPE_CHECKING:
    from collections.abc import Mapping

SETTLED = frozenset({State.PASSED, State.FAILED})


def kept(findings: Mapping[str, Mapping[str, Any]], finding: Finding) -> dict[str, Mapping[str, Any]]:
    """`findings` with this one in the place of an earlier one; one that settles nothing is not kept."""
    others = {name: one for name, one in findings.items() if name != finding.id}
    return {**others, finding.id: asdict(finding)} if finding.state in SETTLED else others


def restored(findings: Mapping[str, Mapping[str, Any]]) -> dict[str, Finding]:
    """The kept findings; what another version of the lab wrote in another form is left out."""
    found = {}
    for name, fields in findings.items():
        try:
            evidence = tuple(Evidence(**item) for item in fields["evidence"])
            found[name] = Finding(**{**fields, "state": State(fields["state"]), "evidence": evidence})
        except (TypeError, KeyError, ValueError):
            continue
    return found

"""Judging what was observed: pure functions from observations to findings. No I/O, no clock, no waiting."""

from lab.checks.evaluate import budget_of, evaluate, finding, lost
from lab.checks.expectations import expect
from lab.checks.guards import explain, forbidden, grade_answer, unanswered
from lab.checks.predicates import holds
from lab.checks.reading import (
    containers,
    find,
    is_ready,
    loggers,
    pods_of,
    restart_counts,
    superseded,
    uid_of,
)
from lab.checks.restarting import Ground
from lab.checks.rollouts import under_way
from lab.checks.trouble import trouble_of

__all__ = [
    "Ground",
    "budget_of",
    "containers",
    "evaluate",
    "expect",
    "explain",
    "find",
    "finding",
    "forbidden",
    "grade_answer",
    "holds",
    "is_ready",
    "loggers",
    "lost",
    "pods_of",
    "restart_counts",
    "superseded",
    "trouble_of",
    "uid_of",
    "unanswered",
    "under_way",
]

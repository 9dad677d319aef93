"""What is wrong with a manifest's text, found without a cluster and line by line, as it is typed."""

from __future__ import annotations

from lab.attempt.linting.manifest import MOST, lint, lint_apart
from lab.attempt.linting.problem import Problem

__all__ = ["MOST", "Problem", "lint", "lint_apart"]

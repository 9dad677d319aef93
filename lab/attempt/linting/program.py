"""A program's text: whether Python can read it. What it does when it runs is not looked at."""

from __future__ import annotations

import ast
import warnings

from lab.attempt.linting.problem import Problem


def mistakes(text: str) -> tuple[Problem, ...]:
    """The first place that is no Python; none when it can be read."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of things that are merely unwise
            ast.parse(text)
    except SyntaxError as error:
        return (Problem(error.lineno or 1, max((error.offset or 1) - 1, 0), f"no Python: {error.msg}"),)
    except (ValueError, RecursionError, MemoryError) as error:
        return (Problem(1, 0, f"no Python: {error}"),)
    return ()

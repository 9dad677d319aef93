"""The answers a check can give: a module of its own, for those that tell of a state and know no verdict."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """The answers a check, and so a verdict, can give."""

    PASSED = "passed"
    FAILED = "failed"
    WAITING = "waiting"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"
    """Not looked at: an earlier check it builds on did not pass, or the provider cannot do what it needs."""

"""What one look at a check yields, before its budget is reckoned in: the pure core's intermediate answer."""

from __future__ import annotations

from dataclasses import dataclass

from lab.model.verdict import Evidence, State


@dataclass(frozen=True)
class Judgement:
    """One look. `WAITING` means not yet; the budget decides what becomes of it."""

    state: State
    code: str
    expected: str
    observed: str
    evidence: tuple[Evidence, ...] = ()
    why: str = ""
    look_at: str = ""
    cause: str = ""
    """What ended a container, where that is what was found."""


def passed(expected: str, observed: str, *evidence: Evidence) -> Judgement:
    """It holds."""
    return Judgement(State.PASSED, "ok", expected, observed, evidence)


def line(text: str, limit: int = 160) -> str:
    """A text on one line, shortened."""
    flat = " ".join(text.split())
    if len(flat) <= limit:
        return flat
    cut = flat[: limit - 1].rpartition(" ")[0]
    # Between words, unless the last of them is most of it.
    return f"{cut} …" if len(cut) > limit // 2 else flat[: limit - 1] + "…"

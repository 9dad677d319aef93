"""The two-minute tour: what each step says, and what the learner does to be through with it. Pure.

A step is over when what it asks for was done, or skipped by a key. How far one is, is kept, so that a tour
that was broken off goes on where it was.
"""

from __future__ import annotations

from dataclasses import dataclass

from lab.tui.arrangement import BRIEF, EVENTS, FILES, LOGS, PANELS, PODS
from lab.tui.choices import DONE

VERDICT, HINT, APPLIED = "verdict", "hint", "applied"
"""What a learner may have done, beside looking at a panel."""

_KEY = {panel: str(number) for number, panel in enumerate(PANELS, 1)}


@dataclass(frozen=True)
class Step:
    """One step."""

    name: str
    text: str
    """Markup; keys are bold."""
    over: str
    """What ends it: a panel that is looked at, one of the words above; empty: only the key that goes on."""
    keys: tuple[str, ...] = ()
    """The keys it speaks of, by Textual's names."""


STEPS = (
    Step(
        BRIEF,
        "Two minutes, while you work on the exercise. "
        f"[b]{_KEY[BRIEF]} Brief[/b] says what is wrong and what must hold in the end; [b]↓[/b] scrolls.",
        "",
        (_KEY[BRIEF],),
    ),
    Step(
        PODS,
        f"Press [b]{_KEY[PODS]}[/b]: the pods, as kubectl tells them, live.",
        PODS,
        (_KEY[PODS],),
    ),
    Step(
        EVENTS,
        "These are the pods: look at STATUS and RESTARTS. "
        f"Then press [b]{_KEY[EVENTS]}[/b]: what the cluster reported.",
        EVENTS,
        (_KEY[EVENTS],),
    ),
    Step(
        "check",
        f"The reason is often among these events; [b]{_KEY[LOGS]}[/b] has what the app writes. "
        "Then press [b]c[/b]: the lab watches what the pods do, and says what it found.",
        VERDICT,
        (_KEY[LOGS], "c"),
    ),
    Step(
        "hint",
        "Each answer says what was seen, and where. Stuck? Press [b]h[/b]: the first of three hints says "
        "where to look. [b]Esc[/b] closes it.",
        HINT,
        ("h", "escape"),
    ),
    Step(
        "fix",
        f"Press [b]{_KEY[FILES]}[/b], then [b]Enter[/b], and edit. [b]Ctrl+S[/b] saves, applies and checks. "
        "[b]Esc[/b] leaves the editor.",
        APPLIED,
        (_KEY[FILES], "ctrl+s"),
    ),
    Step(
        "end",
        "That is all: the rest is yours. [b]?[/b] lists the keys that work where you are, "
        "[b]S[/b] has the settings, [b]q[/b] goes back to the catalogue.",
        "",
        ("question_mark", "S", "q"),
    ),
)

WHILE_TYPING = frozenset({"fix", "end"})
"""Steps that are shown to somebody who types: of the editor, and of what comes after its Ctrl+S."""

_NAMES = tuple(step.name for step in STEPS)


def step(kept: str) -> Step | None:
    """The step a learner is at who got as far as was kept; None: the tour is over."""
    if kept == DONE:
        return None
    return STEPS[_NAMES.index(kept)] if kept in _NAMES else STEPS[0]


def after(name: str) -> str:
    """What to keep once a step is over."""
    at = _NAMES.index(name) + 1
    return _NAMES[at] if at < len(STEPS) else DONE


def place(name: str) -> str:
    """Where one is: `tour 2/7`."""
    return f"tour {_NAMES.index(name) + 1}/{len(STEPS)}"

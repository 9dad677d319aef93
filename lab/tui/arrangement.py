"""Which panels are in view: a pure function of the window's size and of the panel wanted last.

The screen is a row of columns, a column a stack of slots, a slot a set of panels of which one is in view.
"""

from __future__ import annotations

BRIEF, FILES, PODS, EVENTS, LOGS, CHECKS = "brief", "files", "pods", "events", "logs", "checks"
TIMELINE = "timeline"
PANELS = (BRIEF, FILES, PODS, EVENTS, LOGS, CHECKS, TIMELINE)
"""In the order of their number keys."""

ABOUT = {
    BRIEF: "What is wrong, and what counts as done",
    FILES: "Your files; Enter edits the one in view",
    PODS: "As kubectl tells them; Enter shows a pod's log",
    EVENTS: "What the cluster reported",
    LOGS: "What the pod under the cursor writes",
    CHECKS: "What is asked, what came out, and why",
    TIMELINE: "What each container goes through: states, probes, back-off, readiness",
}
"""What each panel shows, for the help."""

Slot = tuple[str, ...]
Columns = tuple[tuple[Slot, ...], ...]

WIDE, BROAD, HIGH = 110, 170, 34


def columns(width: int, height: int) -> Columns:
    """The slots a window of this size has room for."""
    if width < WIDE:
        return ((PANELS,),)
    low: tuple[Slot, ...] = ((PODS,), (EVENTS, LOGS, CHECKS, TIMELINE))
    high: tuple[Slot, ...] = ((PODS,), (EVENTS, LOGS, TIMELINE), (CHECKS,))
    watching = low if height < HIGH else high
    if width < BROAD:
        return (((BRIEF, FILES),), watching)
    return (((BRIEF,),), ((FILES,),), watching)


def visible(layout: Columns, recent: tuple[str, ...]) -> set[str]:
    """The panels in view. `recent` has those wanted, the latest first; a slot shows its most recent one."""
    rank = {panel: index for index, panel in enumerate(recent)}
    slots = (slot for column in layout for slot in column)
    return {min(slot, key=lambda panel: rank.get(panel, len(rank) + slot.index(panel))) for slot in slots}


def touch(recent: tuple[str, ...], panel: str) -> tuple[str, ...]:
    """`recent` with `panel` in front."""
    return (panel, *(one for one in recent if one != panel))

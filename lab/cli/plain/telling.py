"""What changed in the cluster, in sentences: told to a screen reader, where a table is redrawn. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.report.text import counted

if TYPE_CHECKING:
    from lab.attempt.views import EventRow, LiveView, PodRow


_OWN_LINE = ("-", "*", "#", ">", "|", "1", "2", "3", "4", "5", "6", "7", "8", "9")
"""What a line of Markdown begins with that does not go on with the one before."""


def prose(markdown: str, title: str = "") -> list[str]:
    """Markdown as it is read aloud: a paragraph a line, no marks of emphasis, code as it stands.

    A first heading that only says `title` again is left out.
    """
    lines: list[str] = []
    code = joined = False
    for raw in markdown.strip().splitlines():
        line = raw.strip()
        if line.startswith("```"):
            code, joined = not code, False
        elif code:
            lines.append(raw.rstrip())
        elif not line:
            joined = False
        elif joined and not line.startswith(_OWN_LINE):
            lines[-1] += f" {_bare(line)}"
        else:
            lines.append(_bare(line))
            joined = not line.startswith("#")
    return lines[1:] if lines and lines[0] == title else lines


def _bare(line: str) -> str:
    return line.lstrip("#").strip().replace("**", "").replace("`", "")


def status(view: LiveView) -> list[str]:
    """Everything, as it is now."""
    if view.lost:
        return [_lost(view)]
    pods = [pod(one) for one in view.pods] or ["there are no pods"]
    return [*pods, *(f"{one.kind} {one.name}: {one.summary}" for one in view.workloads if one.summary)]


def changes(before: LiveView | None, now: LiveView) -> list[str]:
    """What is different from an earlier view: pods by status, readiness and restarts, and new warnings."""
    if now.lost:
        return [] if before is not None and before.lost else [_lost(now)]
    if before is None:
        return status(now)
    said = ["the cluster answers again"] if before.lost else []
    known = {one.uid: one for one in before.pods}
    for one in now.pods:
        earlier = known.pop(one.uid, None)
        if earlier is None:
            said.append(f"new: {pod(one)}")
        elif (earlier.status, earlier.ready, earlier.restarts) != (one.status, one.ready, one.restarts):
            said.append(pod(one))
    said += [f"gone: pod {one.name}" for one in known.values()]
    seen = {_what(one) for one in before.events}
    return said + [event(one) for one in now.events if one.type == "Warning" and _what(one) not in seen]


def pod(row: PodRow) -> str:
    """A pod in a sentence."""
    ready, _, of = row.ready.partition("/")
    restarts = f", {counted(row.restarts, 'restart')}" if row.restarts else ""
    return f"pod {row.name}: {row.status}, {ready} of {of} ready{restarts}"


def event(row: EventRow) -> str:
    """An event in a sentence."""
    times = f", {row.count} times" if row.count > 1 else ""
    return f"{row.type.lower()}, {row.reason}, {row.object}: {row.message}{times}"


def _what(row: EventRow) -> tuple[str, str, str]:
    return row.reason, row.object, row.message


def _lost(view: LiveView) -> str:
    return f"{view.lost}; cluster up brings it up, and start the exercise"

"""The line above the footer: what is going on, or what came out. Solved cannot be missed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.markup import escape
from textual.widgets import Static

from lab.model.verdict import State

if TYPE_CHECKING:
    from lab.model.verdict import Verdict
    from lab.tui.view import AttemptView


class Banner(Static):
    """One to three lines; hidden while there is nothing to say. Its class (`-solved`, …) is its look."""

    LOOKS = ("-busy", "-solved", "-failed", "-unsure", "-lost", "-plain")

    def on_mount(self) -> None:
        """Nothing to say at first."""
        self._said = ("", "")
        self.display = False

    def say(self, view: AttemptView, busy: str) -> None:
        """Say what matters most: a lost cluster, work in progress (`busy`), the verdict, or nothing."""
        look, text = said = _what(view, busy)
        if said == self._said:
            return
        self._said = said
        self.display = bool(text)
        for one in self.LOOKS:
            self.set_class(one == look, one)
        self.update(text)


def _what(view: AttemptView, busy: str) -> tuple[str, str]:
    if busy:
        return "-busy", f"◌ {escape(busy)}  [dim]Esc cancels · o output[/dim]"
    if view.live is not None and view.live.lost:
        # What comes behind a colon is the transport's own wording: the error screen of the next try has it.
        said = view.live.lost.partition(": ")[0]
        return "-lost", (
            f"[b]! {escape(said[:1].upper() + said[1:])}[/b]\n"
            "What is shown may be out of date. [b]R[/b] brings the cluster up again (podlab cluster up)"
        )
    verdict = view.judging.verdict
    if verdict is None:
        if view.solved_before:
            return "-plain", "✓ You solved this one before.  [b]d[/b] debrief · [b]c[/b] checks it again"
        return "", ""
    if view.judging.stale:
        return "-plain", "Applied. The last verdict speaks of an earlier state: [b]c[/b] checks again"
    return _verdict(verdict)


def _verdict(verdict: Verdict) -> tuple[str, str]:
    passed = sum(1 for finding in verdict.findings if finding.state is State.PASSED)
    if verdict.state is State.PASSED:
        return "-solved", (
            f"\n[b]✓ S O L V E D[/b]   all {passed} passed in {verdict.cluster_seconds:.0f} s of cluster time"
            "   [b]d[/b] opens the debrief\n"
        )
    decisive = next((one for one in verdict.findings if one.state is verdict.state), None)
    reason = escape(f"{decisive.title}: {decisive.observed}") if decisive else ""
    if verdict.state is State.FAILED:
        total = sum(1 for one in verdict.findings if one.kind != "guard")
        head = f"[b]✗ Not yet[/b] ({passed} of {total} passed)"
        # Such as: the files say something else than the cluster, so the fix may only want to be applied.
        notes = "".join(f"[b]! {escape(note)}[/b] (^S applies your files)\n" for note in verdict.notes[:1])
        return "-failed", f"{notes}{head}  {reason}\n[b]6[/b] shows why · [b]h[/b] a hint"
    if verdict.state is State.WAITING:
        return "-unsure", f"[b]◌ Not decided:[/b] {reason}\nIt had no time to happen. [b]c[/b] checks again"
    return "-unsure", f"[b]? Unknown:[/b] {reason}\nThis says nothing about your fix. [b]c[/b] checks again"

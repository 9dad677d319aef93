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
        said = view.live.lost
        return "-lost", (
            f"[b]! {escape(said[:1].upper() + said[1:])}[/b]\n"
            "What is shown may be out of date. [b]R[/b] brings the cluster up (podlab cluster up)"
        )
    verdict = view.judging.verdict
    head = ""
    if view.pending:
        names = escape(", ".join(view.pending))
        head = f"[b]! {names}: edits that are not in the cluster.[/b] [b]^S[/b] applies them"
    if verdict is None:
        solved = "✓ You have solved this one.  [b]d[/b] debrief · [b]c[/b] checks it again"
        text = "\n".join(filter(None, (head, solved if view.solved_before else "")))
        return ("-plain" if text else ""), text
    if view.judging.stale:
        stale = "Something changed since the last verdict: [b]c[/b] checks again"
        return "-plain", head or stale
    look, text = _verdict(verdict, drifted=bool(view.pending))
    return look, f"{head}\n{text}" if head else text


def _verdict(verdict: Verdict, *, drifted: bool) -> tuple[str, str]:
    passed = sum(1 for finding in verdict.findings if finding.state is State.PASSED)
    if verdict.state is State.PASSED:
        return "-solved", (
            f"\n[b]✓ S O L V E D[/b]   "
            f"all {passed} passed in {verdict.cluster_seconds:.0f} s of cluster time\n"
            "[b]d[/b] opens the debrief ([b]F2[/b] out of the editor)\n"
        )
    decisive = next((one for one in verdict.findings if one.state is verdict.state), None)
    reason = escape(f"{decisive.title}: {decisive.observed}") if decisive else ""
    if verdict.state is State.FAILED:
        total = sum(1 for one in verdict.findings if one.kind != "guard")
        head = f"[b]✗ Not yet[/b] ({passed} of {total} passed)"
        # Such as: the files say something else than the cluster, so the fix may only want to be applied.
        said = () if drifted else verdict.notes[:1]
        notes = "".join(f"[b]! {escape(note)}[/b] (^S applies your files)\n" for note in said)
        return "-failed", f"{notes}{head}  {reason}\n[b]6[/b] shows why · [b]h[/b] a hint"
    if verdict.state is State.WAITING:
        return "-unsure", f"[b]◌ Not decided:[/b] {reason}\nIt had no time to happen. [b]c[/b] checks again"
    return "-unsure", f"[b]? Unknown:[/b] {reason}\nThis says nothing about your fix. [b]c[/b] checks again"

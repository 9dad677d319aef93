"""The line above the footer: what is going on, or what came out. Solved cannot be missed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.markup import escape
from textual.widgets import Static

from lab.model.verdict import State
from lab.tui.arrangement import CHECKS

if TYPE_CHECKING:
    from textual.screen import Screen
    from textual.widget import Widget

    from lab.model.verdict import Verdict
    from lab.tui.view import AttemptView, Judging


class Banner(Static):
    """One to three lines; hidden while there is nothing to say. Its class (`-solved`, …) is its look."""

    LOOKS = ("-busy", "-solved", "-failed", "-unsure", "-lost", "-plain")

    def on_mount(self) -> None:
        """Nothing to say at first."""
        self._said = ("", "")
        self._told: tuple[AttemptView, str] | None = None
        self.display = False
        self.screen.bindings_updated_signal.subscribe(self, self._keys_changed)

    def _keys_changed(self, _screen: Screen[object]) -> None:
        """The keyboard went elsewhere: other keys may be worth naming."""
        if self._told is not None:
            self.say(*self._told)

    def say(self, view: AttemptView, busy: str) -> None:
        """Say what matters most: a lost cluster, work in progress (`busy`), the verdict, or nothing.

        Keys are named as they work where the keyboard is: in the editor letters are text, and Escape ends it.
        """
        self._told = (view, busy)
        look, text = said = _what(view, busy, _keyboard(self.screen.focused))
        if said == self._said:
            return
        self._said = said
        self.display = bool(text)
        for one in self.LOOKS:
            self.set_class(one == look, one)
        self.update(text)


@dataclass(frozen=True)
class _Keyboard:
    """Where the keyboard is."""

    typing: bool = False
    """Letters are text there."""
    judged: bool = False
    """The answers of the check are in view there."""


def _keyboard(focused: Widget | None) -> _Keyboard:
    if focused is None:
        return _Keyboard()
    judged = any(node.id == CHECKS for node in focused.ancestors_with_self)
    return _Keyboard(focused.check_consume_key("o", "o"), judged)


def _what(view: AttemptView, busy: str, keyboard: _Keyboard) -> tuple[str, str]:
    if busy:
        keys = "Esc leaves this, Esc again cancels" if keyboard.typing else "Esc cancels · o output"
        silent = view.live.lost if view.live is not None else ""
        why = f"\n[b]! {escape(silent[:1].upper() + silent[1:])}[/b]" if silent else ""
        return "-busy", f"◌ {escape(busy)}  [dim]{keys}[/dim]{why}"
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
        if keyboard.typing:
            return "-plain", head  # the file wants the lines, and a verdict from before the edits can wait
    if verdict is None:
        solved = "✓ You have solved this one.  [b]d[/b] debrief · [b]c[/b] checks it again"
        text = "\n".join(filter(None, (head, solved if view.solved_before else "")))
        return ("-plain" if text else ""), text
    if view.judging.is_older:
        return "-plain", head or _outdated(view.judging)
    look, text = _verdict(verdict, keyboard, drifted=bool(view.pending))
    return look, f"{head}\n{text}" if head else text


def _outdated(judging: Judging) -> str:
    """That the verdict speaks of an earlier state."""
    if not judging.moved:
        return "Something changed since the last verdict: [b]c[/b] checks again"
    was = "That was solved" if judging.solved else "The verdict is older"
    return f"[b]! {was}; then {escape(judging.moved)}.[/b] [b]c[/b] checks again"


def _verdict(verdict: Verdict, keyboard: _Keyboard, *, drifted: bool) -> tuple[str, str]:
    passed = sum(1 for finding in verdict.findings if finding.state is State.PASSED)
    if verdict.state is State.PASSED:
        return "-solved", (
            f"\n[b]✓ S O L V E D[/b]   "
            f"all {passed} passed in {verdict.cluster_seconds:.0f} s of cluster time\n"
            f"[b]{'F2' if keyboard.typing else 'd'}[/b] opens the debrief\n"
        )
    decisive = next((one for one in verdict.findings if one.state is verdict.state), None)
    reason = escape(f"{decisive.title}: {decisive.observed}") if decisive else ""
    if verdict.state is State.FAILED:
        total = sum(1 for one in verdict.findings if one.kind != "guard")
        head = f"[b]✗ Not yet[/b] ({passed} of {total} passed)"
        if keyboard.typing:
            # In the way of the file is one line at most.
            return "-failed", f"{head}  [dim]Esc, then 6 shows why[/dim]"
        # Such as: the files say something else than the cluster, so the fix may only want to be applied.
        said = () if drifted else verdict.notes[:1]
        notes = "".join(f"[b]! {escape(note)}[/b] (^S applies your files)\n" for note in said)
        why = "" if keyboard.judged else "[b]6[/b] shows why · "
        return "-failed", f"{notes}{head}  {reason}\n{why}[b]h[/b] a hint"
    if verdict.state is State.WAITING:
        return "-unsure", f"[b]◌ Not decided:[/b] {reason}\nIt had no time to happen. [b]c[/b] checks again"
    return "-unsure", f"[b]? Unknown:[/b] {reason}\nThis says nothing about your fix. [b]c[/b] checks again"

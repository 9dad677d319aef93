"""The line above the footer: what is going on, or what came out. Solved cannot be missed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from textual.markup import escape
from textual.widgets import Static

from lab.model.verdict import State
from lab.tui.arrangement import CHECKS, HIGH
from lab.tui.wording import shortened

if TYPE_CHECKING:
    from textual.screen import Screen

    from lab.model.verdict import Verdict
    from lab.tui.view import AttemptView, Judging


class Banner(Static):
    """One to three lines; hidden while there is nothing to say. Its class (`-solved`, …) is its look."""

    LOOKS = ("-busy", "-solved", "-failed", "-unsure", "-lost", "-plain")

    def on_mount(self) -> None:
        """Nothing to say at first."""
        self._said = ("", "")
        self._told: tuple[AttemptView, str] | None = None
        self._away: tuple[object, ...] = ()
        """What the news was about that was put away; empty: none was."""
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
        away = self._away and self._away == _subject(view) and not _is_pressing(view, busy)
        look, text = said = ("", "") if away else _what(view, busy, self._place())
        if said == self._said:
            return
        self._said = said
        self.display = bool(text)
        for one in self.LOOKS:
            self.set_class(one == look, one)
        self.update(text)

    def put_away(self) -> bool:
        """Say this no more, until there is other news; False where there is nothing to put away."""
        if self._told is None or not self.display or _is_pressing(*self._told):
            return False
        self._away = _subject(self._told[0])
        self.say(*self._told)
        return True

    def _place(self) -> _Place:
        focused, size = self.screen.focused, self.app.size
        # Padding, and a cell for what ends a line that is cut.
        place = _Place(room=size.width - 3, low=size.height < HIGH)
        if focused is None:
            return place
        judged = any(node.id == CHECKS for node in focused.ancestors_with_self)
        return replace(place, typing=focused.check_consume_key("o", "o"), judged=judged)


def _subject(view: AttemptView) -> tuple[object, ...]:
    """What the news is about: other news has another."""
    judging = view.judging
    return (judging.verdict, judging.stale, judging.moved, view.pending, view.solved_before)


def _is_pressing(view: AttemptView, busy: str) -> bool:
    """Whether it is about what is so now, and goes by itself."""
    return bool(busy or _lost(view))


def _lost(view: AttemptView) -> str:
    """That the cluster does not answer; empty: it does."""
    said = view.live.lost if view.live is not None else ""
    return f"[b]! {escape(said[:1].upper() + said[1:])}[/b]" if said else ""


@dataclass(frozen=True)
class _Place:
    """Where the keyboard is, and how much room there is."""

    typing: bool = False
    """Letters are text there."""
    judged: bool = False
    """The answers of the check are in view there."""
    hints: bool = True
    """Hints are offered."""
    room: int = 77
    """Cells of a line."""
    low: bool = True
    """Each line here is one less of what is worked on."""


def _what(view: AttemptView, busy: str, keyboard: _Place) -> tuple[str, str]:
    lost = _lost(view)
    if busy:
        keys = "Esc, Esc again cancels" if keyboard.typing else "Esc cancels · o output"
        said = escape(_fitting(busy, len(keys) + 4, keyboard))
        return "-busy", "\n".join(filter(None, (f"◌ {said}  {keys}", lost)))
    if lost:
        way_out = "What is shown may be out of date. [b]R[/b] brings the cluster up (podlab cluster up)"
        return "-lost", f"{lost}\n{way_out}"
    verdict = view.judging.verdict
    head = ""
    if view.pending:
        names = escape(", ".join(view.pending))
        head = f"[b]! {names}: edits that are not in the cluster.[/b] [b]^S[/b] applies them"
        if keyboard.typing and not (view.judging.solved and not view.judging.is_older):
            return "-plain", head  # the file wants the lines, and a verdict from before the edits can wait
    if verdict is None:
        solved = f"✓ You have solved this one.  [b]d[/b] debrief · [b]c[/b] checks it again{_CLOSES}"
        text = "\n".join(filter(None, (head, solved if view.solved_before else "")))
        return ("-plain" if text else ""), text
    if view.judging.is_older:
        return "-plain", head or _outdated(view.judging)
    place = replace(keyboard, hints=not view.solved_before)
    look, text = _verdict(verdict, place, drifted=bool(view.pending))
    return look, f"{head}\n{text}" if head else text


_CLOSES = " · [b]Esc[/b] closes this"


def _outdated(judging: Judging) -> str:
    """That the verdict speaks of an earlier state."""
    if not judging.moved:
        return "Something changed since the last verdict: [b]c[/b] checks again"
    was = "That was solved" if judging.solved else "The verdict is older"
    return f"[b]! {was}; then {escape(judging.moved)}.[/b] [b]c[/b] checks again"


def _verdict(verdict: Verdict, keyboard: _Place, *, drifted: bool) -> tuple[str, str]:
    if verdict.state is State.PASSED:
        return "-solved", _solved(verdict, keyboard)
    decisive = next((one for one in verdict.findings if one.state is verdict.state), None)
    reason = f"{decisive.title}: {decisive.observed}" if decisive else ""
    if decisive and keyboard.low:
        reason = decisive.why or decisive.observed  # there is a line for one of them
    if verdict.state is State.FAILED:
        return "-failed", _failed(verdict, reason, keyboard, drifted=drifted)
    closes = "" if keyboard.typing else _CLOSES
    if verdict.state is State.WAITING:
        said, then = "◌ Not decided:", "It had no time to happen."
    else:
        said, then = "? Unknown:", "This says nothing about your fix."
    reason = escape(_fitting(reason, len(said) + 1, keyboard))
    return "-unsure", f"[b]{said}[/b] {reason}\n{then} [b]c[/b] checks again{closes}"


def _solved(verdict: Verdict, keyboard: _Place) -> str:
    passed = sum(1 for finding in verdict.findings if finding.state is State.PASSED)
    if keyboard.typing:
        return f"[b]✓ S O L V E D[/b]   all {passed} passed   [b]F2[/b] opens the debrief"
    took = f"all {passed} passed in {verdict.cluster_seconds:.0f} s of cluster time"
    text = f"[b]✓ S O L V E D[/b]   {took}\n[b]d[/b] opens the debrief{_CLOSES}"
    return text if keyboard.low else f"\n{text}\n"


def _failed(verdict: Verdict, reason: str, keyboard: _Place, *, drifted: bool) -> str:
    asked = [finding for finding in verdict.findings if finding.kind != "guard"]
    passed = sum(1 for finding in asked if finding.state is State.PASSED)
    count = f"({passed} of {len(asked)} passed)"
    head = f"[b]✗ Not yet[/b] {count}"
    if keyboard.typing:
        # In the way of the file is one line at most.
        return f"{head}  Esc, then [b]6[/b] shows why"
    # Such as: the files say something else than the cluster, so the fix may only want to be applied.
    said = () if drifted else verdict.notes[:1]
    hint = " (^S applies your files)"
    notes = "".join(f"[b]! {escape(_fitting(note, len(hint) + 2, keyboard))}[/b]{hint}\n" for note in said)
    offered = " · [b]h[/b] a hint" if keyboard.hints else ""
    if keyboard.judged:
        return f"{notes}{head}  {(offered + _CLOSES).removeprefix(' · ')}"
    reason = escape(_fitting(reason, len(f"✗ Not yet {count}  "), keyboard))
    return f"{notes}{head}  {reason}\n[b]6[/b] shows why{offered}{_CLOSES}"


def _fitting(text: str, used: int, keyboard: _Place) -> str:
    """As much of it as has room on a line on which so many cells are used; all of it in a high window."""
    return shortened(text, keyboard.room - used) if keyboard.low else text

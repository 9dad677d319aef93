"""The line that says that the panels show an earlier moment: when that was, and the way back to now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.markup import escape
from textual.widgets import Static

from lab.tui.wording import clock_time, human_duration

if TYPE_CHECKING:
    from lab.tui.view import AttemptView, Back


class BackBar(Static):
    """One line; hidden while the panels show how things are now."""

    def on_mount(self) -> None:
        """Hidden at first."""
        self._back: Back | None = None
        self.display = False

    def show(self, view: AttemptView) -> None:
        """Say which moment is shown."""
        if view.back == self._back:
            return
        self._back = view.back
        self.display = view.back is not None
        if view.back is not None:
            self.update(sentence(view.back))


def sentence(back: Back) -> str:
    """`◀ AS IT WAS 3m12s ago  Esc now …`: where not all of it has room, the way back has."""
    ago = human_duration(back.now - back.moment)
    first = ", the earliest known" if back.moment <= back.earliest else ""
    return (
        f"[b]◀ AS IT WAS {ago} ago[/b]  [b]Esc[/b] back to now  [b]b[/b]/[b]f[/b] a change back/on"
        f"  cluster time {clock_time(back.moment)}{first}"
    ) + (f"\nchanged: {escape('; '.join(back.changed))}" if back.changed else "")

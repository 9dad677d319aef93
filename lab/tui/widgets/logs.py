"""The log of one container, of its current or its previous instance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from lab.tui.view import LogSource, LogText
from lab.tui.widgets.lines import Line, Lines, wrapped
from lab.tui.widgets.panel import Empty, Panel, empty_or

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from lab.attempt.views import PodRow
    from lab.tui.view import AttemptView


class LogLines(Lines):
    """The text of a log."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "p",
            "previous",
            "Previous",
            show=False,
            tooltip="Log of the instance before the last restart, and back",
        ),
        Binding("w", "container", "Next container", show=False, tooltip="Log of the pod's next container"),
    ]

    shown: LogText | None = None

    @dataclass
    class Wanted(Message):
        """Another log is wanted: the other instance, or the next container."""

        what: str

    def make_lines(self, width: int) -> Sequence[Line]:
        """The log's lines at this width."""
        if self.shown is None:
            return ()
        return [part for line in self.shown.lines for part in wrapped(line, width)]

    def action_previous(self) -> None:
        """Toggle between current and previous instance."""
        self.post_message(self.Wanted("previous"))

    def action_container(self) -> None:
        """Go on to the pod's next container."""
        self.post_message(self.Wanted("container"))


class LogsPanel(Panel):
    """Follows the log of the pod that the pods table's cursor is on."""

    NAME = "Logs"

    @dataclass
    class SourceChanged(Message):
        """This log is to be followed from now on."""

        source: LogSource

    def __init__(self, *, id: str) -> None:  # noqa: A002 (Textual's own name)
        super().__init__(id=id)
        self._log: LogText | None = None
        self._pod: PodRow | None = None
        self.source: LogSource | None = None

    def compose(self) -> ComposeResult:
        """The lines and their empty state."""
        yield LogLines()
        yield Empty("No log yet: there is no pod.", classes="-shown")

    def follow(self, pod: PodRow) -> None:
        """Follow this pod; the same pod again changes nothing."""
        known = self._pod
        self._pod = pod
        if known is not None and known.uid == pod.uid:
            return
        main = pod.containers[-1] if pod.containers else ""
        self._look_at(LogSource(pod.name, main))

    def show(self, view: AttemptView) -> None:
        """Draw the log, if it is the one that is followed."""
        if view.log is self._log or view.log is None or view.log.source != self.source:
            return
        self._log = view.log
        empty = view.log.problem or ("" if view.log.lines else "The container has not written anything.")
        self._say(empty)
        lines = self.query_one(LogLines)
        lines.shown = view.log
        lines.remake()

    def on_log_lines_wanted(self, event: LogLines.Wanted) -> None:
        """Switch the instance or the container."""
        event.stop()
        if self.source is None or self._pod is None:
            return
        if event.what == "previous":
            self._look_at(LogSource(self.source.pod, self.source.container, not self.source.previous))
        else:
            names = self._pod.containers
            at = names.index(self.source.container) if self.source.container in names else -1
            self._look_at(LogSource(self.source.pod, names[(at + 1) % len(names)]))

    def _look_at(self, source: LogSource) -> None:
        self.source = source
        self._log = None
        self._say(f"Reading the log of {source}…")
        several = self._pod is not None and len(self._pod.containers) > 1
        instance = "previous instance · p current" if source.previous else "current · p previous"
        self.border_subtitle = (
            f"{source.pod} · {source.container}{' · w next' if several else ''} · {instance}"
        )
        self.post_message(self.SourceChanged(source))

    def _say(self, sentence: str) -> None:
        # The lines stay displayed, so that p and w work where there is no log: they only become empty.
        lines, empty = self.query_one(LogLines), self.query_one(Empty)
        empty_or(self, lines, empty, "")
        empty.remove_class("-shown")
        empty.display = bool(sentence)
        empty.update(sentence)
        if sentence:
            lines.shown = None
            lines.remake()

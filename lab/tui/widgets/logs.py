"""The log of one container, of its current or its previous instance: followed, scrolled, searched."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input

from lab.tui.view import LogSource, LogText
from lab.tui.widgets.lines import Line, Lines, Span, wrapped
from lab.tui.widgets.panel import Panel
from lab.tui.wording import fine_clock_time

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.events import Key

    from lab.attempt.views import LiveView, PodRow
    from lab.tui.view import AttemptView


class LogLines(Lines):
    """The text of a log. Lines that were there before are not made anew when others come."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "previous", "Previous", show=False, tooltip="The log before the last restart, and back"),
        Binding("w", "container", "Next container", show=False, tooltip="Log of the pod's next container"),
        Binding("slash", "search", "Search", show=False, tooltip="Only lines with some text in them"),
        Binding("x", "context", "Context", show=False, tooltip="Of a search: all lines, or those found"),
        Binding("n", "next_match(1)", "Next match", show=False, tooltip="Of a search"),
        Binding("N", "next_match(-1)", "Match before", show=False, tooltip="Of a search"),
        Binding("T", "stamps", "Times", show=False, tooltip="When each line was written"),
    ]

    shown: LogText | None = None
    instead = "No log yet: there is no pod."
    """What is said where there are no lines; drawn as lines: it comes and goes without a new layout."""
    sought = ""
    only_found = True
    stamped = False
    found = 0
    """How many lines have what is searched for."""

    @dataclass
    class Wanted(Message):
        """Something that the panel does: `previous`, `container`, `search`."""

        what: str

    class Drawn(Message):
        """Other lines, or another search."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: deque[tuple[str, list[Line]]] = deque()
        self._made_as: tuple[object, ...] = ()
        self._made_first = 0

    def make_lines(self, width: int) -> Sequence[Line]:
        """The log's lines at this width, those of a search if there is one."""
        shown = self.shown
        if shown is None or self.instead:
            self._parts.clear()
            return [(Span(""),), *wrapped(self.instead, width - 1, look="quiet", indent=" ", words=True)]
        self._bring(shown, width)
        parts: list[Line] = [(Span(shown.missing, "quiet"),)] if shown.missing else []
        self.found = 0
        for text, lines in self._parts:
            matches = bool(self.sought) and self._has(text)
            self.found += matches
            if matches or not (self.sought and self.only_found):
                parts += lines
        self.post_message(self.Drawn())
        return parts

    def _bring(self, shown: LogText, width: int) -> None:
        """Bring the made lines in line with the text: drop what is gone, add what is new."""
        made_as = (shown.source, width, self.stamped)
        kept = shown.first - self._made_first
        overlap = len(self._parts) - kept
        same = (
            made_as == self._made_as
            and 0 <= kept < len(self._parts)
            and overlap <= len(shown.lines)
            and self._parts[kept][0] == shown.lines[0]
            and self._parts[-1][0] == shown.lines[overlap - 1]
        )
        if not same:
            self._parts.clear()
            overlap = 0
        else:
            for _ in range(kept):
                self._parts.popleft()
        self._made_as, self._made_first = made_as, shown.first
        for number in range(overlap, len(shown.lines)):
            text = shown.lines[number]
            stamp = f"{fine_clock_time(shown.times[number])} " if self.stamped and shown.times else ""
            self._parts.append((text, wrapped(stamp + text, width)))

    def _has(self, text: str) -> bool:
        return self._place(text) >= 0

    def _place(self, text: str) -> int:
        """Where a text has what is searched for; -1: nowhere."""
        return (text if self.sought != self.sought.lower() else text.lower()).find(self.sought)

    def spans(self, index: int) -> Line:
        """The line with what is searched for marked."""
        line = super().spans(index)
        if not self.sought or len(line) != 1:
            return line
        text = line[0].text
        at = self._place(text)
        if at < 0:
            return line
        end = at + len(self.sought)
        return (Span(text[:at]), Span(text[at:end], "match"), Span(text[end:]))

    def search(self, query: str) -> None:
        """Show the lines that have this in them; all when it is empty. Capitals count if it has any."""
        self.sought = query
        self.remake()

    def action_previous(self) -> None:
        """Toggle between current and previous instance."""
        self.post_message(self.Wanted("previous"))

    def action_container(self) -> None:
        """Go on to the pod's next container."""
        self.post_message(self.Wanted("container"))

    def action_search(self) -> None:
        """Ask for what is searched."""
        self.post_message(self.Wanted("search"))

    def action_context(self) -> None:
        """All lines with the found ones marked, or only those."""
        self.only_found = not self.only_found
        self.remake()

    def action_stamps(self) -> None:
        """Show when each line was written, or not."""
        self.stamped = not self.stamped
        self.remake()

    def action_next_match(self, by: int) -> None:
        """Scroll to the next line that has what is searched for."""
        here = self.scroll_offset.y
        numbers = range(here + 1, len(self._lines)) if by > 0 else range(here - 1, -1, -1)
        for number in numbers:
            if any(self._has(span.text) for span in self._lines[number]):
                self.scroll_to(y=number, animate=False)
                return

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        """Without a search there is nothing to go to: the keys are the screen's."""
        return bool(self.sought) if action in ("next_match", "context") else True


class SearchLine(Input):
    """What is searched for; Escape takes the search back."""

    class Ended(Message):
        """Enter or Escape: the log gets the keyboard back."""

    def on_key(self, event: Key) -> None:
        """Escape."""
        if event.key == "escape":
            event.stop()
            self.value = ""
            self.display = False
            self.post_message(self.Ended())


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
        self._live: LiveView | None = None
        self.source: LogSource | None = None
        self._said: str | None = None

    def compose(self) -> ComposeResult:
        """The lines, which say themselves why there are none."""
        yield LogLines()

    @property
    def lines(self) -> LogLines:
        """The lines."""
        return self.query_one(LogLines)

    def follow(self, pod: PodRow) -> None:
        """Follow this pod; the same pod again changes nothing."""
        known = self._pod
        self._pod = pod
        if known is not None and known.uid == pod.uid:
            return
        same = self.source.container if self.source is not None else ""
        main = pod.containers[-1] if pod.containers else ""
        self._look_at(LogSource(pod.name, same if same in pod.containers else main))

    def _go_on(self, live: LiveView | None) -> None:
        """Follow the pod that came for the one followed, once that is gone."""
        if live is None or live is self._live:
            return
        self._live = live
        pod = self._pod
        if pod is None or not live.pods or any(one.uid == pod.uid for one in live.pods):
            return
        self.follow(max(live.pods, key=lambda one: (_kinship(one, pod), -one.age)))

    def show(self, view: AttemptView) -> None:
        """Draw the log, if it is the one that is followed."""
        if view.back is None:
            self._go_on(view.live)
        if view.log is self._log or view.log is None or view.log.source != self.source:
            return
        self._log = view.log
        empty = view.log.problem or ("" if view.log.lines else "The container has not written anything.")
        self._say(empty)
        self.lines.shown = view.log
        self.lines.remake()

    @on(LogLines.Wanted)
    def _wanted(self, event: LogLines.Wanted) -> None:
        """Switch the instance or the container, or search."""
        event.stop()
        if event.what == "search":
            self._open_search()
        if self.source is None or self._pod is None:
            return
        if event.what == "previous":
            self._look_at(LogSource(self.source.pod, self.source.container, not self.source.previous))
        elif event.what == "container" and self._pod.containers:
            names = self._pod.containers
            at = names.index(self.source.container) if self.source.container in names else -1
            self._look_at(LogSource(self.source.pod, names[(at + 1) % len(names)]))

    def _open_search(self) -> None:
        found = self.query(SearchLine)
        if found:
            found.first().display = True
            found.first().focus()
            return
        line = SearchLine(placeholder="only lines with…  Enter keeps it, Esc ends it", compact=True)
        self.mount(line)
        line.focus()

    @on(Input.Changed)
    def _search_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.lines.search(event.value)

    @on(Input.Submitted)
    @on(SearchLine.Ended)
    def _search_ended(self, event: Message) -> None:
        event.stop()
        self.lines.focus()

    @on(LogLines.Drawn)
    def _drawn(self, event: LogLines.Drawn) -> None:
        event.stop()
        self._title()

    def _look_at(self, source: LogSource) -> None:
        self.source = source
        self._log = None
        self._say(f"Reading the log of {source}…")
        self._title()
        self.post_message(self.SourceChanged(source))

    def _title(self) -> None:
        source = self.source
        if source is None:
            return
        several = self._pod is not None and len(self._pod.containers) > 1
        instance = "previous instance · p current" if source.previous else "current · p previous"
        lines = self.lines
        search = f" · {lines.found} lines with {lines.sought}" if lines.sought else ""
        more = " · w next" if several else ""
        self.border_subtitle = f"{source.pod} · {source.container}{more} · {instance}{search}"

    def _say(self, sentence: str) -> None:
        # The lines stay displayed, so that p and w work where there is no log: they only become empty.
        if sentence == self._said:
            return
        self._said = sentence
        lines = self.lines
        lines.instead = sentence
        if sentence:
            lines.shown = None
            lines.remake()


def _kinship(one: PodRow, other: PodRow) -> int:
    """How much of their names two pods have in common, in parts: those of one workload begin alike."""
    pairs = zip(one.name.split("-"), other.name.split("-"), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))

"""What commands wrote, to be scrolled, searched and copied: bounded, and cheap however fast it comes.

Only lines that are new are broken to the width; what is beyond the bound goes at the front, and that it went
is said. While the end is in view it follows the end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from textual.binding import Binding, BindingType
from textual.message import Message

from lab.tui.widgets.lines import Line, Lines, Span, wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST = 5000
"""Lines that are kept."""
SLACK = 500
"""So many more are let gather before the first ones are thrown away together."""


@dataclass(frozen=True)
class Written:
    """One line, and how it looks."""

    text: str
    look: str = ""


class Output(Lines):
    """Lines of output."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"lines--found", "lines--here"}

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash,ctrl+f", "find", "Find", key_display="/", tooltip="A word in the output"),
        Binding("n", "next(1)", "Next", tooltip="The next match, downwards"),
        Binding("N", "next(-1)", "Previous", tooltip="The match before, upwards"),
        Binding("c", "copy", "Copy", tooltip="The text, or what the last command wrote, to the clipboard"),
        Binding("w", "wrap", "Wrap/Cut", tooltip="Break long lines, or cut them at the edge: for tables"),
        Binding("left", "aside(-8)", "Left", show=False, tooltip="What is cut on the left"),
        Binding("right", "aside(8)", "Right", show=False, tooltip="What is cut on the right"),
        Binding("escape,tab,colon,k,enter", "leave", "Back", tooltip="Back to where one was"),
    ]

    @dataclass
    class FindWanted(Message):
        """A word to look for is to be asked for."""

    @dataclass
    class Left(Message):
        """The keyboard goes back to the command line."""

    def __init__(self) -> None:
        super().__init__()
        self._written: list[Written] = []
        self._rows: list[Line] = []
        self._starts: list[int] = []
        """The first row of each line."""
        self._wraps = True
        self._aside = 0
        self._dropped = 0
        self._command = 0
        """The line the last command begins at."""
        self._pattern = ""
        self._match: int | None = None
        self._wanted: int | None = None
        """The line that is to be brought into view."""

    # --- what it shows --------------------------------------------------------------------------------------

    def command(self, line: str) -> None:
        """A command begins here."""
        self.add([Written(f"$ {line}", "strong")])
        self._command = len(self._written) - 1
        self._follow = True
        self.scroll_end(animate=False)

    def add(self, lines: Sequence[Written], dropped: int = 0) -> None:
        """More lines; `dropped` before them were too many to keep."""
        if dropped:
            lines = [Written(f"… {dropped} lines before this were too many to keep", "quiet"), *lines]
        self._written.extend(lines)
        if len(self._written) > MOST + SLACK:
            self._forget(len(self._written) - MOST)
        elif self._width:
            self._break(lines)
            self.lengthened()
        else:
            self.remake()  # it may have come into view without being told

    def replace(self, lines: Sequence[Written]) -> None:
        """Another text, from where the reader is."""
        at = self.scroll_offset.y
        self._written, self._match, self._follow = list(lines), None, False
        self.remake()
        self._follow = False
        self.scroll_to(y=at, animate=False)

    def clear(self) -> None:
        """Begin with nothing."""
        self._written.clear()
        self._command, self._match = 0, None
        self.remake()

    @property
    def last(self) -> tuple[str, ...]:
        """What the last command wrote."""
        return tuple(one.text for one in self._written[self._command + 1 :])

    @property
    def texts(self) -> tuple[str, ...]:
        """All lines."""
        return tuple(one.text for one in self._written)

    def _forget(self, count: int) -> None:
        del self._written[:count]
        self._command = max(self._command - count, 0)
        self._match = None if self._match is None or self._match < count else self._match - count
        self.remake()

    def make_lines(self, width: int) -> Sequence[Line]:
        """All lines at this width."""
        self._width = width
        self._rows, self._starts = [], []
        self._break(self._written)
        return self._rows

    def _break(self, lines: Sequence[Written]) -> None:
        for one in lines:
            self._starts.append(len(self._rows))
            self._rows.extend(self.rows_of(one))

    def rows_of(self, one: Written) -> list[Line]:
        """A line broken to the width, or cut at the edge."""
        if self._wraps or one.look:  # what has a look is the lab's own, and no table
            return wrapped(one.text, self._width, look=one.look, words=True)
        return [_cut(one, self._aside, self._width)]

    # --- finding --------------------------------------------------------------------------------------------

    def find(self, pattern: str, *, newest: bool = True) -> int:
        """Look for a text, upper or lower case; how many lines hold it.

        The last of them comes into view (`newest`), or the first one from the view's top on.
        """
        self._pattern = pattern.lower()
        self._match = None
        found = self._matches()
        if found:
            below = [line for line in found if self._starts[line] >= self.scroll_offset.y]
            self._go(found[-1] if newest else (below or found)[0])
        self.refresh()
        return len(found)

    @property
    def match(self) -> int | None:
        """The line that was found; None: nothing was looked for, or found."""
        return self._match

    def go_to(self, line: int) -> None:
        """Bring a line into the middle of the view."""
        self._wanted = line
        self._follow = False
        self._bring_wanted()

    def remake(self) -> None:
        """Make the lines anew, and bring the line that waits for it into view."""
        super().remake()
        self._bring_wanted()

    def _bring_wanted(self) -> None:
        # Before it is known how much room there is, no line has a place.
        if self._wanted is not None and self._wanted < len(self._starts):
            row, self._wanted = self._starts[self._wanted], None
            self.call_after_refresh(self.scroll_to, y=max(row - self.size.height // 2, 0), animate=False)

    def _matches(self) -> list[int]:
        if not self._pattern:
            return []
        return [number for number, one in enumerate(self._written) if self._pattern in one.text.lower()]

    def _go(self, line: int) -> None:
        self._match = line
        self._follow = False
        row = self._starts[line] if line < len(self._starts) else 0
        self.scroll_to(y=max(row - self.size.height // 2, 0), animate=False, force=True)
        self.refresh()

    def spans(self, index: int) -> Line:
        """The spans of a row, with what is looked for made visible."""
        row = self._lines[index]
        if not self._pattern:
            return row
        here = (
            self._match is not None
            and self._starts[self._match] <= index
            and (self._match + 1 >= len(self._starts) or index < self._starts[self._match + 1])
        )
        return tuple(
            part for span in row for part in _marked(span, self._pattern, "here" if here else "found")
        )

    # --- keys -----------------------------------------------------------------------------------------------

    def action_find(self) -> None:
        """Ask for a text to look for."""
        self.post_message(self.FindWanted())

    def action_next(self, by: int) -> None:
        """The next match up or down, and round again."""
        found = self._matches()
        if not found:
            self.tell("Nothing to find: / asks for a text." if not self._pattern else "Not in it.")
            return
        here = self._match if self._match is not None else len(self._written)
        beyond = [line for line in found if (line < here if by < 0 else line > here)]
        self._go((beyond or found)[-1 if by < 0 else 0])

    def tell(self, said: str) -> None:
        """Say something that cannot be seen."""
        self.notify(said)

    def action_copy(self) -> None:
        """Copy what the last command wrote."""
        lines = self.last
        self.app.copy_to_clipboard("\n".join(lines) + "\n")
        self.tell(f"Copied {len(lines)} lines, where the terminal has a clipboard.")

    def action_wrap(self) -> None:
        """Break long lines, or do not."""
        self._wraps, self._aside = not self._wraps, 0
        self.remake()

    def action_aside(self, by: int) -> None:
        """Move cut lines to the side."""
        if self._wraps:
            return
        longest = max((cell_len(one.text) for one in self._written), default=0)
        aside = min(max(self._aside + by, 0), max(longest - self._width, 0))
        if aside != self._aside:
            self._aside = aside
            self.remake()

    def action_leave(self) -> None:
        """Back to the command line."""
        self.post_message(self.Left())


def _cut(one: Written, aside: int, width: int) -> Line:
    """As much of a line as there is room for, with a sign where there is more of it."""
    shown = one.text[aside : aside + width]
    before = aside > 0 and one.text[:aside].strip() != ""
    beyond = len(one.text) > aside + width
    begun = (Span("…", "quiet"),) if before else ()
    ended = (Span("…", "quiet"),) if beyond else ()
    return (*begun, Span(shown[len(begun) : len(shown) - len(ended)], one.look), *ended)


def _marked(span: Span, pattern: str, look: str) -> list[Span]:
    text, lower, parts, at = span.text, span.text.lower(), [], 0
    while (found := lower.find(pattern, at)) >= 0:
        parts += [Span(text[at:found], span.look), Span(text[found : found + len(pattern)], look)]
        at = found + len(pattern)
    return [part for part in (*parts, Span(text[at:], span.look)) if part.text]

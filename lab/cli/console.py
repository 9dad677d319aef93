"""Stdout for data, stderr for narration, and what a long operation shows while it runs."""

from __future__ import annotations

import io
import itertools
import os
import shutil
import signal
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lab.attempt.cancel import Cancel
from lab.errors import LabError, NotAbleError, UsageError
from lab.report.style import Style

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import FrameType
    from typing import TextIO

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Signals that ask a command to come to its end."""
FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
PLAIN_FRAMES = "|/-\\"
WIDTH = 100
"""Columns that text is laid out in at most."""


@dataclass
class Console:
    """The terminal, or what stands in its place. `color` says whether colour is welcome at all."""

    color: bool = True
    plain: bool = False
    """Lines and nothing else: no colour, nothing redrawn, for screen readers."""
    words: Mapping[str, str] = field(default_factory=dict)
    """What commands are called here, where it is not the command line; see `lab.report.wording`."""
    asks: Callable[[str], str] | None = None
    """Asks and hears, where lines are read otherwise than from stdin; see `lab.cli.plain.voice`."""
    _spinner: _Spinner | None = field(default=None, init=False, repr=False)

    @property
    def style(self) -> Style:
        """How to emphasise on stdout."""
        terminal = sys.stdout.isatty()
        width = min(shutil.get_terminal_size().columns, WIDTH) if terminal else WIDTH
        return Style(self.color and terminal and not self.plain, width)

    @property
    def read_on_stdout(self) -> bool:
        """Whether whoever reads the narration reads the result, too: nothing needs to be told twice then."""
        return self.plain or (sys.stdout.isatty() and sys.stderr.isatty())

    @property
    def interactive(self) -> bool:
        """Whether somebody is there to answer a question."""
        return sys.stdin.isatty() and sys.stderr.isatty()

    def data(self, text: str) -> None:
        """Write a result to stdout; a reader that went away (`podlab list | head`) changes nothing.

        Raises:
            NotAbleError: it cannot be written, such as to a file on a full disk.
        """
        try:
            sys.stdout.write(text if text.endswith("\n") else f"{text}\n")
            sys.stdout.flush()
        except BrokenPipeError:
            _lead_nowhere(sys.stdout)
        except OSError as error:
            _lead_nowhere(sys.stdout)
            raise NotAbleError(
                f"the result cannot be written to stdout: {error.strerror}",
                remedy="make room where it goes, or write it somewhere else",
            ) from error

    def worded(self, text: str) -> str:
        """A text of the lab's own, with its commands called as they are here."""
        if not self.words:
            return text
        from lab.report.wording import worded

        return worded(text, self.words)

    def document(self, title: str, markdown: str) -> None:
        """Write Markdown to stdout: rendered for a terminal, in plain as it is read aloud, else as it is."""
        if self.plain:
            from lab.cli.plain import telling

            said = [title, *telling.prose(self.worded(markdown), title)]
            self.data(self._at_words("\n".join(said)))
            return
        if not sys.stdout.isatty():
            self.data(f"{title}\n\n{_without_heading(markdown, title).strip()}\n")
            return
        from rich.console import Console as Rendering
        from rich.markdown import Markdown
        from rich.text import Text
        from rich.theme import Theme

        width = min(shutil.get_terminal_size().columns, WIDTH)
        text = Markdown(_without_heading(markdown, title), hyperlinks=False)
        code = Theme({"markdown.code": "bold cyan"})  # rich's own has a black ground, also on white terminals
        page = Rendering(
            file=io.StringIO(), force_terminal=self.color, width=width, no_color=not self.color, theme=code
        )
        page.print(Text(title, style="bold"), "", text)
        self.data(page.file.getvalue())  # type: ignore[attr-defined]  # the file given above

    def narrate(self, line: str) -> None:
        """Write a line of narration to stderr, above the spinner if there is one."""
        line = self.worded(line)
        line = self._at_words(line) if self.plain or sys.stderr.isatty() else line
        spinner = self._spinner  # may be taken away meanwhile: narration comes from other threads, too
        if spinner is not None:
            spinner.above(line)
        else:
            _stderr(f"{line}\n")

    def error(self, what: str, where: str = "", remedy: str = "") -> None:
        """Say what went wrong, where, and what to do."""
        style = Style(self.color and sys.stderr.isatty() and not self.plain)
        what, remedy = self.worded(what), self.worded(remedy)
        parts = ((style.bold("error:"), what), ("  where:", where), ("  remedy:", remedy))
        self.narrate("\n".join(self._laid_out(label, text) for label, text in parts if text))

    def _at_words(self, text: str) -> str:
        """Lines that are wider than the terminal broken between words, as far in as they began."""
        from lab.report.text import wrapped

        width = shutil.get_terminal_size().columns
        lines = []
        for line in text.split("\n"):
            inset = line[: len(line) - len(line.lstrip())]
            whole = len(line) <= width or "\x1b" in line
            lines.append(line if whole else wrapped(line.strip(), width, inset, f"{inset}  "))
        return "\n".join(lines)

    def _laid_out(self, label: str, text: str) -> str:
        """For a terminal, broken at words (lines stay lines); a file, or a search in it, gets whole lines."""
        if not sys.stderr.isatty():
            return f"{label} {text}"
        from lab.report.text import wrapped

        width = shutil.get_terminal_size().columns
        first, *rest = text.splitlines() or [""]
        fits = len(label) + 1 + len(first.partition(" ")[0]) <= width  # else a path, on a line of its own
        head = (
            wrapped(first, width, f"{label} ", "    ")
            if fits
            else f"{label}\n{wrapped(first, width, '    ', '    ')}"
        )
        return "\n".join([head, *(wrapped(line, width, "    ", "    ") for line in rest)])

    def lab_error(self, error: LabError) -> None:
        """Say what an error of the lab's says; several at once one after the other."""
        for one in getattr(error, "problems", None) or [error]:
            self.error(one.what, str(one.where or ""), one.remedy)

    def confirm(self, question: str, *, yes: bool) -> bool:
        """Ask, unless `yes` was given.

        Raises:
            UsageError: there is nobody to ask.
        """
        if yes:
            return True
        if not self.interactive:
            raise UsageError(f"not asked: {question} (there is no terminal)", remedy="add --yes to say so")
        asked = self._at_words(f"{question} [y/N]")
        if self.asks is not None:
            return self.asks(asked).lower() in {"y", "yes"}
        _stderr(f"{asked} ")
        return sys.stdin.readline().strip().lower() in {"y", "yes"}

    def doing(self, what: str) -> None:
        """Say which part of a long operation is under way: in the spinner, where there is one, or nowhere."""
        if self._spinner is not None:
            self._spinner.part(what)

    @contextmanager
    def working(self, what: str) -> Iterator[Cancel]:
        """A long operation: shows that it goes on, and turns the first Ctrl-C into a wish to stop.

        A second Ctrl-C interrupts at once. SIGTERM and SIGHUP (a cancelled job, a closed terminal) are the
        same wish: what was injected is undone and what was made for the time being is removed. On a terminal
        a spinner with the seconds appears after one second; elsewhere the operation's narration has to do,
        with a sign of life every ten seconds.
        """
        cancel = Cancel()
        asked = False

        def interrupt(number: int, frame: FrameType | None) -> None:
            nonlocal asked
            if asked:
                signal.default_int_handler(number, frame)
            asked = True
            cancel.cancel()
            # Not through the spinner: this may have interrupted whoever holds its lock.
            os.write(2, b"\nstopping; Ctrl-C again to stop at once\n")

        main = threading.current_thread() is threading.main_thread()
        before = {number: signal.signal(number, interrupt) for number in _ENDING} if main else {}
        self._spinner = _Spinner(what, drawn=not self.plain)
        try:
            yield cancel
        finally:
            self._spinner.stop()
            self._spinner = None
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextmanager
    def ignoring_interrupts(self) -> Iterator[None]:
        """Leave Ctrl-C to the program in the foreground."""
        before = signal.signal(signal.SIGINT, lambda *_: None)  # a handler is not inherited; SIG_IGN is
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)


class _Spinner:
    """Shows after a second, on a thread of its own, that an operation goes on."""

    def __init__(self, what: str, *, drawn: bool = True) -> None:
        """`drawn`: on a terminal it may be drawn and taken away again; else it is told in lines."""
        self._what = what
        self._part = ""
        self._terminal = drawn and sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        self._frames = itertools.cycle(FRAMES if _unicode() else PLAIN_FRAMES)
        self._lock = threading.Lock()
        self._shown = False
        self._ended = threading.Event()
        self._started = self._spoke = time.monotonic()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def above(self, line: str) -> None:
        """Write a line that stays."""
        with self._lock:
            self._clear()
            _stderr(f"{line}\n")
            self._spoke = time.monotonic()

    def part(self, what: str) -> None:
        """Show what is under way from now on."""
        with self._lock:
            self._part = f": {what}"

    def stop(self) -> None:
        """Take the spinner away."""
        self._ended.set()
        self._thread.join()
        with self._lock:
            self._clear()

    def _run(self) -> None:
        delay = 1.0
        while not self._ended.wait(delay):
            delay = 0.1 if self._terminal else 1.0
            with self._lock:
                if self._terminal:
                    self._draw()
                elif time.monotonic() - self._spoke >= 10:
                    _stderr(f"{self._what}, {self._seconds()} s{self._part}\n")
                    self._spoke = time.monotonic()

    def _draw(self) -> None:
        width = shutil.get_terminal_size().columns
        line = f"{next(self._frames)} {self._what} ({self._seconds()} s){self._part}"[: width - 1]
        _stderr(f"\r\x1b[K{line}")
        self._shown = True

    def _clear(self) -> None:
        if self._shown:
            _stderr("\r\x1b[K")
            self._shown = False

    def _seconds(self) -> int:
        return int(time.monotonic() - self._started)


def _lead_nowhere(stream: TextIO) -> None:
    """From here on the stream leads nowhere, so that the interpreter's own last flush does not fail."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def open_missing_streams() -> None:
    """Give a process that was started without stdin, stdout or stderr (`podlab list >&-`) empty ones."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123 (for good)


def _without_heading(markdown: str, title: str) -> str:
    """The text without a first heading that only says the title again."""
    first, _, rest = markdown.strip().partition("\n")
    return rest if first.lstrip("# ").strip() == title else markdown


def _unicode() -> bool:
    return (getattr(sys.stderr, "encoding", "") or "").lower().replace("-", "") == "utf8"


def _stderr(text: str) -> None:
    """Narration is a courtesy: where it cannot be written (nobody reads, the disk is full) work goes on."""
    try:
        try:
            sys.stderr.write(text)
        except UnicodeEncodeError:
            sys.stderr.write(text.encode("ascii", "replace").decode("ascii"))
        sys.stderr.flush()
    except OSError:
        _lead_nowhere(sys.stderr)

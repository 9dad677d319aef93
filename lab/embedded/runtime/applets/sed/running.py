"""Running sed's commands on lines: pattern space, hold space, and what is printed after a line."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from lab.embedded.runtime.applets.inputs import Lines, adopt
from lab.embedded.runtime.applets.options import Failed
from lab.embedded.runtime.applets.sed.script import LAST, Command, Script
from lab.embedded.runtime.filesystem import FileError
from lab.embedded.runtime.regex.searching import Regex

if TYPE_CHECKING:
    from collections.abc import Generator

    from lab.embedded.runtime.process import Process
    from lab.embedded.runtime.streams import Stream
    from lab.embedded.runtime.tasks import Reason, Syscall

LONGEST = 4 * 1024 * 1024
"""Bytes of the pattern or hold space: `G;G;h` doubles it with every line."""
_COMMANDS_A_CHARGE = 4
_BYTES_A_CHARGE = 1024
_FULL = 4096
"""Bytes that may wait to be written."""


class Input:
    """The lines of several files as one; the next is read only when somebody asks whether there is one."""

    def __init__(self, process: Process, sources: list[Stream]) -> None:
        self._process = process
        self._sources = deque(sources)
        self._lines: Lines | None = None
        self._ahead: deque[bytes] = deque()
        self.number = 0

    def last(self) -> Generator[Syscall, Reason, bool]:
        """Whether no line comes any more."""
        while not self._ahead:
            if self._lines is None:
                if not self._sources:
                    return True
                self._lines = Lines(self._process, self._sources.popleft())
            line = yield from self._lines.next()
            if line is None:
                self._lines = None
            else:
                self._ahead.append(line)
        return False

    def next(self) -> Generator[Syscall, Reason, bytes | None]:
        """The next line with its line end, or None."""
        if (yield from self.last()):
            return None
        self.number += 1
        return self._ahead.popleft()


class Editor:
    """A script at work on one input."""

    def __init__(
        self, process: Process, script: Script, source: Input, target: Stream, *, quiet: bool
    ) -> None:
        self._process, self._source, self._quiet = process, source, quiet
        self._commands, self._searched = script.commands, script.previous
        self._labels = {each.text: at for at, each in enumerate(script.commands) if each.name == ":"}
        self._target = target
        self._files: dict[bytes, Stream] = {}
        self._space, self._hold = b"", b""
        self._end = b"\n"
        """The line end of the pattern space: empty for a last line without one."""
        self._after: list[bytes] = []
        self._replaced = False
        self._steps = 0
        self._out = bytearray()
        self._broken = False
        """Whether what was printed last had no line end."""

    def run(self) -> Generator[Syscall, Reason, None]:
        """All lines.

        Raises:
            Failed: out of memory, or a label that is not there.
        """
        again = False
        while True:
            if not again and not (yield from self._read()):
                break
            self._replaced = self._replaced and again
            verdict = yield from self._cycle()
            if verdict in ("end", "quit") and not self._quiet:
                self._print(self._space, self._end)
            yield from self._finish_line()
            if verdict in ("quit", "stop"):
                break
            again = verdict == "again"

    def _read(self) -> Generator[Syscall, Reason, bool]:
        line = yield from self._source.next()
        if line is None:
            return False
        self._space, self._end = line.removesuffix(b"\n"), line[-1:] if line.endswith(b"\n") else b""
        return True

    def _print(self, text: bytes, end: bytes = b"\n") -> None:
        if self._broken:
            self._out += b"\n"
        self._out += text + end
        self._broken = not end

    def _finish_line(self) -> Generator[Syscall, Reason, None]:
        for text in self._after:
            self._print(text.removesuffix(b"\n"), b"\n" if text.endswith(b"\n") else b"")
        self._after.clear()
        if self._out:
            yield from self._write_out()

    def _write_out(self) -> Generator[Syscall, Reason, None]:
        data = bytes(self._out)
        self._out.clear()
        yield from self._process.write_to(self._target, data)

    # -- one line -----------------------------------------------------------------------------------------

    def _cycle(self) -> Generator[Syscall, Reason, str]:  # noqa: C901, PLR0912 (one case for each command)
        """Run the commands; `end`, `delete`, `again` (without a new line), `quit` or `stop` (unprinted)."""
        at = 0
        while at < len(self._commands):
            command = self._commands[at]
            at += 1
            self._steps += 1
            if self._steps % _COMMANDS_A_CHARGE == 0:
                yield from self._process.compute(1, changed=bool(self._out))
                if len(self._out) > _FULL:
                    yield from self._write_out()
            chosen = (yield from self._matches(command)) != command.negate
            if not chosen:
                at = command.close if command.name == "{" else at
                continue
            match command.name:
                case "{" | ":" | "l":
                    continue
                case "b":
                    at = self._jump(command)
                case "t" | "T":
                    if self._replaced == (command.name == "t"):
                        at = self._jump(command)
                    self._replaced = False
                case "n" | "N":
                    verdict = yield from self._next(append=command.name == "N")
                    if verdict:
                        return verdict
                case "D" if b"\n" in self._space:
                    self._space = self._space.partition(b"\n")[2]
                    return "again"
                case "d" | "D":
                    return "delete"
                case "c":
                    if command.last is None or not command.within or command.negate:
                        self._print(command.text.removesuffix(b"\n"))
                    return "delete"
                case "q":
                    return "quit"
                case _:
                    self._edit(command)
        return "end"

    def _jump(self, command: Command) -> int:
        if not command.text:
            return len(self._commands)
        if command.text not in self._labels:
            name = command.text.decode("utf-8", "surrogateescape")
            raise Failed(f"can't find label for jump to '{name}'")
        return self._labels[command.text] + 1

    def _next(self, *, append: bool) -> Generator[Syscall, Reason, str]:
        """`n` and `N`: the next line, in the place of this one or behind it; at the end nothing more runs."""
        last = yield from self._source.last()
        if last:
            return "quit"
        if not append and not self._quiet:
            self._print(self._space, self._end)
        yield from self._finish_line()
        before = self._space
        yield from self._read()
        if append:
            self._space = before + b"\n" + self._space
            self._check(self._space)
            self._process.cpu.owe(len(self._space) // (8 * _BYTES_A_CHARGE))
        return ""

    @staticmethod
    def _check(space: bytes) -> None:
        if len(space) > LONGEST:
            raise Failed("out of memory")

    def _edit(self, command: Command) -> None:
        """The commands that neither jump nor end the line."""
        match command.name:
            case "s":
                self._substitute(command)
            case "p":
                self._print(self._space)
            case "P":
                self._print(self._space.partition(b"\n")[0])
            case "=":
                self._print(b"%d" % self._source.number)
            case "i":
                self._print(command.text.removesuffix(b"\n"))
            case "a":
                self._after.append(command.text)
            case "r":
                self._after.append(self._content(command.text))
            case "w":
                self._write(command.text)
            case "y":
                self._space = self._space.translate(command.text)
            case _:
                self._swap(command.name)

    def _swap(self, name: str) -> None:
        """Pattern and hold space."""
        space, hold = self._space, self._hold
        self._space = {"g": hold, "G": space + b"\n" + hold, "x": hold}.get(name, space)
        self._hold = {"h": space, "H": hold + b"\n" + space, "x": space}.get(name, hold)
        self._check(self._space)
        self._check(self._hold)
        self._process.cpu.owe((len(self._space) + len(self._hold)) // (8 * _BYTES_A_CHARGE))

    def _content(self, name: bytes) -> bytes:
        path = name.decode("utf-8", "surrogateescape")
        try:
            return self._process.open(path).try_read(LONGEST) or b""
        except FileError:
            return b""

    def open(self, name: bytes) -> None:
        """Make the file a `w` writes to, which is there even if nothing is written."""
        if name not in self._files:
            stream = self._process.open(name.decode("utf-8", "surrogateescape"), write=True)
            adopt(self._process, stream)
            self._files[name] = stream

    def _write(self, name: bytes) -> None:
        if name == b"/dev/stdout":
            self._print(self._space)
        else:
            self._files[name].try_write(self._space + b"\n")

    # -- addresses ----------------------------------------------------------------------------------------

    def _matches(self, command: Command) -> Generator[Syscall, Reason, bool]:
        """Whether the command's addresses take this line in (busybox's `process_files`)."""
        first, last = command.first, command.last
        if first is None or (first == 0 and last is None):
            return True
        number = self._source.number
        was_within = command.within
        if isinstance(first, Regex):
            begins = first.search(self._space) is not None
        elif first == LAST:
            begins = yield from self._source.last()
        elif first == 0:  # GNU's `0,/re/` is no range to busybox: it never begins
            begins = False
        else:
            begins = not command.spent and (first == number if last is None else first <= number)
            command.spent = command.spent or begins
        if not (begins or was_within):
            return False
        if last is None:
            return True
        if command.lines is not None and not was_within:
            command.last = last = number + command.lines
        if isinstance(last, Regex):
            ended = was_within and last.search(self._space) is not None
        elif last == LAST:
            ended = yield from self._source.last()
        else:
            ended = last <= number
        command.within = not ended
        return True

    def _substitute(self, command: Command) -> None:
        pattern = command.pattern or self._searched
        if pattern is None:
            raise Failed("no previous regexp")
        self._searched = pattern
        last = None if command.everywhere else command.which
        space, count = pattern.replaced(
            self._space, command.replacement, LONGEST, first=command.which, last=last
        )
        self._process.cpu.owe(count + len(self._space) // _BYTES_A_CHARGE)
        if count < command.which:
            return
        self._space = space
        self._replaced = True
        if command.printed:
            self._print(self._space)
        if command.text:
            self._write(command.text)

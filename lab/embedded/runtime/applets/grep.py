"""grep, egrep and fgrep."""

from __future__ import annotations

import re
from collections import deque
from typing import TYPE_CHECKING

from msgspec import Struct, field

from lab.embedded.runtime.applets.inputs import Lines, open_input, whole
from lab.embedded.runtime.applets.options import Applet, Failed, Options, Step, Usage, parse
from lab.embedded.runtime.applets.regexes import compile_regex
from lab.embedded.runtime.filesystem import Directory, FileError

if TYPE_CHECKING:
    from collections.abc import Generator

    from lab.embedded.runtime.process import Process
    from lab.embedded.runtime.streams import Stream
    from lab.embedded.runtime.tasks import Reason, Syscall

_LONG = {"quiet": "q", "color": "z", "colour": "z", "ignore-case": "i", "invert-match": "v", "count": "c",
         "line-number": "n", "recursive": "r", "after-context": "A", "before-context": "B",
         "context": "C"}  # fmt: skip


def _grep(process: Process, arguments: list[str]) -> Step:
    name = process.argv[0].rsplit("/", 1)[-1]
    options = parse(arguments, "HhnlLoqvsrRiwxFEzcm:A:B:C:e:f:", _LONG)
    operands = list(options.operands)
    wanted = yield from _wanted(process, options, operands)
    pattern = _pattern(wanted, options.flags, name)
    paths = _below(process, operands or ["."]) if {"r", "R"} & options.flags else operands or ["-"]
    named = (len(paths) > 1 or bool({"r", "R", "H"} & options.flags)) and "h" not in options
    found, status = False, 0
    for path in paths:
        try:
            stream = open_input(process, path)
        except FileError as error:
            if "s" not in options:
                yield from process.complain(f"grep: {path}: {error}")
            status = 2
            continue
        label = "(standard input)" if path == "-" else path
        hits = yield from _Search(process, pattern, options, label if named else "").run(stream)
        found = found or hits > 0
        if hits and "q" in options:
            return 0
        if "c" in options:
            yield from process.print((f"{label}:" if named else "") + str(hits))
        if ("l" in options and hits) or ("L" in options and not hits):
            yield from process.print(label)
    return status or int(not found)


def _wanted(process: Process, options: Options, operands: list[str]) -> Generator[Syscall, Reason, list[str]]:
    """The patterns: of `-e`, of `-f`, or the first operand, which is taken out."""
    wanted = list(options.every.get("e", []))
    for path in options.every.get("f", []):
        content = yield from whole(process, path)
        wanted.append(content.decode("utf-8", "surrogateescape").removesuffix("\n"))
    if not wanted:
        if not operands:
            raise Usage("")
        wanted.append(operands.pop(0))
    return "\n".join(wanted).split("\n")


def _below(process: Process, roots: list[str]) -> list[str]:
    files = process.kernel.files
    return [
        path
        for root in roots
        for path, node in files.walk(root, process.cwd)
        if not isinstance(node, Directory)
    ]


def _pattern(wanted: list[str], flags: set[str], name: str) -> re.Pattern[str]:
    extended = "E" in flags or name == "egrep"
    fixed = "F" in flags or name == "fgrep"
    parts = [re.escape(each) if fixed else compile_regex(each, extended=extended).pattern for each in wanted]
    text = "|".join(f"(?:{part})" for part in parts)
    if "w" in flags:
        text = rf"(?<!\w)(?:{text})(?!\w)"
    if "x" in flags:
        text = rf"^(?:{text})$"
    return re.compile(text, re.IGNORECASE if "i" in flags else 0)


def _amount(options: Options, letter: str) -> int:
    text = options.get(letter, options.get("C", "0") if letter in "AB" else "0")
    if not text.isdigit():
        raise Failed(f"invalid number '{text}'")
    return int(text)


class _Search(Struct):
    """The search through one file; lines around a hit are shown with `-` where a hit has `:`."""

    process: Process
    pattern: re.Pattern[str]
    options: Options
    label: str
    _before: deque[tuple[int, str]] = field(default_factory=deque)
    _shown: int = 0
    """The last line shown, to put `--` where lines are left out."""

    def run(self, stream: Stream) -> Generator[Syscall, Reason, int]:
        """Search; returns how many lines hit."""
        flags, limit = self.options.flags, _amount(self.options, "m")
        before, after = _amount(self.options, "B"), _amount(self.options, "A")
        lines, number, hits, left = Lines(self.process, stream), 0, 0, 0
        silent = bool({"q", "l", "L", "c"} & flags)
        while (raw := (yield from lines.next())) is not None:
            number += 1
            line = raw.removesuffix(b"\n").decode("utf-8", "surrogateescape")
            if (self.pattern.search(line) is None) != ("v" in flags):
                if left and not silent:
                    yield from self._show(number, line, "-")
                    left -= 1
                elif before:
                    self._before.append((number, line))
                    if len(self._before) > before:
                        self._before.popleft()
                continue
            hits += 1
            if {"q", "l", "L"} & flags:
                return hits
            if not silent:
                yield from self._hit(number, line, around=before + after > 0)
                left = after
            if limit and hits >= limit:
                break
        return hits

    def _hit(self, number: int, line: str, *, around: bool) -> Generator[Syscall, Reason, None]:
        first = self._before[0][0] if self._before else number
        if around and self._shown and first > self._shown + 1:
            yield from self.process.print("--")
        for each, text in self._before:
            yield from self._show(each, text, "-")
        self._before.clear()
        if "o" in self.options and "v" not in self.options:
            for match in self.pattern.finditer(line):
                if match.group():
                    yield from self._show(number, match.group(), ":")
            return
        yield from self._show(number, line, ":")

    def _show(self, number: int, line: str, mark: str) -> Generator[Syscall, Reason, None]:
        self._shown = number
        prefix = f"{self.label}{mark}" if self.label else ""
        if "n" in self.options:
            prefix += f"{number}{mark}"
        yield from self.process.print(prefix + line)


_USAGE = "grep [-HhnlLoqvsrRiwFE] [-m N] [-A|B|C N] { PATTERN | -e PATTERN... | -f FILE... } [FILE]..."
APPLETS = (
    Applet("grep", _USAGE, _grep, misuse=2),
    Applet("egrep", "egrep PATTERN [FILE]...", _grep, misuse=2),
    Applet("fgrep", "fgrep PATTERN [FILE]...", _grep, misuse=2),
)

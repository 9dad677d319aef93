"""grep, egrep and fgrep."""

from __future__ import annotations

import re
from collections import deque
from typing import TYPE_CHECKING

from msgspec import Struct, field

from lab.embedded.runtime.applets.inputs import Lines, open_input, whole
from lab.embedded.runtime.applets.options import Applet, Failed, Options, Step, Usage, parse
from lab.embedded.runtime.applets.regexes import byte_regex
from lab.embedded.runtime.filesystem import Directory, FileError
from lab.embedded.runtime.regex.syntax import WORD, BadRegex

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from lab.embedded.runtime.process import Process
    from lab.embedded.runtime.regex.searching import Match, Regex
    from lab.embedded.runtime.streams import Stream
    from lab.embedded.runtime.tasks import Reason, Syscall

_PATTERNS_A_CHARGE = 8
_MOST_PATTERNS = 2000


def _grep(process: Process, arguments: list[str]) -> Step:
    name = process.argv[0].rsplit("/", 1)[-1]
    plain = [each for each in arguments if not re.match(r"--colou?r(=|$)", each)]
    options = parse(plain, "HhnlLoqvsrRiwxFEcm:A:B:C:e:f:", {})
    operands = list(options.operands)
    wanted = yield from _wanted(process, options, operands)
    patterns = _Patterns(wanted, options.flags, name)
    recursive = bool({"r", "R"} & options.flags)
    paths = _below(process, operands or ["."]) if recursive else operands or ["-"]
    named = (len(paths) > 1 or recursive or "H" in options) and "h" not in options
    found, failed = False, False
    for path in paths:
        try:
            stream = open_input(process, path)
        except FileError as error:
            if "s" not in options and error.code != "EISDIR":
                yield from process.complain(f"grep: {path}: {error}")
            failed = failed or error.code != "EISDIR"
            continue
        label = "(standard input)" if path == "-" else path
        try:
            hits = yield from _Search(process, patterns, options, label if named else "").run(stream)
        except BadRegex as error:
            raise Failed(str(error), 2) from None
        found = found or (hits > 0) != ("L" in options)
        if hits and "q" in options:
            return 0
        if "c" in options:
            yield from process.print((f"{label}:" if named else "") + str(hits))
        if ("l" in options and hits) or ("L" in options and not hits):
            yield from process.print(label)
    return 2 if failed else int(not found)


def _wanted(process: Process, options: Options, operands: list[str]) -> Generator[Syscall, Reason, list[str]]:
    """The patterns: of `-e`, of `-f`, or the first operand, which is taken out."""
    wanted = list(options.every.get("e", []))
    for path in options.every.get("f", []):
        content = yield from whole(process, path)
        wanted += content.decode("utf-8", "surrogateescape").removesuffix("\n").split("\n") if content else []
    if not options.every.get("e") and not options.every.get("f"):
        if not operands:
            raise Usage("")
        wanted.append(operands.pop(0))
    return "\n".join(wanted).split("\n") if wanted else []


def _below(process: Process, roots: list[str]) -> list[str]:
    files = process.kernel.files
    found: list[str] = []
    for root in roots:
        try:
            found += [path for path, node in files.walk(root, process.cwd) if not isinstance(node, Directory)]
        except FileError:
            found.append(root)  # whose absence is told in its turn
    return found


class _Patterns:
    """What is looked for: a line hits when one of the patterns is in it, as a word or as the whole of it."""

    def __init__(self, wanted: list[str], flags: set[str], name: str) -> None:
        """Raises: Failed."""
        extended = "E" in flags or name == "egrep"
        fixed = "F" in flags or name == "fgrep"
        ignore_case = "i" in flags
        self._words, self._whole = "w" in flags, "x" in flags
        self._regexes: list[Regex] = []
        if len(wanted) > _MOST_PATTERNS:
            raise Failed(f"more than {_MOST_PATTERNS} patterns: not available in the simulation", 2)
        for each in wanted:
            source = re.sub(r"([\\.\[*^$])", r"\\\1", each) if fixed else each
            if self._whole:
                source = f"^({source})$" if extended and not fixed else f"^\\({source}\\)$"
            try:
                self._regexes.append(
                    byte_regex(source, extended=extended and not fixed, ignore_case=ignore_case)
                )
            except Failed as error:
                raise Failed(str(error).replace(f"'{source}'", f"'{each}'"), 2) from None
        self.cost = 1 + len(self._regexes) // _PATTERNS_A_CHARGE

    def search(self, line: bytes, start: int = 0) -> Match | None:
        """The match of the first pattern that has one at or after `start`."""
        for each in self._regexes:
            at = start
            while (match := each.search(line, at)) is not None:
                if not self._words or _is_word(line, match):
                    return match
                at = match.start + 1
                if at > len(line):
                    break
        return None

    def every(self, line: bytes) -> Iterator[Match]:
        """All matches in a line that are not empty."""
        at = 0
        while at <= len(line) and (match := self.search(line, at)) is not None:
            if match.end > match.start:
                yield match
            at = max(match.end, at + 1) if match.end == match.start else match.end


def _is_word(line: bytes, match: Match) -> bool:
    before, after = (
        line[match.start - 1 : match.start] if match.start else b"",
        line[match.end : match.end + 1],
    )
    return not (before and before[0] in WORD) and not (after and after[0] in WORD)


def _amount(options: Options, letter: str) -> int:
    text = options.get(letter, options.get("C", "0") if letter in "AB" else "0")
    if not text.isdigit():
        raise Failed(f"invalid number '{text}'")
    return int(text)


class _Search(Struct):
    """The search through one file; lines around a hit are shown with `-` where a hit has `:`."""

    process: Process
    patterns: _Patterns
    options: Options
    label: str
    _before: deque[tuple[int, bytes]] = field(default_factory=deque)
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
            line = raw.removesuffix(b"\n").partition(b"\0")[0]
            if number % 4 == 0 or self.patterns.cost > 1:
                yield from self.process.compute(self.patterns.cost, changed=True)
            if (self.patterns.search(line) is None) != ("v" in flags):
                if left and not silent:
                    yield from self._show(number, line, b"-")
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

    def _hit(self, number: int, line: bytes, *, around: bool) -> Generator[Syscall, Reason, None]:
        first = self._before[0][0] if self._before else number
        if around and self._shown and first > self._shown + 1:
            yield from self.process.print("--")
        for each, text in self._before:
            yield from self._show(each, text, b"-")
        self._before.clear()
        if "o" in self.options and "v" not in self.options:
            for match in self.patterns.every(line):
                yield from self._show(number, match.group(), b":")
            return
        yield from self._show(number, line, b":")

    def _show(self, number: int, line: bytes, mark: bytes) -> Generator[Syscall, Reason, None]:
        self._shown = number
        prefix = self.label.encode("utf-8", "surrogateescape") + mark if self.label else b""
        if "n" in self.options:
            prefix += b"%d%s" % (number, mark)
        yield from self.process.write(1, prefix + line + b"\n")


_USAGE = "grep [-HhnlLoqvsrRiwFE] [-m N] [-A|B|C N] { PATTERN | -e PATTERN... | -f FILE... } [FILE]..."
APPLETS = (
    Applet("grep", _USAGE, _grep, misuse=2),
    Applet("egrep", "egrep PATTERN [FILE]...", _grep, misuse=2),
    Applet("fgrep", "fgrep PATTERN [FILE]...", _grep, misuse=2),
)

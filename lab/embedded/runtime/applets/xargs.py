"""xargs: words of the input become arguments of commands, as they come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.embedded.runtime.applets.options import Applet, Failed, Options, Step, parse
from lab.embedded.runtime.filesystem import FileError

if TYPE_CHECKING:
    from collections.abc import Generator

    from lab.embedded.runtime.process import Process
    from lab.embedded.runtime.tasks import Reason, Syscall

_LONGEST = 128 * 1024
"""Characters of one command line (ARG_MAX less what the environment takes)."""
_ABORTED = 124
"""The first of the statuses that end everything: 124 to 127."""
_LONG = {"no-run-if-empty": "r", "null": "0", "arg-file": "a", "interactive": "p", "verbose": "t"}


_UNMATCHED = {"'": "unmatched single quote", '"': "unmatched double quote"}


class _Words:
    """Reads words from standard input: with quotes, by line, or between NUL bytes."""

    def __init__(self, process: Process, options: Options) -> None:
        self._process = process
        self._nul, self._lines = "0" in options, "I" in options
        self._stop = options.get("E") or None
        self._buffer, self._at, self._ended = "", 0, False

    def _char(self) -> Generator[Syscall, Reason, str]:
        if self._at >= len(self._buffer) and not self._ended:
            chunk = yield from self._process.read(0, 4096)
            self._process.cpu.owe(len(chunk) // 16)
            self._buffer, self._at, self._ended = chunk.decode("latin-1"), 0, not chunk
        if self._ended:
            return ""
        self._at += 1
        return self._buffer[self._at - 1]

    def next(self) -> Generator[Syscall, Reason, str | None]:
        """The next word, or None at the end.

        Raises:
            Failed: a quote that nothing closes, or a word that is too long.
        """
        word = yield from self._word()
        if word is None or word == self._stop:
            return None
        return word.encode("latin-1").decode("utf-8", "surrogateescape")

    def _word(self) -> Generator[Syscall, Reason, str | None]:
        out: list[str] = []
        begun, quote = False, ""
        while True:
            char = yield from self._char()
            if char == "" or (not quote and self._ends(char)):
                if quote:
                    raise Failed(_UNMATCHED[quote])
                if char == "" or begun:
                    return "".join(out) if begun else None
                continue
            if quote:
                if char == "\n":
                    raise Failed(_UNMATCHED[quote])
                quote, char = ("", "") if char == quote else (quote, char)
            elif not self._nul and char in "'\"":
                quote, char = char, ""
            elif not self._nul and char == "\\":
                char = yield from self._char()
            elif self._lines and not begun and char in " \t":
                continue
            begun = True
            out.append(char)
            if len(out) > _LONGEST:
                raise Failed("argument line too long")

    def _ends(self, char: str) -> bool:
        return char == "\0" if self._nul else char == "\n" or (char in " \t" and not self._lines)


def _xargs(process: Process, arguments: list[str]) -> Step:
    options = parse(arguments, "0rtpxoE:n:I:P:s:a:", _LONG, stop=True)
    words = _Words(process, options)
    argv = options.operands or ["echo"]
    size = 1 if "I" in options else _amount(options, "n", _LONGEST)
    longest = min(_LONGEST, _amount(options, "s", _LONGEST))
    status, ran = 0, False
    word = yield from words.next()
    while word is not None or not ran:
        if word is None and ("r" in options or "I" in options):
            break
        batch: list[str] = []
        length = sum(len(each) + 1 for each in argv)
        while word is not None and len(batch) < size and (not batch or length + len(word) < longest):
            batch.append(word)
            length += len(word) + 1
            word = yield from words.next()
        ran = True
        code = yield from _run(process, _command(argv, batch, options.get("I")), options)
        if code >= _ABORTED:
            return code
        status = 123 if code else status
    return status


def _amount(options: Options, letter: str, default: int) -> int:
    text = options.get(letter, str(default))
    if not text.isdigit() or int(text) < 1:
        raise Failed(f"invalid number '{text}'")
    return int(text)


def _command(argv: list[str], batch: list[str], mark: str) -> list[str]:
    if not mark:
        return [*argv, *batch]
    return [each.replace(mark, batch[0] if batch else "") for each in argv]


def _run(process: Process, command: list[str], options: Options) -> Step:
    """Run one command; 124 and more end everything."""
    if {"t", "p"} & options.flags:
        yield from process.complain(" ".join(command))
    try:
        child = process.spawn(command)
    except FileError as error:
        yield from process.complain(f"xargs: {command[0]}: {error}")
        return 127 if error.code == "ENOENT" else 126
    ended = yield from process.wait_child(child)
    if ended.signal is not None:
        yield from process.complain(f"xargs: {command[0]}: killed by signal {ended.signal}")
        return 125
    if ended.code == 255:
        yield from process.complain(f"xargs: {command[0]}: exited with status 255; aborting")
        return 124
    return int(ended.code != 0)


APPLETS = (Applet("xargs", "xargs [OPTIONS] [PROG ARGS]", _xargs),)

"""`test`, `[` and `[[`: conditions, as busybox evaluates them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.embedded.runtime.fifos import Fifo
from lab.embedded.runtime.filesystem import Device, Directory, File, Node, Symlink
from lab.embedded.runtime.mounting import may
from lab.embedded.runtime.shell import patterns

if TYPE_CHECKING:
    from lab.embedded.runtime.process import Process

_BINARY = frozenset(
    ["=", "==", "!=", "<", ">", "=~", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef"]
)
_UNARY = frozenset(f"-{letter}" for letter in "efdrwxsLhzntpSbcugkOG")


class BadCondition(Exception):  # noqa: N818 (what happened, not a mistake)
    """The condition is none; the text follows the command's name."""


def evaluate(process: Process, words: list[str], *, double: bool = False) -> bool:
    """Whether a condition holds.

    Raises:
        BadCondition: it cannot be evaluated (status 2).
    """
    if not words:
        return False
    return _Condition(process, words, double).value()


class _Condition:
    def __init__(self, process: Process, words: list[str], double: bool) -> None:
        self._process, self._words, self._double = process, words, double
        self._at = 0

    def value(self) -> bool:
        result = self._or()
        if self._at < len(self._words):
            raise BadCondition(f"{self._words[self._at]}: unknown operand")
        return result

    def _left(self) -> int:
        return len(self._words) - self._at

    def _or(self) -> bool:
        result = self._and()
        while self._left() and self._words[self._at] in ("-o", "||"):
            self._at += 1
            right = self._and()
            result = result or right
        return result

    def _and(self) -> bool:
        result = self._not()
        while self._left() and self._words[self._at] in ("-a", "&&"):
            self._at += 1
            right = self._not()
            result = result and right
        return result

    def _not(self) -> bool:
        if not self._left():
            raise BadCondition("argument expected")
        if self._words[self._at] == "!" and self._left() > 1 and not self._is_binary(self._at):
            self._at += 1
            return not self._not()
        return self._primary()

    def _is_binary(self, at: int) -> bool:
        return at + 2 < len(self._words) and self._words[at + 1] in _BINARY

    def _primary(self) -> bool:
        word = self._words[self._at]
        if self._is_binary(self._at):
            left, op, right = self._words[self._at : self._at + 3]
            self._at += 3
            return self._binary(left, op, right)
        if word == "(" and self._left() > 1:
            self._at += 1
            result = self._or()
            if not self._left() or self._words[self._at] != ")":
                raise BadCondition("closing paren expected")
            self._at += 1
            return result
        if word in _UNARY and self._left() > 1:
            self._at += 2
            return self._unary(word, self._words[self._at - 1])
        self._at += 1
        if self._left() and self._words[self._at] in _BINARY:
            operator = self._words[self._at]
            raise BadCondition(
                f"{operator}: argument expected" if self._left() == 1 else f"{word}: unknown operand"
            )
        return word != ""

    def _binary(self, left: str, op: str, right: str) -> bool:
        match op:
            case "=" | "==":
                return patterns.matches(right, left) if self._double else left == right
            case "!=":
                return not patterns.matches(right, left) if self._double else left != right
            case "<":
                return left < right
            case ">":
                return left > right
            case "=~":
                return _search(right, left)
            case "-nt" | "-ot" | "-ef":
                return self._files(left, op, right)
        first, second = _integer(left), _integer(right)
        return {
            "-eq": first == second, "-ne": first != second, "-lt": first < second,
            "-le": first <= second, "-gt": first > second, "-ge": first >= second,
        }[op]  # fmt: skip

    def _files(self, left: str, op: str, right: str) -> bool:
        files, cwd = self._process.kernel.files, self._process.cwd
        first, second = files.exists(left, cwd), files.exists(right, cwd)
        if op == "-ef":
            return first is not None and first is second
        if op == "-ot":
            first, second = second, first
        return first is not None and second is not None and first.mtime > second.mtime

    def _unary(self, op: str, text: str) -> bool:
        if op in ("-z", "-n"):
            return (text == "") == (op == "-z")
        if op == "-t":
            stream = self._process.fds.get(_integer(text))
            return stream is not None and stream.is_tty
        node = self._process.kernel.files.exists(text, self._process.cwd, follow=op not in ("-L", "-h"))
        if node is None:
            return False
        if op in _KINDS:
            return isinstance(node, _KINDS[op])
        if op in _ACCESS:
            return may(node, self._process.uid, _ACCESS[op])
        if op == "-s":
            return not isinstance(node, File) or len(node.data) > 0
        bits = node.mode & _BITS.get(op, 0)
        return bool(bits) or (op in ("-O", "-G") and node.uid == self._process.uid)


_KINDS: dict[str, type[Node]] = {
    "-e": Node, "-f": File, "-d": Directory, "-L": Symlink, "-h": Symlink, "-c": Device, "-p": Fifo,
}  # fmt: skip
_BITS = {"-u": 0o4000, "-g": 0o2000, "-k": 0o1000}
_ACCESS = {"-r": 4, "-w": 2, "-x": 1}


def _search(pattern: str, text: str) -> bool:
    from lab.embedded.runtime.applets.options import Failed  # noqa: PLC0415 (a cycle otherwise)
    from lab.embedded.runtime.applets.regexes import compile_regex  # noqa: PLC0415 (a cycle otherwise)

    try:
        return compile_regex(pattern, extended=True).search(text) is not None
    except Failed:
        return False


def _integer(text: str) -> int:
    try:
        return int(text.strip())
    except ValueError:
        raise BadCondition(f"{text}: bad number") from None

"""expr: arithmetic, comparisons and matching of words, as busybox' `expr.c` evaluates them."""

from __future__ import annotations

import operator
import re
from typing import TYPE_CHECKING

from lab.embedded.runtime.applets.options import Applet, Failed, Step
from lab.embedded.runtime.applets.regexes import compile_regex

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.embedded.runtime.process import Process

_COMPARE: dict[str, Callable[[int | str, int | str], bool]] = {
    "=": operator.eq,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_SUMS = {"+": operator.add, "-": operator.sub}
_PRODUCTS = ("*", "/", "%")


def _expr(process: Process, arguments: list[str]) -> Step:
    if not arguments:
        raise Failed("too few arguments", 2)
    value = _Reader(arguments).value()
    yield from process.print(value)
    return int(_null(value))


def _null(value: str) -> bool:
    return value in ("", "0")


class _Reader:
    """Reads words from left to right; every value is a string, counted with where it is a number."""

    def __init__(self, words: list[str]) -> None:
        self._words, self._at = words, 0

    def value(self) -> str:
        result = self._either()
        if self._at < len(self._words):
            raise Failed("syntax error", 2)
        return result

    def _next(self, *wanted: str) -> str | None:
        if self._at < len(self._words) and self._words[self._at] in wanted:
            self._at += 1
            return self._words[self._at - 1]
        return None

    def _either(self) -> str:
        left = self._both()
        while self._next("|"):
            right = self._both()
            left = right if _null(left) else left
        return left

    def _both(self) -> str:
        left = self._compared()
        while self._next("&"):
            right = self._compared()
            left = "0" if _null(left) or _null(right) else left
        return left

    def _compared(self) -> str:
        left = self._sum()
        while op := self._next(*_COMPARE):
            right = self._sum()
            numbers = _is_number(left) and _is_number(right)
            pair: tuple[int | str, int | str] = (int(left), int(right)) if numbers else (left, right)
            left = str(int(_COMPARE[op](*pair)))
        return left

    def _sum(self) -> str:
        left = self._product()
        while op := self._next(*_SUMS):
            left = str(_SUMS[op](_number(left), _number(self._product())))
        return left

    def _product(self) -> str:
        left = self._matched()
        while op := self._next(*_PRODUCTS):
            first, second = _number(left), _number(self._matched())
            if op == "*":
                left = str(first * second)
                continue
            if second == 0:
                raise Failed("division by zero", 2)
            quotient = abs(first) // abs(second) * (1 if (first < 0) == (second < 0) else -1)
            left = str(quotient if op == "/" else first - second * quotient)
        return left

    def _matched(self) -> str:
        left = self._word()
        while self._next(":"):
            left = _match(left, self._word())
        return left

    def _word(self) -> str:
        if self._at >= len(self._words):
            raise Failed("syntax error", 2)
        word = self._words[self._at]
        self._at += 1
        match word:
            case "(":
                inner = self._either()
                if not self._next(")"):
                    raise Failed("syntax error", 2)
                return inner
            case "length":
                return str(len(self._word()))
            case "match":
                return _match(self._word(), self._word())
            case "index":
                text, chars = self._word(), self._word()
                return str(next((at for at, char in enumerate(text, 1) if char in chars), 0))
            case "substr":
                text, start, length = self._word(), self._word(), self._word()
                if not (_is_number(start) and _is_number(length)) or int(start) < 1 or int(length) < 1:
                    return ""
                return text[int(start) - 1 : int(start) - 1 + int(length)]
            case _:
                return word


def _match(text: str, pattern: str) -> str:
    compiled = compile_regex(pattern if pattern.startswith("^") else f"^{pattern}", extended=False)
    found = compiled.search(text)
    if compiled.groups:
        return found.group(1).decode("utf-8", "surrogateescape") if found else ""
    return str(len(found.group().decode("utf-8", "surrogateescape")) if found else 0)


def _is_number(text: str) -> bool:
    return re.fullmatch(r"-?\d+", text) is not None


def _number(text: str) -> int:
    if not _is_number(text):
        raise Failed("non-numeric argument", 2)
    return int(text)


APPLETS = (Applet("expr", "expr EXPRESSION", _expr),)

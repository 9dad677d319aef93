"""`$((…))`: 64-bit integers with C's operators, as ash's `math.c` counts."""

from __future__ import annotations

import operator
import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_TOKEN = re.compile(
    r"\s*(?:(0[xX][0-9a-fA-F]+|\d+#[0-9a-zA-Z]+|\d+)|([A-Za-z_]\w*)|"
    r"(<<=|>>=|\*\*|\+\+|--|&&|\|\||<<|>>|<=|>=|==|!=|\+=|-=|\*=|/=|%=|&=|\^=|\|=|[-+*/%<>=!~&^|?:(),]))"
)
_LEVELS = (("||",), ("&&",), ("|",), ("^",), ("&",), ("==", "!="), ("<", ">", "<=", ">="), ("<<", ">>"),
           ("+", "-"), ("*", "/", "%"))  # fmt: skip
_LEVEL = {op: level for level, ops in enumerate(_LEVELS) for op in ops}
_ASSIGN = ("=", "+=", "-=", "*=", "/=", "%=", "<<=", ">>=", "&=", "^=", "|=")
SYNTAX = "arithmetic syntax error"
_TOO_LARGE = 1 << 64
_DIGITS = 100
"""Digits a number may have before it is too large anyway."""


class ArithmeticFailed(Exception):  # noqa: N818 (what happened, not a mistake)
    """The expression is no expression, or divides by zero; `str()` is ash's text."""


class Arithmetic:
    """Evaluates one expression; variables by `get` (text or None) and `put`."""

    def __init__(
        self, text: str, get: Callable[[str], str | None], put: Callable[[str, str], None], depth: int = 0
    ) -> None:
        self._get, self._put = get, put
        self._depth = depth
        self._tokens = _tokens(text)
        self._at = 0
        self._skip = 0

    def value(self) -> int:
        """The expression's value.

        Raises:
            ArithmeticFailed: see there.
        """
        if not self._tokens:
            return 0
        result = self._comma()
        if self._at < len(self._tokens):
            raise ArithmeticFailed(SYNTAX)
        return result

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self) -> str:
        token = self._peek()
        self._at += 1
        return token

    def _comma(self) -> int:
        result = self._assign()
        while self._peek() == ",":
            self._take()
            result = self._assign()
        return result

    def _assign(self) -> int:
        name = self._peek()
        following = self._tokens[self._at + 1] if self._at + 1 < len(self._tokens) else ""
        if _is_name(name) and following in _ASSIGN:
            self._at += 2
            right = self._assign()
            result = right if following == "=" else self._apply(following[:-1], self._variable(name), right)
            self._store(name, result)
            return result
        return self._ternary()

    def _ternary(self) -> int:
        condition = self._binary(0)
        if self._peek() != "?":
            return condition
        self._take()
        self._skip += not condition
        yes = self._assign()
        self._skip -= not condition
        if self._take() != ":":
            raise ArithmeticFailed("malformed ?: operator")
        self._skip += bool(condition)
        no = self._assign()
        self._skip -= bool(condition)
        return yes if condition else no

    def _binary(self, lowest: int) -> int:
        """Precedence climbing: operators that bind at least as tightly as `lowest`."""
        left = self._power()
        while (level := _LEVEL.get(self._peek(), -1)) >= lowest:
            op = self._take()
            decided = (op == "&&" and not left) or (op == "||" and bool(left))
            self._skip += decided
            right = self._binary(level + 1)
            self._skip -= decided
            left = self._apply(op, left, right)
        return left

    def _power(self) -> int:
        base = self._unary()
        if self._peek() == "**":
            self._take()
            exponent = self._power()
            if exponent < 0:
                raise ArithmeticFailed("exponent less than 0")
            return _wrap(pow(base, exponent, 1 << 64))
        return base

    def _unary(self) -> int:
        token = self._take()
        match token:
            case "-":
                return _wrap(-self._unary())
            case "+":
                return self._unary()
            case "!":
                return int(not self._unary())
            case "~":
                return _wrap(~self._unary())
            case "(":
                result = self._comma()
                if self._take() != ")":
                    raise ArithmeticFailed(SYNTAX)
                return result
            case "++" | "--":
                name = self._take()
                if not _is_name(name):
                    raise ArithmeticFailed(SYNTAX)
                result = self._variable(name) + (1 if token == "++" else -1)  # noqa: S105 (a token of a grammar)
                self._store(name, result)
                return result
        if _is_name(token):
            value = self._variable(token)
            if self._peek() in ("++", "--"):
                self._store(token, value + (1 if self._take() == "++" else -1))
            return value
        return _number(token)

    def _apply(self, op: str, left: int, right: int) -> int:
        simple = _OPERATIONS.get(op)
        if simple is not None:
            return _wrap(simple(left, right))
        if right == 0:
            if self._skip:
                return 0
            raise ArithmeticFailed("divide by zero")
        quotient = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
        return _wrap(quotient) if op == "/" else left - right * quotient

    def _variable(self, name: str) -> int:
        text = self._get(name)
        if not text:
            return 0
        if len(text) < _DIGITS and re.fullmatch(r"\s*-?[1-9]\d*\s*", text):
            return _wrap(int(text))
        if self._depth > 10:
            raise ArithmeticFailed("expression recursion loop detected")
        return Arithmetic(text, self._get, self._put, self._depth + 1).value()

    def _store(self, name: str, value: int) -> None:
        if not self._skip:
            self._put(name, str(_wrap(value)))


@lru_cache(maxsize=1024)
def _tokens(text: str) -> tuple[str, ...]:
    tokens: list[str] = []
    at = 0
    text = text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise ArithmeticFailed(SYNTAX)
        tokens.append(match.group().strip())
        at = match.end()
    return tuple(tokens)


def _is_name(token: str) -> bool:
    return bool(token) and (token[0].isalpha() or token[0] == "_")


def _number(token: str) -> int:
    try:
        if "#" in token:
            base, digits = token.split("#")
            return _wrap(int(digits, int(base)))
        octal = token[:1] == "0" and token.isdigit() and len(token) > 1
        value = int(token, 8) if octal else int(token, 0) if len(token) < _DIGITS else _TOO_LARGE
        return _wrap(value) if value < _TOO_LARGE else 0  # as strtoull's ERANGE counts there
    except ValueError:
        raise ArithmeticFailed(SYNTAX) from None


def _wrap(value: int) -> int:
    return (int(value) + (1 << 63)) % (1 << 64) - (1 << 63)


_OPERATIONS: dict[str, Callable[[int, int], int]] = {
    "||": lambda left, right: bool(left or right),
    "&&": lambda left, right: bool(left and right),
    "|": operator.or_,
    "^": operator.xor,
    "&": operator.and_,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
    "<<": lambda left, right: left << (right & 63),
    ">>": lambda left, right: left >> (right & 63),
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
}
"""All but division, whose sign and zero need thought."""

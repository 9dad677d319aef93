"""Reading awk's expressions, by precedence. A base of the parser."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from lab.embedded.runtime.applets.awk.lexer import Token, tokens
from lab.embedded.runtime.applets.awk.syntax import (
    Assign,
    Binary,
    Bump,
    Call,
    Choice,
    Const,
    Element,
    Expr,
    Field,
    Getline,
    Grouped,
    Logic,
    Name,
    Pattern,
    Target,
    Unary,
    Within,
)
from lab.embedded.runtime.applets.awk.values import number
from lab.embedded.runtime.applets.options import Failed

if TYPE_CHECKING:
    from collections.abc import Iterator

_ASSIGN = ("=", "+=", "-=", "*=", "/=", "%=", "^=", "**=")
_COMPARE = ("<", "<=", "==", "!=", ">", ">=")
_BEGINS = frozenset(["number", "string", "name", "call", "own", "pattern"])
DEEPEST = 60
"""Parentheses and blocks within one another."""


class ExpressionReader:
    """Tokens, and expressions made of them."""

    def __init__(self, text: str) -> None:
        self._tokens = tokens(text)
        self.position = 0
        self.printing = False
        """Inside `print`, where `>` is a file."""
        self.parameters: tuple[str, ...] = ()
        self.called: list[str] = []
        self._depth = 0

    # -- tokens -------------------------------------------------------------------------------------------

    def _peek(self) -> Token:
        return self._tokens[self.position]

    def _next(self) -> Token:
        token = self._tokens[self.position]
        if token.kind != "end":
            self.position += 1
        return token

    def _at(self, *texts: str) -> bool:
        token = self._tokens[self.position]
        return token.kind in ("op", "keyword") and token.text in texts

    def _take(self, *texts: str) -> str:
        return self._next().text if self._at(*texts) else ""

    def _expect(self, text: str) -> None:
        if not self._take(text):
            raise self._failed()

    def _newlines(self) -> None:
        while self._take("\n"):
            pass

    def _ended(self) -> bool:
        return self._peek().kind == "end"

    def _failed(self, message: str | None = None) -> Failed:
        return Failed(f"cmd. line:{self._peek().line}: {message or 'Unexpected token'}")

    @contextmanager
    def _deeper(self) -> Iterator[None]:
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._failed("nested too deeply")
        try:
            yield
        finally:
            self._depth -= 1

    # -- from the weakest operator on ---------------------------------------------------------------------

    def listed(self) -> tuple[Expr, ...]:
        """Expressions between commas."""
        found = [self.expression()]
        while self._take(","):
            self._newlines()
            found.append(self.expression())
        return tuple(found)

    def expression(self) -> Expr:
        """Any expression."""
        with self._deeper():
            left = self._ternary()
            if self._at(*_ASSIGN):
                if not isinstance(left, Name | Field | Element):
                    raise self._failed()
                op = self._next().text[:-1].replace("**", "^")
                self._newlines()
                return Assign(op, left, self.expression())
            return left

    def destination(self) -> Expr:
        """The name of a file or command after `print`."""
        return self._ternary()

    def _ternary(self) -> Expr:
        condition = self._or()
        if not self._take("?"):
            return condition
        self._newlines()
        yes = self.expression()
        self._newlines()
        self._expect(":")
        self._newlines()
        return Choice(condition, yes, self.expression())

    def _or(self) -> Expr:
        left = self._and()
        while self._take("||"):
            self._newlines()
            left = Logic("||", left, self._and())
        return left

    def _and(self) -> Expr:
        left = self._in()
        while self._take("&&"):
            self._newlines()
            left = Logic("&&", left, self._in())
        return left

    def _in(self) -> Expr:
        left = self._matching()
        while self._take("in"):
            token = self._next()
            if token.kind not in ("name", "call"):
                raise self._failed()
            keys = left.items if isinstance(left, Grouped) else (left,)
            left = Within(keys, self._name(token.text))
        return left

    def _matching(self) -> Expr:
        left = self._comparison()
        while op := self._take("~", "!~"):
            left = Binary(op, left, self._comparison())
        return left

    def _comparison(self) -> Expr:
        left = self.concatenation()
        while self._at(*_COMPARE) and not (self.printing and self._at(">")):
            left = Binary(self._next().text, left, self.concatenation())
        return self._piped(left)

    def _piped(self, left: Expr) -> Expr:
        while self._at("|") and self._tokens[self.position + 1].text == "getline":
            self.position += 2
            left = Getline("|", self._optional_target(), left)
        return left

    def concatenation(self) -> Expr:
        """Things side by side."""
        left = self._sum()
        while self._begins_operand():
            left = Binary(" ", left, self._sum())
        return self._piped(left)

    def _begins_operand(self) -> bool:
        token = self._peek()
        return token.kind in _BEGINS or (token.kind == "op" and token.text in ("$", "(", "!", "++", "--"))

    def _sum(self) -> Expr:
        left = self._product()
        while op := self._take("+", "-"):
            left = Binary(op, left, self._product())
        return left

    def _product(self) -> Expr:
        left = self._sign()
        while op := self._take("*", "/", "%"):
            left = Binary(op, left, self._sign())
        return left

    def _sign(self) -> Expr:
        if op := self._take("!", "-", "+"):
            with self._deeper():
                return Unary(op, self._sign())
        return self._power()

    def _power(self) -> Expr:
        base = self._bumped()
        while self._take("^", "**"):  # from the left, as busybox reads it
            sign = self._take("-", "+", "!")
            exponent = self._bumped()
            base = Binary("^", base, Unary(sign, exponent) if sign else exponent)
        return base

    def _bumped(self) -> Expr:
        if op := self._take("++", "--"):
            target = self.primary()
            if not isinstance(target, Name | Field | Element):
                raise self._failed()
            return Bump(target, 1 if op == "++" else -1, before=True)
        found = self.primary()
        if isinstance(found, Name | Field | Element) and (op := self._take("++", "--")):
            return Bump(found, 1 if op == "++" else -1, before=False)
        return found

    # -- primaries ----------------------------------------------------------------------------------------

    def primary(self) -> Expr:  # noqa: PLR0911 (one case for each kind of token)
        """A constant, a variable, a call, or something in parentheses."""
        token = self._next()
        match token.kind:
            case "number":
                return Const(number(token.text))
            case "string":
                return Const(token.text)
            case "pattern":
                return Pattern(token.text)
            case "own":
                return self._own(token.text)
            case "call":
                self._next()
                self.called.append(token.text)
                return Call(token.text, self._arguments(), own=False)
            case "name":
                name = self._name(token.text)
                if self._take("["):
                    keys = self.listed()
                    self._expect("]")
                    return Element(name, keys)
                return name
        if token.text == "$":
            with self._deeper():
                return Field(self._bumped() if self._at("++", "--") else self._signed_primary())
        if token.text == "getline":
            target = self._optional_target()
            if self._take("<"):
                return Getline("<", target, self._bumped())
            return Getline("", target, None)
        if token.text == "(":
            return self._parenthesised()
        self.position -= token.kind != "end"
        raise self._failed()

    def _signed_primary(self) -> Expr:
        op = self._take("-", "+", "!")
        return Unary(op, self.primary()) if op else self.primary()

    def _name(self, text: str) -> Name:
        return Name(text, self.parameters.index(text) if text in self.parameters else -1)

    def _parenthesised(self) -> Expr:
        printing, self.printing = self.printing, False
        self._newlines()
        items = self.listed()
        self._newlines()
        self._expect(")")
        self.printing = printing
        return items[0] if len(items) == 1 else Grouped(items)

    def _arguments(self) -> tuple[Expr, ...]:
        printing, self.printing = self.printing, False
        self._newlines()
        found: tuple[Expr, ...] = () if self._at(")") else self.listed()
        self._newlines()
        self._expect(")")
        self.printing = printing
        return found

    def _own(self, name: str) -> Expr:
        if self._take("("):
            return Call(name, self._arguments(), own=True)
        if name != "length":
            raise self._failed("Too few arguments")
        return Call(name, (), own=True)

    def _optional_target(self) -> Target | None:
        token = self._peek()
        if token.kind == "name" or (token.kind == "op" and token.text == "$"):
            found = self.primary()
            if isinstance(found, Name | Field | Element):
                return found
        return None

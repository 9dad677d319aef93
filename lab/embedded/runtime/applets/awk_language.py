"""The language of `awk` as far as it is played: reading a program into rules, and running them on records.

Invariant: a program is read whole before a record is, so what is refused has printed nothing.
"""

from __future__ import annotations

import operator
import re
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from lab.embedded.runtime.applets.options import Failed
from lab.embedded.runtime.applets.regexes import compile_regex
from lab.embedded.runtime.shell.printing import unescape

if TYPE_CHECKING:
    from collections.abc import Callable

Value: TypeAlias = str | float
Expression: TypeAlias = "Callable[[Machine], Value]"
Statement: TypeAlias = "Callable[[Machine], str]"
"""Gives what it prints."""

_TOKEN = re.compile(
    r'[ \t]*(?:(?P<string>"(?:[^"\\]|\\.)*")|(?P<number>\d+(?:\.\d*)?|\.\d+)|(?P<name>[A-Za-z_]\w*)'
    r"|(?P<op>&&|\|\||==|!=|<=|>=|!~|\+\+|--|\+=|-=|\*=|/=|[-+*/%<>=~!$(){},;\n]))"
)
_REGEX = re.compile(r"[ \t]*/((?:[^/\\\n]|\\.)*)/")
_COMPARE: dict[str, Callable[[Value, Value], bool]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt,
    ">=": operator.ge,
}  # fmt: skip
_ASSIGN = ("=", "+=", "-=", "*=", "/=")
_REFUSED = frozenset(
    [
        "if",
        "else",
        "while",
        "for",
        "do",
        "function",
        "printf",
        "getline",
        "next",
        "exit",
        "delete",
        "in",
        "break",
        "continue",
        "return",
        "length",
        "substr",
        "split",
        "sub",
        "gsub",
        "match",
        "index",
        "sprintf",
        "toupper",
        "tolower",
        "system",
        "int",
    ]
)


class Rule(Struct, frozen=True):
    """What to do when; `when` is `BEGIN`, `END` or empty: for records that satisfy the pattern."""

    when: str
    pattern: Expression | None
    statements: tuple[Statement, ...]


class Machine:
    """Fields of the current record, and variables."""

    def __init__(self, separator: str) -> None:
        self.variables: dict[str, Value] = {"FS": separator, "OFS": " ", "ORS": "\n", "NR": 0.0, "NF": 0.0}
        self._fields: list[str] = [""]

    def take(self, record: str) -> None:
        """The next record."""
        separator = shown(self.variables["FS"])
        if separator == " ":
            parts = record.split()
        elif not record:
            parts = []
        elif len(separator) == 1:
            parts = record.split(separator)
        else:
            parts = re.split(compile_regex(separator, extended=True).pattern, record)
        self._fields = [record, *parts]
        self.variables["NF"] = float(len(parts))
        self.variables["NR"] = number(self.variables["NR"]) + 1

    def field(self, at: float) -> str:
        """`$N`; empty beyond the last."""
        if at < 0:
            raise Failed("access to negative field")
        return self._fields[int(at)] if int(at) < len(self._fields) else ""

    def run(self, rules: tuple[Rule, ...], when: str) -> bytes:
        """Run the rules of this time; what they print."""
        out = [
            statement(self)
            for rule in rules
            if rule.when == when and (rule.pattern is None or truth(rule.pattern(self)))
            for statement in rule.statements
        ]
        return "".join(out).encode("utf-8", "surrogateescape")


def shown(value: Value) -> str:
    """A value as text: whole numbers without a point."""
    if isinstance(value, str):
        return value
    return str(int(value)) if value == int(value) else f"{value:.6g}"


def number(value: Value) -> float:
    """A value as a number: what it begins with, else 0."""
    if isinstance(value, float):
        return value
    match = re.match(r"\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?", value)
    return float(match.group()) if match else 0.0


def truth(value: Value) -> bool:
    """Whether a value counts as true."""
    return value != 0 if isinstance(value, float) else value != ""


def _numeric(value: Value) -> bool:
    return isinstance(value, float) or re.fullmatch(r"\s*[-+]?(?:\d+\.?\d*|\.\d+)\s*", value) is not None


def parse_program(text: str) -> tuple[Rule, ...]:
    """Read a program.

    Raises:
        Failed: it is none, or uses what the simulation does not play.
    """
    return _Reader(text).program()


class _Reader:
    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0
        self._printing = False
        """Inside `print`, where `>` means a file (which is refused)."""

    # -- tokens ---------------------------------------------------------------------------------------------

    def _peek(self) -> str:
        self._skip_comment()
        match = _TOKEN.match(self._text, self._at)
        return match.group().strip(" \t") if match else ""

    def _take(self, *wanted: str) -> str:
        """The next token if it is one of `wanted`, else empty."""
        token = self._peek()
        if token not in wanted or not token:
            return ""
        match = _TOKEN.match(self._text, self._at)
        self._at = match.end() if match else self._at
        return token

    def _skip_comment(self) -> None:
        match = re.compile(r"[ \t]*#[^\n]*").match(self._text, self._at)
        if match:
            self._at = match.end()

    def _gap(self) -> None:
        while self._take("\n", ";"):
            pass

    def _ended(self) -> bool:
        return not self._text[self._at :].strip()

    def _unexpected(self) -> Failed:
        rest = self._text[self._at :].strip().split("\n")[0][:20] or "end of program"
        return Failed(f"cmd. line:1: not available in the simulation, or a syntax error: {rest}")

    def _expect(self, token: str) -> None:
        if not self._take(token):
            raise self._unexpected()

    # -- rules and statements -------------------------------------------------------------------------------

    def program(self) -> tuple[Rule, ...]:
        rules: list[Rule] = []
        self._gap()
        while not self._ended():
            rules.append(self._rule())
            self._gap()
        return tuple(rules)

    def _rule(self) -> Rule:
        when = self._take("BEGIN", "END")
        pattern = None if when or self._peek() == "{" else self._either()
        if self._take("{"):
            return Rule(when, pattern, self._block())
        if when:
            raise self._unexpected()
        return Rule("", pattern, (_print_record,))

    def _block(self) -> tuple[Statement, ...]:
        statements: list[Statement] = []
        self._gap()
        while not self._take("}"):
            if self._ended():
                raise self._unexpected()
            statements.append(self._statement())
            if self._peek() != "}" and not self._take(";", "\n"):
                raise self._unexpected()
            self._gap()
        return tuple(statements)

    def _statement(self) -> Statement:
        if self._take("print"):
            return self._print()
        name = self._name()
        if self._take("++"):
            return _assign(name, lambda machine: number(machine.variables.get(name, "")) + 1)
        if self._take("--"):
            return _assign(name, lambda machine: number(machine.variables.get(name, "")) - 1)
        op = self._take(*_ASSIGN)
        if not op:
            raise self._unexpected()
        value = self._either()
        if op == "=":
            return _assign(name, value)
        return _assign(name, _calculated(op[0], lambda machine: machine.variables.get(name, ""), value))

    def _print(self) -> Statement:
        if self._peek() in ("", "}", ";", "\n"):
            return _print_record
        self._printing = True
        values = [self._either()]
        while self._take(","):
            values.append(self._either())
        self._printing = False

        def run(machine: Machine) -> str:
            texts = [shown(value(machine)) for value in values]
            return shown(machine.variables["OFS"]).join(texts) + shown(machine.variables["ORS"])

        return run

    def _name(self) -> str:
        name = self._peek()
        if not re.fullmatch(r"[A-Za-z_]\w*", name) or name in _REFUSED:
            raise self._unexpected()
        self._take(name)
        return name

    # -- expressions ----------------------------------------------------------------------------------------

    def _either(self) -> Expression:
        left = self._both()
        while self._take("||"):
            left = _truths(left, self._both(), any)
        return left

    def _both(self) -> Expression:
        left = self._compared()
        while self._take("&&"):
            left = _truths(left, self._compared(), all)
        return left

    def _compared(self) -> Expression:
        left = self._joined()
        if op := self._take("~", "!~"):
            return _matched(left, self._joined(), wanted=op == "~")
        if op := self._take(*(each for each in _COMPARE if each != ">" or not self._printing)):
            return _compared(op, left, self._joined())
        return left

    def _joined(self) -> Expression:
        parts = [self._sum()]
        while re.match(r'["$(\w.]', self._peek()) and self._peek() not in _REFUSED:
            parts.append(self._sum())
        if len(parts) == 1:
            return parts[0]
        return lambda machine: "".join(shown(part(machine)) for part in parts)

    def _sum(self) -> Expression:
        left = self._product()
        while op := self._take("+", "-"):
            left = _calculated(op, left, self._product())
        return left

    def _product(self) -> Expression:
        left = self._unary()
        while op := self._take("*", "/", "%"):
            left = _calculated(op, left, self._unary())
        return left

    def _unary(self) -> Expression:
        if self._take("!"):
            inner = self._unary()
            return lambda machine: float(not truth(inner(machine)))
        if self._take("-"):
            inner = self._unary()
            return lambda machine: -number(inner(machine))
        return self._primary()

    def _primary(self) -> Expression:
        if regex := _REGEX.match(self._text, self._at):
            self._at = regex.end()
            pattern = compile_regex(regex.group(1).replace("\\/", "/"), extended=True)
            return lambda machine: float(pattern.search(machine.field(0)) is not None)
        token = self._peek()
        if self._take("$"):
            at = self._primary()
            return lambda machine: machine.field(number(at(machine)))
        if self._take("("):
            printing, self._printing = self._printing, False
            inner = self._either()
            self._printing = printing
            self._expect(")")
            return inner
        if token[:1] == '"':
            self._take(token)
            text = unescape(token[1:-1].replace('\\"', '"'), octal_zero=False)[0]
            return lambda _: text
        if token[:1].isdigit() or token[:1] == ".":
            self._take(token)
            constant = float(token)
            return lambda _: constant
        name = self._name()
        return lambda machine: machine.variables.get(name, "")


def _print_record(machine: Machine) -> str:
    return machine.field(0) + shown(machine.variables["ORS"])


def _assign(name: str, value: Expression) -> Statement:
    def run(machine: Machine) -> str:
        machine.variables[name] = value(machine)
        return ""

    return run


def _truths(left: Expression, right: Expression, how: Callable[[list[bool]], bool]) -> Expression:
    return lambda machine: float(how([truth(left(machine)), truth(right(machine))]))


def _compared(op: str, left: Expression, right: Expression) -> Expression:
    def value(machine: Machine) -> float:
        first, second = left(machine), right(machine)
        if _numeric(first) and _numeric(second):
            return float(_COMPARE[op](number(first), number(second)))
        return float(_COMPARE[op](shown(first), shown(second)))

    return value


def _matched(left: Expression, right: Expression, *, wanted: bool) -> Expression:
    def value(machine: Machine) -> float:
        pattern = compile_regex(shown(right(machine)), extended=True)
        return float((pattern.search(shown(left(machine))) is not None) == wanted)

    return value


def _calculated(op: str, left: Expression, right: Expression) -> Expression:
    simple = {"+": operator.add, "-": operator.sub, "*": operator.mul}.get(op)

    def value(machine: Machine) -> float:
        first, second = number(left(machine)), number(right(machine))
        if simple is not None:
            return float(simple(first, second))
        if second == 0:
            raise Failed("Division by zero")
        return first / second if op == "/" else float(first - second * int(first / second))

    return value

"""Turning awk's expressions into functions that evaluate them.

What can wait (a call of a program's function, `getline`, `system`) becomes a generator of steps, and so does
everything around it; the rest, which is nearly everything, stays a plain function.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from lab.embedded.runtime.applets.awk.records import latin_regex
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
from lab.embedded.runtime.applets.awk.values import Array, Value, compared, number, text, truth
from lab.embedded.runtime.applets.options import Failed

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from lab.embedded.runtime.applets.awk.machine import Machine
    from lab.embedded.runtime.tasks import Reason, Syscall

_COPIED = 8192
"""Characters that cost as much to copy as one command."""


class Code(Struct, frozen=True):
    """A compiled expression: `run()` gives its value, or steps towards it if it `waits`."""

    waits: bool
    run: Callable[[], Any]


def value_of(code: Code) -> Generator[Syscall, Reason, Any]:
    """The value, whichever kind it is."""
    return (yield from code.run()) if code.waits else code.run()


def joined(parts: list[Code], apply: Callable[..., Any]) -> Code:
    """What comes of several values."""
    if not any(part.waits for part in parts):
        runs = [part.run for part in parts]
        if len(runs) == 1:
            (only,) = runs
            return Code(False, lambda: apply(only()))
        if len(runs) == 2:
            first, second = runs
            return Code(False, lambda: apply(first(), second()))
        return Code(False, lambda: apply(*[run() for run in runs]))

    def steps() -> Generator[Syscall, Reason, Any]:
        values = []
        for part in parts:
            values.append((yield from value_of(part)))  # noqa: PERF401 (no comprehension can yield)
        return apply(*values)

    return Code(True, steps)


class ExpressionCompiler:
    """Compiles expressions for one machine."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def compile_call(self, node: Call) -> Code:
        """A call (the part that knows functions)."""
        raise NotImplementedError

    def compile_getline(self, node: Getline) -> Code:
        """A `getline` (the same)."""
        raise NotImplementedError

    def value(self, node: Expr) -> Code:  # noqa: C901, PLR0911 (one case for each kind of node)
        """An expression's code."""
        machine = self.machine
        match node:
            case Const():
                constant = node.value
                return Code(False, lambda: constant)
            case Pattern():
                return self.matched(Field(Const(0.0)), node, wanted=True)
            case Name() | Field() | Element():
                return self._read(node)
            case Assign():
                return self._assign(node)
            case Bump():
                return self._bump(node)
            case Binary() if node.op in ("~", "!~"):
                return self.matched(node.left, node.right, wanted=node.op == "~")
            case Binary():
                return joined([self.value(node.left), self.value(node.right)], self._operation(node.op))
            case Logic():
                return self._logic(node)
            case Unary():
                return joined([self.value(node.value)], _UNARY[node.op])
            case Choice():
                return self._choice(node)
            case Within():
                array = self.array(node.array)
                return joined(self._keys(node.keys), lambda *keys: float(self._key(keys) in array()))
            case Call():
                return self.compile_call(node)
            case Getline():
                return self.compile_getline(node)
            case Grouped():
                subsep = self._key
                return joined([self.value(each) for each in node.items], lambda *values: subsep(values))
        raise Failed(f"cmd. line:1: {type(machine).__name__}")

    # -- variables, fields, elements ----------------------------------------------------------------------

    def array(self, name: Name) -> Callable[[], Array]:
        """Where an array is found when it is needed."""
        machine = self.machine
        if name.slot < 0:
            return lambda: machine.array(name.name)

        def local() -> Array:
            frame = machine.frames[-1]
            found = frame[name.slot]
            if found is None:
                frame[name.slot] = Array()
                found = frame[name.slot]  # which may be the caller's
            if not isinstance(found, Array):
                raise Failed("Not an array")
            return found

        return local

    def _keys(self, keys: tuple[Expr, ...]) -> list[Code]:
        return [self.value(each) for each in keys]

    def _key(self, values: tuple[Value, ...]) -> str:
        template = text(self.machine.get("CONVFMT"))
        if len(values) == 1:
            return str(text(values[0], template))
        return text(self.machine.get("SUBSEP")).join(text(each, template) for each in values)

    def _read(self, node: Target) -> Code:
        machine = self.machine
        match node:
            case Name() if node.slot >= 0:
                slot = node.slot

                def local() -> Value:
                    found = machine.frames[-1][slot]
                    if isinstance(found, Array):
                        raise Failed("Not a scalar")
                    return found

                return Code(False, local)
            case Name():
                name = node.name
                if name == "NF":
                    return Code(False, machine.record.count)
                return Code(False, lambda: machine.get(name))
            case Field():
                return joined([self.value(node.number)], lambda index: machine.record.get(number(index)))
            case Element():
                array = self.array(node.array)

                def element(*keys: Value) -> Value:
                    found, key = array(), self._key(keys)
                    if key not in found:
                        found[key] = None
                        machine.grown()
                    return found[key]

                return joined(self._keys(node.keys), element)

    def write(self, node: Target) -> tuple[list[Code], Callable[..., None]]:
        """What a target needs to be found (keys, an index), and how it is set with them and a value."""
        machine = self.machine
        match node:
            case Name() if node.slot >= 0:

                def local(value: Value) -> None:
                    machine.frames[-1][node.slot] = value

                return [], local
            case Name():
                return [], lambda value: machine.put(node.name, value)
            case Field():
                return [self.value(node.number)], lambda index, value: machine.record.put(
                    number(index), value
                )
            case Element():
                array = self.array(node.array)

                def element(*values: Value) -> None:
                    found, key = array(), self._key(values[:-1])
                    if key not in found:
                        machine.grown()
                    found[key] = values[-1]

                return self._keys(node.keys), element

    def _assign(self, node: Assign) -> Code:
        places, put = self.write(node.target)
        parts = [*places, self.value(node.value)]
        if not node.op:

            def plain(*values: Value) -> Value:
                put(*values)
                return values[-1]

            return joined(parts, plain)
        operation = self._operation(node.op)
        parts.append(self._read(node.target))

        def changed(*values: Value) -> Value:
            result = operation(values[-1], values[-2])
            put(*values[:-2], result)
            return result  # type: ignore[no-any-return]

        return joined(parts, changed)

    def _bump(self, node: Bump) -> Code:
        places, put = self.write(node.target)

        def bumped(*values: Value) -> float:
            old = number(values[-1])
            put(*values[:-1], old + node.step)
            return old + node.step if node.before else old

        return joined([*places, self._read(node.target)], bumped)

    # -- operators ----------------------------------------------------------------------------------------

    def _operation(self, op: str) -> Callable[[Any, Any], Any]:
        if op == " ":
            machine = self.machine

            def concatenated(left: Value, right: Value) -> str:
                template = text(machine.get("CONVFMT"))
                whole = text(left, template) + text(right, template)
                if len(whole) > _COPIED:
                    machine.process.cpu.owe(len(whole) // _COPIED)
                return machine.bounded(whole)

            return concatenated
        return _BINARY[op]

    def _logic(self, node: Logic) -> Code:
        left, right, both = self.value(node.left), self.value(node.right), node.op == "&&"
        if not left.waits and not right.waits:
            first, second = left.run, right.run
            if both:
                return Code(False, lambda: float(truth(first()) and truth(second())))
            return Code(False, lambda: float(truth(first()) or truth(second())))

        def steps() -> Generator[Syscall, Reason, float]:
            decided = truth((yield from value_of(left)))
            return float(decided if decided != both else truth((yield from value_of(right))))

        return Code(True, steps)

    def _choice(self, node: Choice) -> Code:
        condition, yes, no = self.value(node.condition), self.value(node.yes), self.value(node.no)
        if not (condition.waits or yes.waits or no.waits):
            return Code(False, lambda: yes.run() if truth(condition.run()) else no.run())

        def steps() -> Generator[Syscall, Reason, Value]:
            decided = truth((yield from value_of(condition)))
            return (yield from value_of(yes if decided else no))  # type: ignore[no-any-return]

        return Code(True, steps)

    def matched(self, subject: Expr, pattern: Expr, *, wanted: bool) -> Code:
        """Whether a value matches an expression."""
        template = self.machine.get("CONVFMT")
        if isinstance(pattern, Pattern):
            latin_regex(pattern.source)  # a bad one is told before anything runs
        source = self.pattern(pattern)

        def found(value: Value, expression: str) -> float:
            regex = latin_regex(expression, ignore_case=truth(self.machine.get("IGNORECASE")))
            code = text(value, text(template)).encode("latin-1", "replace")
            return float((regex.search(code) is not None) == wanted)

        return joined([self.value(subject), source], found)

    def pattern(self, node: Expr) -> Code:
        """The source of an expression: of `/…/` what it says, of anything else its value."""
        if isinstance(node, Pattern):
            source = node.source
            return Code(False, lambda: source)
        return joined([self.value(node)], text)


def _power(left: Value, right: Value) -> float:
    try:
        result = math.pow(number(left), number(right))
    except OverflowError:
        return math.inf
    except ValueError:
        return math.nan
    return result


def _divide(left: Value, right: Value) -> float:
    divisor = number(right)
    if divisor == 0:
        raise Failed("Division by zero")
    return number(left) / divisor


def _modulo(left: Value, right: Value) -> float:
    divisor = number(right)
    if divisor == 0:
        raise Failed("Division by zero")
    dividend = number(left)
    return math.fmod(dividend, divisor) if math.isfinite(dividend) else math.nan


_BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda left, right: number(left) + number(right),
    "-": lambda left, right: number(left) - number(right),
    "*": lambda left, right: number(left) * number(right),
    "/": _divide, "%": _modulo, "^": _power,
    "<": lambda left, right: float(compared(left, right) < 0),
    "<=": lambda left, right: float(compared(left, right) <= 0),
    "==": lambda left, right: float(compared(left, right) == 0),
    "!=": lambda left, right: float(compared(left, right) != 0),
    ">": lambda left, right: float(compared(left, right) > 0),
    ">=": lambda left, right: float(compared(left, right) >= 0),
}  # fmt: skip
_UNARY: dict[str, Callable[[Any], Any]] = {
    "-": lambda value: -number(value), "+": number, "!": lambda value: float(not truth(value)),
}  # fmt: skip

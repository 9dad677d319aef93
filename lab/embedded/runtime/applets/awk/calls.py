"""Compiling calls: awk's own functions, the program's, and `getline`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.runtime.applets.awk.compiling import Code, ExpressionCompiler, joined, value_of
from lab.embedded.runtime.applets.awk.functions import Library
from lab.embedded.runtime.applets.awk.syntax import (
    Call,
    Const,
    Element,
    Expr,
    Field,
    Getline,
    Name,
    Pattern,
    Target,
)
from lab.embedded.runtime.applets.awk.values import Array, Given, Value, number, text
from lab.embedded.runtime.applets.options import Failed
from lab.embedded.runtime.filesystem import FileError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from lab.embedded.runtime.applets.awk.machine import Machine
    from lab.embedded.runtime.applets.awk.syntax import Function
    from lab.embedded.runtime.tasks import Reason, Syscall

DEEPEST = 120
"""Calls within one another: awk's stack, whose end is a segmentation fault."""


class Returned(Exception):  # noqa: N818 (what happened, not a mistake)
    """`return`."""

    def __init__(self, value: Value) -> None:
        super().__init__()
        self.value = value


class CallCompiler(ExpressionCompiler):
    """Compiles calls."""

    def __init__(self, machine: Machine, functions: dict[str, Function]) -> None:
        super().__init__(machine)
        self.functions = functions
        self.bodies: dict[str, Callable[[], Generator[Syscall, Reason, Any]]] = {}
        """What the program's functions do, once compiled."""
        self._library = Library(machine)

    def compile_call(self, node: Call) -> Code:
        """See `ExpressionCompiler`."""
        if not node.own:
            return self._user(node)
        name, arguments = node.name, node.arguments
        special = {
            "length": self._length, "split": self._split, "sub": self._sub, "gsub": self._sub,
            "match": self._match, "close": self._waiting, "system": self._waiting, "fflush": self._waiting,
            "gensub": self._gensub,
        }.get(name)  # fmt: skip
        if special is not None:
            return special(name, arguments)
        fewest, most, function = self._library.plain[name]
        if len(arguments) < fewest:
            raise Failed("cmd. line:1: Too few arguments")
        parts = [self.value(each) for each in arguments[:most]]
        return joined(parts, function) if parts else Code(False, function)

    def _length(self, _: str, arguments: tuple[Expr, ...]) -> Code:
        if not arguments:
            return Code(False, self._library.length)
        only = arguments[0]
        if isinstance(only, Name) and only.name != "NF":
            machine = self.machine

            def named() -> float:
                found = machine.frames[-1][only.slot] if only.slot >= 0 else machine.variables.get(only.name)
                return self._library.length(found)

            return Code(False, named)
        return joined([self.value(only)], self._library.length)

    def _split(self, _: str, arguments: tuple[Expr, ...]) -> Code:
        if len(arguments) < 2 or not isinstance(arguments[1], Name):
            raise Failed("cmd. line:1: Too few arguments")
        array, pattern = self.array(arguments[1]), len(arguments) > 2 and isinstance(arguments[2], Pattern)
        separator = self.pattern(arguments[2]) if len(arguments) > 2 else self.value(Name("FS"))
        return joined(
            [self.value(arguments[0]), separator],
            lambda subject, mark: self._library.split(subject, array(), mark, pattern=pattern),
        )

    def _match(self, _: str, arguments: tuple[Expr, ...]) -> Code:
        if len(arguments) < 2:
            raise Failed("cmd. line:1: Too few arguments")
        return joined([self.value(arguments[0]), self.pattern(arguments[1])], self._library.match)

    def _gensub(self, _: str, arguments: tuple[Expr, ...]) -> Code:
        if len(arguments) < 3:
            raise Failed("cmd. line:1: Too few arguments")
        rest = [self.value(each) for each in arguments[1:4]]
        return joined([self.pattern(arguments[0]), *rest], self._library.gensub)

    def _sub(self, name: str, arguments: tuple[Expr, ...]) -> Code:
        if len(arguments) < 2:
            raise Failed("cmd. line:1: Too few arguments")
        target = arguments[2] if len(arguments) > 2 else Field(Const(0.0))
        which = 1 if name == "sub" else 0
        parts = [self.pattern(arguments[0]), self.value(arguments[1])]
        if not isinstance(target, Name | Field | Element):  # nothing to put the result into
            return joined(
                [*parts, self.value(target)],
                lambda source, template, value: float(
                    self._library.substituted(source, text(template), text(value), which)[1]
                ),
            )
        places, put = self.write(target)

        def substituted(*values: Any) -> float:
            source, template = values[0], text(values[1])
            result, count = self._library.substituted(source, template, text(values[-1]), which)
            if count:
                put(*values[2:-1], result)
            return float(count)

        return joined([*parts, *places, self.value(target)], substituted)

    def _waiting(self, name: str, arguments: tuple[Expr, ...]) -> Code:
        """The functions about other processes and files."""
        files = self.machine.files
        if not arguments and name != "fflush":
            raise Failed("cmd. line:1: Too few arguments")
        only = self.value(arguments[0]) if arguments else None

        def steps() -> Generator[Syscall, Reason, Value]:
            subject = text((yield from value_of(only))) if only is not None else ""
            if name == "system":
                return (yield from files.run(subject))
            if name == "close":
                return (yield from files.close(subject))
            yield from files.flush(subject or None)
            return 0.0

        return Code(True, steps)

    # -- the program's functions --------------------------------------------------------------------------

    def _user(self, node: Call) -> Code:
        function = self.functions[node.name]
        if len(node.arguments) > len(function.parameters):
            raise Failed("cmd. line:1: Too many arguments")
        codes = [self._argument(each) for each in node.arguments]
        missing = len(function.parameters) - len(codes)

        def steps() -> Generator[Syscall, Reason, Value]:
            frame: list[Value | Array] = []
            later: list[tuple[int, Callable[[Array], None]]] = []
            for at, (code, bind) in enumerate(codes):
                value = yield from value_of(code)
                frame.append(value)
                if value is None and bind is not None:
                    later.append((at, bind))
            frame.extend([None] * missing)
            return (yield from self._call(node.name, frame, later))

        return Code(True, steps)

    def _argument(self, node: Expr) -> tuple[Code, Callable[[Array], None] | None]:
        """An argument: an array is handed over itself; what is not set may become one in the function."""
        machine = self.machine
        if not isinstance(node, Name) or node.name == "NF":
            return self.value(node), None
        if node.slot >= 0:
            slot = node.slot

            def bind_local(array: Array) -> None:  # the frame is the caller's again by then
                machine.frames[-1][slot] = array

            return Code(False, lambda: machine.frames[-1][slot]), bind_local
        name = node.name
        return (
            Code(False, lambda: machine.variables.get(name)),
            lambda array: machine.variables.__setitem__(name, array),
        )

    def _call(
        self, name: str, frame: list[Value | Array], later: list[tuple[int, Callable[[Array], None]]]
    ) -> Generator[Syscall, Reason, Value]:
        machine = self.machine
        if len(machine.frames) >= DEEPEST:
            raise RecursionError
        fresh = {at: Array() for at, _ in later}
        if fresh:  # what the function makes an array of is the caller's variable
            frame = _Lazy(frame, fresh)
        machine.frames.append(frame)
        result: Value = None
        try:
            yield from machine.process.compute(1)
            yield from self.bodies[name]()
        except Returned as returned:
            result = returned.value
        finally:
            machine.frames.pop()
            for at, bind in later:
                if frame[at] is fresh[at]:
                    bind(fresh[at])
        return result

    # -- getline ------------------------------------------------------------------------------------------

    def compile_getline(self, node: Getline) -> Code:
        """See `ExpressionCompiler`."""
        machine = self.machine
        source = self.value(node.source) if node.source is not None else None
        store = self._stored(node.target)

        def steps() -> Generator[Syscall, Reason, float]:
            if source is None:
                record = yield from machine.next_record()
                if record is None:
                    return 0.0
            else:
                name = text((yield from value_of(source)))
                line = yield from machine.files.read(node.how, name)
                if isinstance(line, FileError):
                    return -1.0
                if line is None:
                    return 0.0
                record = line.removesuffix(b"\n").decode("latin-1")
                if node.how == "|":
                    machine.variables["NR"] = number(machine.get("NR")) + 1
            store(record)
            return 1.0

        return Code(True, steps)

    def _stored(self, target: Target | None) -> Callable[[str], None]:
        if target is None:
            return self.machine.record.take
        places, put = self.write(target)
        return lambda record: put(*[place.run() for place in places], Given(record))


class _Lazy(list["Value | Array"]):
    """A frame whose unset parameters turn into given arrays where an array is wanted."""

    def __init__(self, values: list[Value | Array], arrays: dict[int, Array]) -> None:
        super().__init__(values)
        self._arrays = arrays

    def __setitem__(self, at: Any, value: Any) -> None:
        if isinstance(value, Array) and not value and at in self._arrays:
            value = self._arrays[at]
        super().__setitem__(at, value)

"""Compiling awk's statements, and running a program.

A statement that cannot wait is a plain function; loops always can, because they are charged for.
Both give a word: empty to go on, `break` or `continue`.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from lab.embedded.runtime.applets.awk.calls import CallCompiler, Returned
from lab.embedded.runtime.applets.awk.compiling import Code, joined, value_of
from lab.embedded.runtime.applets.awk.formatting import sprintf
from lab.embedded.runtime.applets.awk.syntax import (
    Block,
    Const,
    Delete,
    Each,
    Evaluate,
    Field,
    If,
    Jump,
    Loop,
    Print,
    Program,
    Rule,
    Statement,
)
from lab.embedded.runtime.applets.awk.values import Value, number, text, truth

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from lab.embedded.runtime.applets.awk.machine import Machine
    from lab.embedded.runtime.tasks import Reason, Syscall

_ROUNDS_A_CHARGE = 2
_RECORDS_A_CHARGE = 2


class Next(Exception):  # noqa: N818 (what happened, not a mistake)
    """`next` and `nextfile`."""

    def __init__(self, *, file: bool) -> None:
        super().__init__()
        self.file = file


class Exit(Exception):  # noqa: N818 (what happened, not a mistake)
    """`exit`."""


class Runner(CallCompiler):
    """A compiled program on its machine."""

    def __init__(self, machine: Machine, program: Program) -> None:
        super().__init__(machine, program.functions)
        for function in program.functions.values():
            body = self.statement(function.body)
            self.bodies[function.name] = lambda body=body: value_of(body)  # type: ignore[misc]
        self._begin = [self.statement(each) for each in program.begin]
        self._rules = [self._rule(each) for each in program.rules]
        self._end = [self.statement(each) for each in program.end]

    def run(self) -> Generator[Syscall, Reason, int]:
        """All of the program; its exit status."""
        machine = self.machine
        try:
            for code in self._begin:
                yield from value_of(code)
            if self._rules or self._end:
                yield from self._records()
        except (Exit, Next):  # which skip what is left, but not END
            pass
        with suppress(Exit, Next):
            for code in self._end:
                yield from value_of(code)
        yield from machine.files.close_all()
        return machine.status

    def _records(self) -> Generator[Syscall, Reason, None]:
        machine, count = self.machine, 0
        while (record := (yield from machine.next_record())) is not None:
            machine.record.take(record)
            count += 1
            if count % _RECORDS_A_CHARGE == 0:
                yield from machine.process.compute(1, changed=True)
            try:
                for rule in self._rules:
                    yield from rule()
            except Next as skipped:
                if skipped.file:
                    machine.skip_file()
            yield from machine.files.flush("")

    def _rule(self, rule: Rule) -> Callable[[], Generator[Syscall, Reason, None]]:
        body = self.statement(rule.body)
        first = self.value(rule.first) if rule.first is not None else None
        last = self.value(rule.last) if rule.last is not None else None
        within = False

        def run() -> Generator[Syscall, Reason, None]:
            nonlocal within
            if first is not None and not within:
                if not truth((yield from first.run()) if first.waits else first.run()):
                    return
                within = last is not None
            if last is not None and within:
                within = not truth((yield from value_of(last)))
            if body.waits:
                yield from body.run()
            else:
                body.run()

        return run

    # -- statements ---------------------------------------------------------------------------------------

    def statement(self, node: Statement) -> Code:
        """A statement's code."""
        match node:
            case Evaluate():
                return self._evaluate(node)
            case Print():
                return self._print(node)
            case Block():
                return self._block([self.statement(each) for each in node.statements])
            case If():
                return self._if(node)
            case Loop():
                return self._loop(node)
            case Each():
                return self._each(node)
            case Jump():
                return self._jump(node)
            case Delete():
                return self._delete(node)

    def _evaluate(self, node: Evaluate) -> Code:
        code = self.value(node.value)
        if not code.waits:
            return Code(False, lambda: code.run() and "")

        def steps() -> Generator[Syscall, Reason, str]:
            yield from code.run()
            return ""

        return Code(True, steps)

    def _block(self, codes: list[Code]) -> Code:
        if not any(code.waits for code in codes):
            runs = [code.run for code in codes]

            def run() -> str:
                for each in runs:
                    word = each()
                    if word in ("break", "continue"):
                        return str(word)
                return ""

            return Code(False, run)

        def steps() -> Generator[Syscall, Reason, str]:
            for code in codes:
                word = (yield from code.run()) if code.waits else code.run()
                if word in ("break", "continue"):
                    return str(word)
            return ""

        return Code(True, steps)

    def _if(self, node: If) -> Code:
        condition, yes = self.value(node.condition), self.statement(node.yes)
        no = self.statement(node.no) if node.no is not None else Code(False, lambda: "")
        if not (condition.waits or yes.waits or no.waits):
            return Code(False, lambda: yes.run() if truth(condition.run()) else no.run())

        def steps() -> Generator[Syscall, Reason, str]:
            decided = truth((yield from value_of(condition)))
            return (yield from value_of(yes if decided else no))  # type: ignore[no-any-return]

        return Code(True, steps)

    def _loop(self, node: Loop) -> Code:
        condition = self.value(node.condition) if node.condition is not None else None
        body = self.statement(node.body)
        after = self.statement(node.after) if node.after is not None else None
        machine = self.machine

        def steps() -> Generator[Syscall, Reason, str]:
            rounds, skip = 0, node.first
            while True:
                if (
                    condition is not None
                    and not skip
                    and not truth((yield from condition.run()) if condition.waits else condition.run())
                ):
                    return ""
                skip = False
                rounds += 1
                if rounds % _ROUNDS_A_CHARGE == 0:
                    yield from machine.process.compute(1, changed=True)
                    if machine.files.waiting():
                        yield from machine.files.flush("")
                word = (yield from body.run()) if body.waits else body.run()
                if word == "break":
                    return ""
                if after is not None:
                    yield from value_of(after)

        return Code(True, steps)

    def _each(self, node: Each) -> Code:
        array, body, machine = self.array(node.array), self.statement(node.body), self.machine
        places, put = self.write(node.target)

        def steps() -> Generator[Syscall, Reason, str]:
            for rounds, key in enumerate(array().keys_in_order(), 1):
                if rounds % _ROUNDS_A_CHARGE == 0:
                    yield from machine.process.compute(1, changed=True)
                    if machine.files.waiting():
                        yield from machine.files.flush("")
                put(*[place.run() for place in places], key)
                word = (yield from body.run()) if body.waits else body.run()
                if word == "break":
                    break
            return ""

        return Code(True, steps)

    def _jump(self, node: Jump) -> Code:
        kind = node.kind
        if kind in ("break", "continue"):
            return Code(False, lambda: kind)
        if kind in ("next", "nextfile"):

            def skip() -> str:
                raise Next(file=kind == "nextfile")

            return Code(False, skip)
        code = self.value(node.value) if node.value is not None else None

        def leave() -> Generator[Syscall, Reason, str]:
            value: Value = (yield from value_of(code)) if code is not None else None
            if kind == "return":
                raise Returned(value)
            if code is not None:
                self.machine.status = int(number(value)) & 0xFF
            raise Exit

        return Code(True, leave)

    def _delete(self, node: Delete) -> Code:
        array = self.array(node.array)
        if node.keys is None:

            def clear() -> str:
                array().clear()
                return ""

            return Code(False, clear)

        def remove(*keys: Value) -> str:
            array().pop(self._key(keys), None)
            return ""

        return joined(self._keys(node.keys), remove)

    def _print(self, node: Print) -> Code:
        machine = self.machine
        items = [self.value(each) for each in node.items or (Field(Const(0.0)),)]
        target = self.value(node.target) if node.target is not None else None

        def shown(values: tuple[Value, ...]) -> str:
            if node.formatted:
                return machine.bounded(sprintf(values))
            template = text(machine.get("OFMT"))
            line = text(machine.get("OFS")).join(text(each, template) for each in values)
            return line + text(machine.get("ORS"))

        if target is None:

            def plain(*values: Value) -> str:
                machine.files.print(shown(values))
                return ""

            return joined(items, plain)
        gathered = joined([*items, target], lambda *values: values)

        def steps() -> Generator[Syscall, Reason, str]:
            *values, name = yield from value_of(gathered)
            yield from machine.files.print_to(node.how, text(name), shown(tuple(values)))
            return ""

        return Code(True, steps)

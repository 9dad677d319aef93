"""What an awk program is made of."""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct


class Const(Struct, frozen=True):
    """A number or a text."""

    value: float | str


class Pattern(Struct, frozen=True):
    """`/…/`: by itself, whether the record matches."""

    source: str


class Name(Struct, frozen=True):
    """A variable, or an array where one is wanted; `slot`: which of the function's parameters it is."""

    name: str
    slot: int = -1


class Field(Struct, frozen=True):
    """`$…`."""

    number: Expr


class Element(Struct, frozen=True):
    """`name[…, …]`."""

    array: Name
    keys: tuple[Expr, ...]


class Assign(Struct, frozen=True):
    """`target = value`, `target += value`; `op` without the `=`."""

    op: str
    target: Target
    value: Expr


class Bump(Struct, frozen=True):
    """`++x`, `x--`."""

    target: Target
    step: int
    before: bool


class Binary(Struct, frozen=True):
    """Arithmetic, comparisons, `~`; concatenation is `" "`."""

    op: str
    left: Expr
    right: Expr


class Logic(Struct, frozen=True):
    """`&&` and `||`."""

    op: str
    left: Expr
    right: Expr


class Unary(Struct, frozen=True):
    """`-x`, `+x`, `!x`."""

    op: str
    value: Expr


class Choice(Struct, frozen=True):
    """`a ? b : c`."""

    condition: Expr
    yes: Expr
    no: Expr


class Within(Struct, frozen=True):
    """`(a, b) in array`."""

    keys: tuple[Expr, ...]
    array: Name


class Call(Struct, frozen=True):
    """A function of the program, or one of awk's own."""

    name: str
    arguments: tuple[Expr, ...]
    own: bool


class Getline(Struct, frozen=True):
    """`getline`, `getline x < file`, `command | getline`; `how`: empty, `<` or `|`."""

    how: str
    target: Target | None
    source: Expr | None


class Grouped(Struct, frozen=True):
    """Several in parentheses: `(a, b)`, before `in` or as what `print` prints."""

    items: tuple[Expr, ...]


Target: TypeAlias = Name | Field | Element
Expr: TypeAlias = (
    Const | Pattern | Name | Field | Element | Assign | Bump | Binary | Logic | Unary | Choice | Within | Call
    | Getline | Grouped
)  # fmt: skip


class Print(Struct, frozen=True):
    """`print` or `printf`, where to (`>`, `>>`, `|`, or empty)."""

    items: tuple[Expr, ...]
    formatted: bool
    how: str = ""
    target: Expr | None = None


class If(Struct, frozen=True):
    """`if … else …`."""

    condition: Expr
    yes: Statement
    no: Statement | None


class Loop(Struct, frozen=True):
    """`while`, `do … while` (`first`: the body comes first) and `for (;;)`."""

    condition: Expr | None
    body: Statement
    after: Statement | None = None
    first: bool = False


class Each(Struct, frozen=True):
    """`for (name in array)`."""

    target: Target
    array: Name
    body: Statement


class Block(Struct, frozen=True):
    """`{ … }`."""

    statements: tuple[Statement, ...]


class Jump(Struct, frozen=True):
    """`next`, `nextfile`, `exit`, `return`, `break`, `continue`."""

    kind: str
    value: Expr | None = None


class Delete(Struct, frozen=True):
    """`delete array`, `delete array[key]`."""

    array: Name
    keys: tuple[Expr, ...] | None


class Evaluate(Struct, frozen=True):
    """An expression for what it does."""

    value: Expr


Statement: TypeAlias = Print | If | Loop | Each | Block | Jump | Delete | Evaluate


class Rule(Struct, frozen=True):
    """What to do with records: those that match, those of a range, or all."""

    first: Expr | None
    last: Expr | None
    body: Statement


class Function(Struct, frozen=True):
    """A function of the program."""

    name: str
    parameters: tuple[str, ...]
    body: Statement


class Program(Struct):
    """All of it."""

    begin: list[Statement]
    rules: list[Rule]
    end: list[Statement]
    functions: dict[str, Function]

"""The shell's syntax tree: what `parser` makes and `interpreter` and `expansion` walk."""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct

from lab.embedded.runtime.shell.control import ShellError


class ShellSyntaxError(ShellError):
    """What ash calls a syntax error; `incomplete`: more input could still make it right."""

    def __init__(self, message: str, line: int, *, incomplete: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.incomplete = incomplete


# -- words --------------------------------------------------------------------------------------------------


class Text(Struct, frozen=True):
    """Literal characters; quoted ones neither split nor glob."""

    text: str
    quoted: bool = False


class Param(Struct, frozen=True):
    """`$name` and `${name…}`; `op` is `""`, `#len`, or the operator with its colon (`:-`, `%%`, `/`, `:`)."""

    name: str
    op: str = ""
    argument: Word | None = None
    second: Word | None = None
    quoted: bool = False


class Substitution(Struct, frozen=True):
    """`$(…)` and backquotes."""

    body: Sequence
    quoted: bool = False


class Arithmetic(Struct, frozen=True):
    """`$((…))`."""

    expression: Word
    quoted: bool = False


class Streamed(Struct, frozen=True):
    """`<(…)` and `>(…)`: a file name under which a command's output or input is found."""

    body: Sequence
    writes: bool
    quoted: bool = False


Part: TypeAlias = Text | Param | Substitution | Arithmetic | Streamed


class Word(Struct, frozen=True):
    """One word before expansion. `literal` is its value where nothing needs expanding."""

    parts: tuple[Part, ...]
    literal: str | None = None

    @property
    def bare(self) -> str | None:
        """The text, if the word is one unquoted literal (what a reserved word must be)."""
        if len(self.parts) == 1 and isinstance(self.parts[0], Text) and not self.parts[0].quoted:
            return self.parts[0].text
        return None


def make_word(parts: list[Part]) -> Word:
    """A word of parts, neighbours of one kind joined."""
    joined: list[Part] = []
    for part in parts:
        last = joined[-1] if joined else None
        if isinstance(part, Text) and isinstance(last, Text) and last.quoted == part.quoted:
            joined[-1] = Text(last.text + part.text, part.quoted)
        else:
            joined.append(part)
    literal: str | None = None
    if joined and all(isinstance(part, Text) for part in joined):
        texts = [part for part in joined if isinstance(part, Text)]
        if [part.text for part in texts] in (["["], ["[["]):
            literal = texts[0].text  # the commands of that name: no pattern
        elif not any(not part.quoted and _SPECIAL & set(part.text) for part in texts):
            literal = "".join(part.text for part in texts)
    return Word(tuple(joined), literal)


_SPECIAL = set("*?[\\~")


# -- commands -----------------------------------------------------------------------------------------------


class Redirect(Struct):
    """A redirection; `op`: `<`, `>`, `>>`, `>|`, `<>`, `<&`, `>&`, `<<` (target: the document), `&>`.

    The target of a here-document is set when its lines have been read, which is after the command's.
    """

    op: str
    fd: int
    target: Word


class Simple(Struct, frozen=True):
    """Assignments, a command and its redirections."""

    assignments: tuple[tuple[str, Word], ...]
    words: tuple[Word, ...]
    redirects: tuple[Redirect, ...]
    line: int
    argv: tuple[str, ...] | None = None
    """The words' values, where none needs expanding."""


class Pipeline(Struct, frozen=True):
    """Commands joined by `|`; a single one only when negated."""

    commands: tuple[Node, ...]
    negated: bool


class AndOr(Struct, frozen=True):
    """`first && … || …`, from the left."""

    first: Node
    rest: tuple[tuple[str, Node], ...]


class Sequence(Struct, frozen=True):
    """Commands one after the other; the flag says `&`."""

    items: tuple[tuple[Node, bool], ...]
    texts: tuple[str, ...] = ()
    """What the commands look like, for `jobs`; where one of them is started with `&`."""


class Subshell(Struct, frozen=True):
    """`( … )`."""

    body: Node


class Redirected(Struct, frozen=True):
    """A compound command with redirections."""

    body: Node
    redirects: tuple[Redirect, ...]


class If(Struct, frozen=True):
    """`if … then … elif … else … fi`."""

    clauses: tuple[tuple[Node, Node], ...]
    otherwise: Node | None


class Loop(Struct, frozen=True):
    """`while` and `until`."""

    condition: Node
    body: Node
    until: bool


class For(Struct, frozen=True):
    """`for NAME in …`; words None: over the positional parameters."""

    name: str
    words: tuple[Word, ...] | None
    body: Node


class Case(Struct, frozen=True):
    """`case WORD in …`."""

    word: Word
    items: tuple[tuple[tuple[Word, ...], Node | None], ...]


class Function(Struct, frozen=True):
    """`name() command`."""

    name: str
    body: Node
    line: int = 0


Node: TypeAlias = (
    Simple | Pipeline | AndOr | Sequence | Subshell | Redirected | If | Loop | For | Case | Function
)

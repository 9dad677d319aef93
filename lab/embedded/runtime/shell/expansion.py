"""Expansion: parameters, substitutions, arithmetic, splitting, globbing, in POSIX's order.

A mix-in of the interpreter, because a command substitution runs commands.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

from lab.embedded.runtime.filesystem import Directory, FileError, text_of
from lab.embedded.runtime.shell import patterns
from lab.embedded.runtime.shell.arithmetic import Arithmetic as Evaluation
from lab.embedded.runtime.shell.arithmetic import ArithmeticFailed
from lab.embedded.runtime.shell.control import ShellError
from lab.embedded.runtime.shell.fields import chunks
from lab.embedded.runtime.shell.syntax import (
    Arithmetic,
    Param,
    Sequence,
    Streamed,
    Substitution,
    Text,
    Word,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from lab.embedded.runtime.process import Process
    from lab.embedded.runtime.shell.state import State
    from lab.embedded.runtime.tasks import Reason, Syscall

_Piece: TypeAlias = tuple[str, str]
"""(kind, text): `quoted`, `plain` (literal, may glob), `split` (expanded), `break` (between fields)."""

_MOST_NAMES = 10_000
"""Paths a pattern may match at any depth."""
FIELD_LIMIT = 200_000
"""Fields one command line may have (`Argument list too long`)."""


class ExpansionFailed(ShellError):  # noqa: N818 (what happened, not a mistake)
    """An expansion that ends the command and a script: bad substitution, unset parameter, bad arithmetic."""


class Expander:
    """Turns words into fields."""

    process: Process
    state: State

    def substitute(self, body: Sequence) -> Generator[Syscall, Reason, str]:
        """Run a command substitution (the interpreter's)."""
        raise NotImplementedError

    def stream(self, part: Streamed) -> str:
        """Start the command of a `<(…)`; the file name that stands for it (the interpreter's)."""
        raise NotImplementedError

    def assign(self, name: str, value: str) -> None:
        """Set a variable (the interpreter's)."""
        raise NotImplementedError

    def fields(self, words: tuple[Word, ...], *, split: bool = True) -> Generator[Syscall, Reason, list[str]]:
        """All fields the words expand to."""
        out: list[str] = []
        for word in words:
            if word.literal is not None:
                out.append(word.literal)
                continue
            pieces: list[_Piece] = []
            yield from self._pieces(word, pieces, tilde=True)
            if (
                len(pieces) == 1
                and pieces[0][0] == "split"
                and pieces[0][1].isalnum()
                and self.state.get("IFS") == " \t\n"
            ):
                out.append(
                    pieces[0][1]
                )  # the common case of a counter; nothing to split at, nothing to match
                continue
            out.extend(self._split(pieces) if split else [_plain(pieces)])
            if len(out) > FIELD_LIMIT:
                raise ExpansionFailed("Argument list too long")
        return out

    def text(self, word: Word, *, assignment: bool = False) -> Generator[Syscall, Reason, str]:
        """A word as one string: no splitting, no globbing (assignments, redirections, here-documents)."""
        if word.literal is not None:
            return word.literal
        pieces: list[_Piece] = []
        yield from self._pieces(word, pieces, tilde=True, colons=assignment)
        return _plain(pieces)

    def pattern(self, word: Word) -> Generator[Syscall, Reason, str]:
        """A word as a pattern; what was quoted is escaped."""
        if word.literal is not None:
            return patterns.escape(word.literal)
        pieces: list[_Piece] = []
        yield from self._pieces(word, pieces, tilde=True)
        return "".join(
            patterns.escape(text) if kind == "quoted" else text for kind, text in pieces if kind != "break"
        )

    # -- pieces -------------------------------------------------------------------------------------------

    def _pieces(
        self, word: Word, out: list[_Piece], *, tilde: bool = False, colons: bool = False
    ) -> Generator[Syscall, Reason, None]:
        for position, part in enumerate(word.parts):
            if isinstance(part, Text):
                text = part.text
                if not part.quoted and tilde and "~" in text:
                    text = self._tilde(text, first=position == 0, colons=colons)
                out.append(("quoted" if part.quoted else "plain", text))
            elif isinstance(part, Param):
                yield from self._parameter(part, out)
            elif isinstance(part, Substitution):
                output = yield from self.substitute(part.body)
                out.append(("quoted" if part.quoted else "split", output))
            elif isinstance(part, Streamed):
                out.append(("quoted", self.stream(part)))
            else:
                value = yield from self._arithmetic(part)
                out.append(("quoted" if part.quoted else "split", value))

    def _tilde(self, text: str, *, first: bool, colons: bool) -> str:
        homes = {"": self.state.get("HOME") or "~", **self._homes()}

        def home(match: re.Match[str]) -> str:
            return match[1] + homes.get(match[2], f"~{match[2]}")

        if first:
            text = re.sub(r"\A()~([^/:]*)(?=/|\Z|:)", home, text)
        return re.sub(r"(:)~([^/:]*)(?=/|\Z|:)", home, text) if colons else text

    def _homes(self) -> dict[str, str]:
        """Users' home directories, from `/etc/passwd`."""
        accounts = text_of(self.process.kernel.files.exists("/etc/passwd"))
        fields = [line.split(":") for line in accounts.splitlines()]
        return {parts[0]: parts[5] for parts in fields if len(parts) > 6}

    def _arithmetic(self, part: Arithmetic) -> Generator[Syscall, Reason, str]:
        expression = yield from self.text(part.expression)
        return str(self.calculate(expression))

    def calculate(self, expression: str) -> int:
        """The value of an arithmetic expression.

        Raises:
            ExpansionFailed: it has none.
        """
        try:
            return Evaluation(expression, self._number_text, self.assign).value()
        except ArithmeticFailed as error:
            raise ExpansionFailed(str(error)) from None
        except RecursionError:
            raise ExpansionFailed("arithmetic syntax error") from None

    def _number_text(self, name: str) -> str | None:
        return self.lookup(name)

    # -- parameters ---------------------------------------------------------------------------------------

    def lookup(self, name: str) -> str | None:
        """The value of a parameter that is one string; None: not set."""
        state = self.state
        if name in state.variables:
            return state.variables[name]
        if name.isdigit():
            number = int(name)
            if number == 0:
                return state.name
            return state.positional[number - 1] if number <= len(state.positional) else None
        if name in ("@", "*"):
            ifs = state.get("IFS")
            return (" " if ifs is None else ifs[:1]).join(state.positional) if state.positional else None
        special = _SPECIAL.get(name)
        return special(self) if special else None

    shell_pid: int = 0
    line: int = 0
    function_line: int = 0
    """The line before the running function's first, from which `$LINENO` counts in it."""

    def option_letters(self) -> str:
        """`$-` (the interpreter's)."""
        raise NotImplementedError

    def _parameter(self, part: Param, out: list[_Piece]) -> Generator[Syscall, Reason, None]:
        if part.op == "bad":
            raise ExpansionFailed("syntax error: bad substitution")
        kind = "quoted" if part.quoted else "split"
        if part.name in "@*" and part.op == "":
            self._positional(part, out)
            return
        value = self.lookup(part.name)
        if part.op == "" and value is not None:
            out.append((kind, value))
            return
        unset_matters = "nounset" in self.state.options and part.name not in "@*"
        base = part.op.removeprefix(":") if part.op != ":" else ":"
        if base in ("-", "=", "?", "+"):
            yield from self._conditional(part, base, value, out)
            return
        if value is None and unset_matters:
            raise ExpansionFailed(f"{part.name}: parameter not set")
        if part.op == "#len":
            out.append((kind, str(len(value or ""))))
            return
        if part.op == "":
            if part.quoted:
                out.append((kind, ""))
            return
        out.append((kind, (yield from self._edited(part, value or ""))))

    def _positional(self, part: Param, out: list[_Piece]) -> None:
        values = self.state.positional
        if part.quoted and part.name == "*":
            out.append(("quoted", self.lookup("*") or ""))
            return
        if part.quoted and not values and out and out[-1] == ("quoted", ""):
            out.pop()  # "$@" without parameters is no field at all
        for index, value in enumerate(values):
            if index:
                out.append(("break", ""))
            out.append(("quoted" if part.quoted else "split", value))

    def _conditional(
        self, part: Param, base: str, value: str | None, out: list[_Piece]
    ) -> Generator[Syscall, Reason, None]:
        missing = value is None or (part.op.startswith(":") and value == "")
        argument = part.argument or Word(())
        if base == "+":
            if not missing:
                yield from self._argument(argument, part, out)
            elif part.quoted:
                out.append(("quoted", ""))
            return
        if not missing:
            if part.name == "@":
                self._positional(part, out)
            else:
                out.append(("quoted" if part.quoted else "split", value or ""))
        elif base == "-":
            yield from self._argument(argument, part, out)
        elif base == "=":
            text = yield from self.text(argument)
            if not re.fullmatch(r"[A-Za-z_]\w*", part.name):
                raise ExpansionFailed("syntax error: bad substitution")
            self.assign(part.name, text)
            out.append(("quoted" if part.quoted else "split", text))
        else:
            text = yield from self.text(argument)
            default = "parameter not set" if not part.op.startswith(":") else "parameter not set or null"
            raise ExpansionFailed(f"{part.name}: {text or default}")

    def _argument(self, argument: Word, part: Param, out: list[_Piece]) -> Generator[Syscall, Reason, None]:
        pieces: list[_Piece] = []
        yield from self._pieces(argument, pieces, tilde=not part.quoted)
        if part.quoted:
            out.extend(("quoted", text) if kind != "break" else (kind, text) for kind, text in pieces)
            if not pieces:
                out.append(("quoted", ""))
        else:
            out.extend(("split" if kind == "plain" else kind, text) for kind, text in pieces)

    def _edited(self, part: Param, value: str) -> Generator[Syscall, Reason, str]:
        argument = part.argument or Word(())
        if part.op == ":":
            return (yield from self._substring(part, value))
        pattern = yield from self.pattern(argument)
        if part.op in ("/", "//"):
            replacement = (yield from self.text(part.second)) if part.second else ""
            if not pattern:
                return value
            return patterns.replaced(pattern, replacement, value, everywhere=part.op == "//")
        cut = patterns.without_prefix if part.op[0] == "#" else patterns.without_suffix
        return cut(pattern, value, longest=len(part.op) == 2)

    def _substring(self, part: Param, value: str) -> Generator[Syscall, Reason, str]:
        start = self.calculate((yield from self.text(part.argument or Word(()))))
        if start < 0:
            start = max(0, len(value) + start)
        if part.second is None:
            return value[start:]
        length = self.calculate((yield from self.text(part.second)))
        return value[start : start + length] if length >= 0 else value[start : len(value) + length]

    # -- fields -------------------------------------------------------------------------------------------

    def _split(self, pieces: list[_Piece]) -> list[str]:
        ifs = self.state.get("IFS")
        ifs = " \t\n" if ifs is None else ifs
        fields: list[list[_Piece]] = []
        current: list[_Piece] | None = None
        for kind, text in pieces:
            if kind == "break":
                if current is not None:
                    fields.append(current)
                current = None
            elif kind != "split":
                if text or kind == "quoted":
                    current = [*(current or []), (kind, text)]
            else:
                for chunk in chunks(text, ifs):
                    if chunk is None:
                        if current is not None:
                            fields.append(current)
                        current = None
                    else:
                        current = [*(current or []), ("plain", chunk)]
        if current is not None:
            fields.append(current)
        return [name for field in fields for name in self._globbed(field)]

    def _globbed(self, field: list[_Piece]) -> list[str]:
        plain = _plain(field)
        if "noglob" in self.state.options or not any(
            kind == "plain" and any(char in text for char in "*?[\\") for kind, text in field
        ):
            return [plain]
        pattern = "".join(patterns.escape(text) if kind == "quoted" else text for kind, text in field)
        if not patterns.has_magic(pattern):
            return [plain]
        return self.glob(pattern) or [plain]

    def glob(self, pattern: str) -> list[str]:
        """Paths that match, in byte order."""
        found = ["/"] if pattern.startswith("/") else [""]
        names = [name for name in pattern.split("/") if name]
        for depth, name in enumerate(names):
            following: list[str] = []
            for base in found:
                following.extend(base + each for each in self._matching(base, name))
                if len(following) > _MOST_NAMES:
                    raise ExpansionFailed("Argument list too long")
            self.process.cpu.owe(len(following) + len(found))
            last = depth == len(names) - 1
            found = following if last and not pattern.endswith("/") else [
                each + "/" for each in following
                if isinstance(self.process.kernel.files.exists(each, self.process.cwd), Directory)
            ]  # fmt: skip
        return sorted(found)

    def _matching(self, base: str, name: str) -> list[str]:
        files, cwd = self.process.kernel.files, self.process.cwd
        if not patterns.has_magic(name):
            plain = patterns.unescape(name)
            return [plain] if files.exists(base + plain, cwd, follow=False) is not None else []
        try:
            names = files.names(base or ".", cwd)
        except FileError:
            return []
        if name.startswith("."):
            names = [".", "..", *names]
        return [
            each
            for each in names
            if patterns.matches(name, each) and (not each.startswith(".") or name[0] == ".")
        ]


def _plain(pieces: list[_Piece]) -> str:
    return "".join(" " if kind == "break" else text for kind, text in pieces)


_SPECIAL: dict[str, Callable[[Expander], str | None]] = {
    "?": lambda shell: str(shell.state.status),
    "#": lambda shell: str(len(shell.state.positional)),
    "$": lambda shell: str(shell.shell_pid),
    "!": lambda shell: str(shell.state.background) if shell.state.background is not None else None,
    "-": lambda shell: shell.option_letters(),
    "LINENO": lambda shell: str(shell.line - shell.function_line),
    "RANDOM": lambda shell: str(shell.process.kernel.rng.randrange(32768)),
}
"""Parameters the shell sets itself."""

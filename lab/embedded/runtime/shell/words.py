"""Reading words: quotes, expansions and substitutions, as ash's `readtoken1` does.

A mix-in of the parser, because a command substitution holds a whole program.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lab.embedded.runtime.shell.syntax import (
    Arithmetic,
    Param,
    Part,
    ShellSyntaxError,
    Streamed,
    Substitution,
    Text,
    Word,
    make_word,
)

if TYPE_CHECKING:
    from lab.embedded.runtime.shell.syntax import Sequence

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OPERATORS = re.compile(r":?[-=?+]|##|#|%%|%|//|/|:")
_ENDS = frozenset(" \t\n;&|<>()")
_ANSI = {"a": "\a", "b": "\b", "e": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


class WordReader:
    """Reads words from `text` at `at`."""

    text: str
    at: int
    line: int

    def parse_substitution(self) -> Sequence:
        """The program of a `$(`, up to and with its closing parenthesis (the parser's)."""
        raise NotImplementedError

    def parse_nested(self, text: str) -> Sequence:
        """The program inside backquotes (the parser's)."""
        raise NotImplementedError

    def nested(self, text: str) -> WordReader:
        """A reader of another text, one level deeper (the parser's)."""
        raise NotImplementedError

    def error(self, message: str, *, incomplete: bool = False) -> ShellSyntaxError:
        """A syntax error here."""
        return ShellSyntaxError(message, self.line, incomplete=incomplete)

    def read_word(self) -> Word:
        """The word at `at`; there must be one."""
        parts: list[Part] = []
        text = self.text
        while self.at < len(text):
            char = text[self.at]
            if char in "<>" and text.startswith("(", self.at + 1):
                self.at += 2
                parts.append(Streamed(self.parse_substitution(), writes=char == ">"))
                text = self.text
            elif char in _ENDS:
                break
            elif char == "\\":
                self._escape(parts)
            elif char == "'":
                self._single(parts)
            elif char == '"':
                self.at += 1
                self._double(parts)
            elif char == "$":
                self._dollar(parts, quoted=False)
            elif char == "`":
                self._backquote(parts, quoted=False)
            else:
                start = self.at
                while self.at < len(text) and text[self.at] not in _ENDS and text[self.at] not in "\\'\"$`":
                    self.at += 1
                parts.append(Text(text[start : self.at]))
        return make_word(parts)

    def _escape(self, parts: list[Part]) -> None:
        self.at += 1
        if self.at >= len(self.text):
            parts.append(Text("\\", quoted=True))
            return
        char = self.text[self.at]
        self.at += 1
        if char == "\n":
            self.line += 1
        else:
            parts.append(Text(char, quoted=True))

    def _single(self, parts: list[Part]) -> None:
        end = self.text.find("'", self.at + 1)
        if end < 0:
            raise self.error("unterminated quoted string", incomplete=True)
        content = self.text[self.at + 1 : end]
        self.line += content.count("\n")
        parts.append(Text(content, quoted=True))
        self.at = end + 1

    def _double(self, parts: list[Part]) -> None:
        """The inside of double quotes, with the closing one."""
        parts.append(Text("", quoted=True))
        while True:
            if self.at >= len(self.text):
                raise self.error("unterminated quoted string", incomplete=True)
            char = self.text[self.at]
            if char == '"':
                self.at += 1
                return
            self._quoted_char(parts, char, escapes='$`"\\\n')

    def _quoted_char(self, parts: list[Part], char: str, escapes: str) -> None:
        if char == "\\":
            following = self.text[self.at + 1 : self.at + 2]
            self.at += 2
            if following == "\n":
                self.line += 1
            elif following and following in escapes:
                parts.append(Text(following, quoted=True))
            else:
                parts.append(Text("\\" + following, quoted=True))
        elif char == "$":
            self._dollar(parts, quoted=True)
        elif char == "`":
            self._backquote(parts, quoted=True)
        else:
            self.line += char == "\n"
            self.at += 1
            parts.append(Text(char, quoted=True))

    def read_document(self) -> Word:
        """The text as an unquoted here-document: like double quotes, but `"` is an ordinary character."""
        parts: list[Part] = [Text("", quoted=True)]
        while self.at < len(self.text):
            self._quoted_char(parts, self.text[self.at], escapes="$`\\\n")
        return make_word(parts)

    # -- dollars ------------------------------------------------------------------------------------------

    def _dollar(self, parts: list[Part], *, quoted: bool) -> None:
        text = self.text
        after = text[self.at + 1 : self.at + 2]
        if text.startswith("$((", self.at) and self._arithmetic(parts, quoted=quoted):
            return
        if after == "(":
            self.at += 2
            parts.append(Substitution(self.parse_substitution(), quoted))
        elif after == "{":
            self.at += 2
            parts.append(self._braced(quoted=quoted))
        elif after == "'" and not quoted:
            self._ansi(parts)
        elif name := _NAME.match(text, self.at + 1):
            self.at = name.end()
            parts.append(Param(name.group(), quoted=quoted))
        elif after and after in "0123456789@*#?$!-":
            self.at += 2
            parts.append(Param(after, quoted=quoted))
        else:
            self.at += 1
            parts.append(Text("$", quoted=True))

    def _arithmetic(self, parts: list[Part], *, quoted: bool) -> bool:
        """`$((…))`; False when it turns out to be a command substitution that starts with a subshell."""
        depth, at = 0, self.at + 3
        text = self.text
        while at < len(text):
            if text[at] == "(":
                depth += 1
            elif text[at] == ")":
                if depth == 0:
                    break
                depth -= 1
            at += 1
        if at >= len(text):
            raise self.error('unexpected end of file (expecting "))")', incomplete=True)
        if text[at : at + 2] != "))":
            raise self.error("missing '))'")
        parts.append(Arithmetic(self.nested(text[self.at + 3 : at]).read_document(), quoted))
        self.at = at + 2
        return True

    def _braced(self, *, quoted: bool) -> Param:
        text = self.text
        if text.startswith("#", self.at) and text[self.at + 1 : self.at + 2] not in ("}", ""):
            match = _NAME.match(text, self.at + 1) or re.compile(r"\d+|[@*#?$!-]").match(text, self.at + 1)
            if match and text.startswith("}", match.end()):
                self.at = match.end() + 1
                return Param(match.group(), "#len", quoted=quoted)
        match = _NAME.match(text, self.at) or re.compile(r"\d+|[@*#?$!-]").match(text, self.at)
        if match is None:
            return self._bad_substitution()
        self.at = match.end()
        name = match.group()
        if text.startswith("}", self.at):
            self.at += 1
            return Param(name, quoted=quoted)
        operator = _OPERATORS.match(text, self.at)
        if operator is None:
            if self.at >= len(text):
                raise self.error("missing '}'", incomplete=True)
            return self._bad_substitution()
        self.at = operator.end()
        op = operator.group()
        # in "${x:-'a'}" single quotes are ordinary, in "${x#'a'}" they quote (POSIX 2.6.2)
        plain = quoted and op[-1:] in "-=?+"
        stops = "/}" if op in ("/", "//") else ":}" if op == ":" else "}"
        argument = self._operand(stops, quoted=plain)
        second: Word | None = None
        if len(stops) > 1 and text[self.at - 1] == stops[0]:
            second = self._operand("}", quoted=plain)
        return Param(name, op, argument, second, quoted)

    def _bad_substitution(self) -> Param:
        depth = 1
        while self.at < len(self.text):
            char = self.text[self.at]
            self.at += 1
            depth += (char == "{") - (char == "}")
            if depth == 0:
                return Param("", "bad")
        raise self.error("missing '}'", incomplete=True)

    def _operand(self, stops: str, *, quoted: bool) -> Word:
        parts: list[Part] = []
        text = self.text
        while self.at < len(text):
            char = text[self.at]
            if char in stops:
                self.at += 1
                return make_word(parts)
            if char == '"':
                self.at += 1
                self._double(parts)
            elif quoted:
                self._quoted_char(parts, char, escapes='$`"\\}')
            elif char == "\\":
                self._escape(parts)
            elif char == "'":
                self._single(parts)
            elif char == "$":
                self._dollar(parts, quoted=False)
            elif char == "`":
                self._backquote(parts, quoted=False)
            else:
                self.line += char == "\n"
                self.at += 1
                parts.append(Text(char))
        raise self.error("missing '}'", incomplete=True)

    def _backquote(self, parts: list[Part], *, quoted: bool) -> None:
        self.at += 1
        content: list[str] = []
        while True:
            if self.at >= len(self.text):
                raise self.error("EOF in backquote substitution", incomplete=True)
            char = self.text[self.at]
            self.at += 1
            if char == "`":
                break
            following = self.text[self.at : self.at + 1]
            if char == "\\" and following and following in ('$`\\"' if quoted else "$`\\"):
                self.at += 1
                char = following
            content.append(char)
        parts.append(Substitution(self.parse_nested("".join(content)), quoted))

    def _ansi(self, parts: list[Part]) -> None:
        """`$'…'`."""
        self.at += 2
        out: list[str] = []
        while True:
            if self.at >= len(self.text):
                raise self.error("unterminated quoted string", incomplete=True)
            char = self.text[self.at]
            self.at += 1
            if char == "'":
                break
            if char != "\\":
                out.append(char)
                continue
            match = re.compile(r"x[0-9a-fA-F]{1,2}|[0-7]{1,3}").match(self.text, self.at)
            if match:
                digits = match.group()
                self.at = match.end()
                out.append(chr(int(digits[1:], 16) if digits[0] == "x" else int(digits, 8) & 0xFF))
                continue
            escape = self.text[self.at : self.at + 1]
            self.at += 1
            out.append(_ANSI.get(escape, escape if escape in "\\'\"?" else "\\" + escape))
        parts.append(Text("".join(out), quoted=True))

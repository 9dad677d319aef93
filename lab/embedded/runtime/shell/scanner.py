"""Cutting the shell's language into tokens: operators, redirections, words, and here-documents after a line.

A base of the parser. Which words are reserved depends on where they stand, so that is asked, not stored.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.embedded.runtime.shell.syntax import ShellSyntaxError, Text, Word, make_word
from lab.embedded.runtime.shell.words import WordReader

if TYPE_CHECKING:
    from lab.embedded.runtime.shell.syntax import Redirect

_OPERATORS = re.compile(r"&&|&>|\|\||;;|;|&|\||\(|\)|\n")
REDIRECT = re.compile(r"(\d*)(<<-|<<|<&|>&|<>|>>|>\||<|>)")
_BLANK = re.compile(r"(?:[ \t]|\\\n)+")
RESERVED = frozenset(
    [
        "!",
        "{",
        "}",
        "if",
        "then",
        "elif",
        "else",
        "fi",
        "while",
        "until",
        "for",
        "do",
        "done",
        "case",
        "esac",
        "in",
        "function",
    ]
)


@dataclass(frozen=True, slots=True)
class Token:
    """One token; a word with its parts."""

    kind: str
    """`op`, `redirect`, `word` or `eof`."""
    value: str
    word: Word | None = None
    line: int = 0


@dataclass(slots=True)
class Pending:
    """A here-document whose text comes after the line."""

    delimiter: str
    quoted: bool
    strip: bool
    document: Word | None = None


class Scanner(WordReader):
    """Gives a text's tokens one by one, with one of look-ahead."""

    def __init__(self, text: str, line: int = 1, depth: int = 0) -> None:
        self.text = text.replace("\0", "")
        self.at = 0
        self.line = line
        self._depth = depth
        self._token: Token | None = None
        self._documents: list[Pending] = []
        self._unread: list[tuple[Redirect, Pending]] = []

    @property
    def at_end(self) -> bool:
        """Whether the command just read ended with the text itself, not with a line's end."""
        return self._token is not None and self._token.kind == "eof"

    def _peek(self) -> Token:
        if self._token is None:
            self._token = self._scan()
        return self._token

    def _take(self) -> Token:
        token = self._peek()
        self._token = None
        if token.kind == "op" and token.value == "\n":
            self.line += 1
            self._read_documents()
        return token

    def _scan(self) -> Token:
        blank = _BLANK.match(self.text, self.at)
        if blank:
            self.line += blank.group().count("\n")
            self.at = blank.end()
        if self.text.startswith("#", self.at):
            end = self.text.find("\n", self.at)
            self.at = len(self.text) if end < 0 else end
        if self.at >= len(self.text):
            return Token("eof", "", line=self.line)
        redirect = REDIRECT.match(self.text, self.at)
        if redirect:
            self.at = redirect.end()
            return Token("redirect", redirect.group(), line=self.line)
        operator = _OPERATORS.match(self.text, self.at)
        if operator:
            self.at = operator.end()
            if operator.group() == "&>":
                return Token("redirect", "&>", line=self.line)
            return Token("op", operator.group(), line=self.line)
        line = self.line
        start = self.at
        word = self.read_word()
        return Token("word", self.text[start : self.at], word, line)

    def _is_op(self, *values: str) -> bool:
        token = self._peek()
        return token.kind == "op" and token.value in values

    def _reserved(self) -> str | None:
        """The reserved word at hand, if it is one."""
        token = self._peek()
        if token.kind == "word" and token.word is not None and token.word.bare in RESERVED:
            return token.word.bare
        return None

    def _unexpected(self, token: Token, expecting: str | None = None) -> ShellSyntaxError:
        if token.kind == "eof":
            what = "end of file"
        elif token.kind == "redirect":
            what = "redirection"
        elif token.kind == "word":
            bare = token.word.bare if token.word else None
            what = f'"{bare}"' if bare in RESERVED else "word"
        else:
            what = "newline" if token.value == "\n" else f'"{token.value}"'
        hint = f' (expecting "{expecting}")' if expecting else ""
        return ShellSyntaxError(f"unexpected {what}{hint}", token.line, incomplete=token.kind == "eof")

    def _expect(self, word: str) -> None:
        if self._reserved() != word:
            raise self._unexpected(self._peek(), word)
        self._take()

    def _skip_newlines(self) -> None:
        while self._is_op("\n"):
            self._take()

    def _read_documents(self) -> None:
        for pending in self._documents:
            lines: list[str] = []
            while self.at < len(self.text):
                end = self.text.find("\n", self.at)
                line = self.text[self.at :] if end < 0 else self.text[self.at : end]
                self.at = len(self.text) if end < 0 else end + 1
                self.line += end >= 0
                line = line.lstrip("\t") if pending.strip else line
                if line == pending.delimiter:
                    break
                lines.append(line + "\n")
            content = "".join(lines)
            if pending.quoted:
                pending.document = make_word([Text(content, quoted=True)])
            else:
                pending.document = self.nested(content).read_document()
        self._documents.clear()

"""Cutting the shell's language into tokens: operators, redirections, words, and here-documents after a line.

A base of the parser. Which words are reserved depends on where they stand, so that is asked, not stored.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from lab.embedded.runtime.shell.syntax import ShellSyntaxError, Text, Word, make_word
from lab.embedded.runtime.shell.words import WordReader

if TYPE_CHECKING:
    from collections.abc import Mapping

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


class Token(Struct, frozen=True):
    """One token; a word with its parts."""

    kind: str
    """`op`, `redirect`, `word` or `eof`."""
    value: str
    word: Word | None = None
    line: int = 0
    start: int = 0
    """Where it begins in the text."""


class Pending(Struct):
    """A here-document whose text comes after the line."""

    delimiter: str
    quoted: bool
    strip: bool
    document: Word | None = None


class Scanner(WordReader):
    """Gives a text's tokens one by one, with one of look-ahead."""

    def __init__(
        self, text: str, line: int = 1, depth: int = 0, aliases: Mapping[str, str] | None = None
    ) -> None:
        self.text = text.replace("\0", "")
        self.aliases = {} if aliases is None else aliases
        self.alias_next = False
        """Whether the alias just put in ends with a blank, so that the next word may be one, too."""
        self._expanded: list[tuple[str, int]] = []
        """Aliases put into the text, and how much of the text came after each."""
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
        begin = self.at
        if self.at >= len(self.text):
            return Token("eof", "", line=self.line, start=begin)
        if self.text.startswith(("<(", ">("), self.at):
            word = self.read_word()
            return Token("word", self.text[begin : self.at], word, self.line, begin)
        redirect = REDIRECT.match(self.text, self.at)
        if redirect:
            self.at = redirect.end()
            return Token("redirect", redirect.group(), line=self.line, start=begin)
        operator = _OPERATORS.match(self.text, self.at)
        if operator:
            self.at = operator.end()
            if operator.group() == "&>":
                return Token("redirect", "&>", line=self.line, start=begin)
            return Token("op", operator.group(), line=self.line, start=begin)
        line = self.line
        word = self.read_word()
        return Token("word", self.text[begin : self.at], word, line, begin)

    def _expand_alias(self) -> None:
        """Put an alias' text in the place of the word at hand, as often as it stands for another."""
        self.alias_next = False
        while self.aliases:
            token = self._peek()
            name = token.word.bare if token.word is not None else None
            behind = len(self.text) - self.at
            self._expanded = [each for each in self._expanded if each[1] < behind]
            if name not in self.aliases or name is None or any(name == each for each, _ in self._expanded):
                return
            value = self.aliases[name]
            self._expanded.append((name, behind))
            self.text = self.text[: token.start] + value + self.text[self.at :]
            self.at, self._token = token.start, None
            self.alias_next = value.endswith((" ", "\t"))

    def _is_op(self, *values: str) -> bool:
        token = self._peek()
        return token.kind == "op" and token.value in values

    def _reserved(self) -> str | None:
        """The reserved word at hand, if it is one."""
        token = self._peek()
        if token.kind == "word" and token.word is not None and token.word.bare in RESERVED:
            return token.word.bare
        return None

    def _unexpected(
        self, token: Token, expecting: str | None = None, *, keywords: bool = True
    ) -> ShellSyntaxError:
        if token.kind == "eof":
            what = "end of file"
        elif token.kind == "redirect":
            what = "redirection"
        elif token.kind == "word":
            bare = token.word.bare if token.word else None
            what = f'"{bare}"' if bare in RESERVED and keywords else "word"
        else:
            what = "newline" if token.value == "\n" else f'"{token.value}"'
        hint = f' (expecting "{expecting}")' if expecting else ""
        line = token.line + (token.value == "\n")  # the next one has begun when the error is seen
        return ShellSyntaxError(f"unexpected {what}{hint}", line, incomplete=token.kind == "eof")

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
                lines.append(line + "\n" if end >= 0 else line)
            content = "".join(lines)
            if pending.quoted:
                pending.document = make_word([Text(content, quoted=True)])
            else:
                pending.document = self.nested(content).read_document()
        self._documents.clear()

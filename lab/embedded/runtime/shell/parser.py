r"""Reading the shell's language: ash's grammar (busybox 1.36), one complete command at a time.

Written here, after trying tree-sitter-bash: it refuses ash programs (two here-documents on a line, `for i
do`, `[ a \\< b ]`), takes what ash refuses (arrays, `for ((`, `<<<`), and an error node cannot say what ash
says (`unexpected ";" (expecting "then")`). Commands are read one by one, as ash does, so that what stands
before a syntax error has run.
"""

from __future__ import annotations

import re

from lab.embedded.runtime.shell.scanner import REDIRECT, Pending, Scanner, Token
from lab.embedded.runtime.shell.syntax import (
    AndOr,
    Case,
    For,
    Function,
    If,
    Loop,
    Node,
    Pipeline,
    Redirect,
    Redirected,
    Sequence,
    ShellSyntaxError,
    Simple,
    Subshell,
    Text,
    Word,
    make_word,
)

_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_CLOSERS = frozenset(["}", "then", "elif", "else", "fi", "do", "done", "esac"])
MAX_DEPTH = 60
"""Compound commands inside one another, before the parser gives up as ash's stack would."""


class Parser(Scanner):
    """Reads commands from a text."""

    def next_command(self) -> Node | None:
        """The next complete command (a line's worth), or None at the end.

        Raises:
            ShellSyntaxError: ash would refuse it, in ash's words.
        """
        while self._is_op("\n"):
            self._take()
        if self._peek().kind == "eof":
            return None
        node = self._list(until_newline=True)
        token = self._peek()
        if self._is_op("\n"):
            self._take()
        elif token.kind != "eof":
            raise self._unexpected(token)
        return self._resolve(node)

    # -- lists --------------------------------------------------------------------------------------------

    def _list(self, *, until_newline: bool = False) -> Node:
        items: list[tuple[Node, bool]] = []
        texts: list[str] = []
        while True:
            if not until_newline:
                self._skip_newlines()
                if not items and self._peek().kind == "eof":
                    return Sequence(())  # whoever expects more says what
            begin = self._peek().start
            node = self._and_or()
            background = self._is_op("&")
            items.append((node, background))
            texts.append(self.text[begin : self._peek().start].strip() if background else "")
            if self._is_op(";", "&"):
                self._take()
                if until_newline and self._is_op("\n"):
                    break
                if background and self._is_op(";", "&", "&&", "||", "|"):
                    raise self._unexpected(self._peek())
            elif not (self._is_op("\n") and not until_newline):
                break
            if not until_newline:
                self._skip_newlines()
            if self._peek().kind == "eof" or self._is_op(")", ";;") or self._reserved() in _CLOSERS:
                break
        if len(items) == 1 and not items[0][1]:
            return items[0][0]
        return Sequence(tuple(items), tuple(texts) if any(texts) else ())

    def _and_or(self) -> Node:
        first = self._pipeline()
        rest: list[tuple[str, Node]] = []
        while self._is_op("&&", "||"):
            op = self._take().value
            self._skip_newlines()
            rest.append((op, self._pipeline()))
        return AndOr(first, tuple(rest)) if rest else first

    def _pipeline(self) -> Node:
        negated = False
        if self._reserved() == "!":
            self._take()
            negated = True
        commands = [self._command()]
        while self._is_op("|"):
            self._take()
            self._skip_newlines()
            commands.append(self._command())
        return Pipeline(tuple(commands), negated) if negated or len(commands) > 1 else commands[0]

    # -- commands -----------------------------------------------------------------------------------------

    def _command(self) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ShellSyntaxError("commands nested too deeply", self.line)
        try:
            return self._compound_or_simple()
        finally:
            self._depth -= 1

    def _compound_or_simple(self) -> Node:
        self._expand_alias()
        token = self._peek()
        if self._is_op("("):
            self._take()
            body = self._list()
            if not self._is_op(")"):
                raise self._unexpected(self._peek(), ")")
            self._take()
            return self._with_redirects(Subshell(body))
        word = self._reserved()
        readers = {
            "{": self._group,
            "if": self._if,
            "while": self._loop,
            "until": self._loop,
            "for": self._for,
            "case": self._case,
            "function": self._bash_function,
        }
        if word in readers:
            self._take()
            return readers[word](word)
        if (word is not None and word != "in") or (token.kind not in ("word", "redirect")):
            raise self._unexpected(token)
        return self._simple()

    def _with_redirects(self, node: Node) -> Node:
        redirects: list[Redirect] = []
        while self._peek().kind == "redirect":
            redirects.append(self._redirect())
        return Redirected(node, tuple(redirects)) if redirects else node

    def _group(self, _: str) -> Node:
        body = self._list()
        self._expect("}")
        return self._with_redirects(body if isinstance(body, Sequence) else Sequence(((body, False),)))

    def _if(self, _: str) -> Node:
        clauses: list[tuple[Node, Node]] = []
        otherwise: Node | None = None
        while True:
            condition = self._list()
            self._expect("then")
            clauses.append((condition, self._list()))
            if self._reserved() == "elif":
                self._take()
                continue
            if self._reserved() == "else":
                self._take()
                otherwise = self._list()
            self._expect("fi")
            return self._with_redirects(If(tuple(clauses), otherwise))

    def _loop(self, kind: str) -> Node:
        condition = self._list()
        body = self._do_group()
        return self._with_redirects(Loop(condition, body, kind == "until"))

    def _do_group(self) -> Node:
        self._expect("do")
        body = self._list()
        self._expect("done")
        return body

    def _for(self, _: str) -> Node:
        token = self._peek()
        name = token.word.bare if token.word else None
        if name is None or not _NAME.match(name):
            raise ShellSyntaxError("bad for loop variable", token.line)
        self._take()
        words: list[Word] | None = None
        self._skip_newlines()
        if self._reserved() == "in":
            self._take()
            words = []
            while self._peek().kind == "word":
                words.append(_word(self._take()))
            if not self._is_op(";", "\n"):
                raise self._unexpected(self._peek())
            self._take()
        elif self._is_op(";"):
            self._take()
        self._skip_newlines()
        body = self._do_group()
        return self._with_redirects(For(name, tuple(words) if words is not None else None, body))

    def _case(self, _: str) -> Node:
        token = self._take()
        if token.kind != "word":
            raise self._unexpected(token, None)
        self._skip_newlines()
        self._expect("in")
        items: list[tuple[tuple[Word, ...], Node | None]] = []
        self._skip_newlines()
        while self._reserved() != "esac":
            if self._peek().kind == "eof":
                raise self._unexpected(self._peek(), "esac" if items else ")")
            items.append(self._case_item())
            self._skip_newlines()
        self._take()
        return self._with_redirects(Case(_word(token), tuple(items)))

    def _case_item(self) -> tuple[tuple[Word, ...], Node | None]:
        if self._is_op("("):
            self._take()
        patterns: list[Word] = []
        while True:
            token = self._take()
            if token.kind != "word":
                raise self._unexpected(token, None if token.kind != "eof" else ")")
            patterns.append(_word(token))
            if not self._is_op("|"):
                break
            self._take()
        if not self._is_op(")"):
            raise self._unexpected(self._peek(), ")")
        self._take()
        self._skip_newlines()
        body: Node | None = None
        if not self._is_op(";;") and self._reserved() != "esac":
            body = self._list()
        if isinstance(body, Sequence) and not body.items:
            body = None
        if self._is_op(";;"):
            self._take()
        elif self._reserved() != "esac":
            raise self._unexpected(self._peek(), ";;")
        return tuple(patterns), body

    def _bash_function(self, _: str) -> Node:
        token = self._take()
        if token.kind != "word":
            raise self._unexpected(token)
        if self._is_op("("):
            self._take()
            if not self._is_op(")"):
                raise self._unexpected(self._peek(), ")")
            self._take()
        self._skip_newlines()
        line = self._peek().line
        return Function(token.value, self._command(), line)

    def _simple(self) -> Node:
        assignments: list[tuple[str, Word]] = []
        words: list[Word] = []
        redirects: list[Redirect] = []
        line = self._peek().line
        while True:
            token = self._peek()
            if token.kind == "redirect":
                redirects.append(self._redirect())
            elif token.kind == "word":
                self._take()
                found = None if words else _assignment(token)
                if found:
                    assignments.append(found)
                    self._expand_alias()
                    continue
                words.append(_word(token))
                if self.alias_next:
                    self._expand_alias()
            elif self._is_op("&&", "||") and words and words[0].literal == "[[" and words[-1].literal != "]]":
                words.append(make_word([Text(self._take().value)]))
            elif self._is_op("(") and len(words) == 1 and not assignments and not redirects:
                return self._function(words[0])
            else:
                break
        if self._is_op("("):
            raise self._unexpected(self._peek())
        literals = tuple(word.literal for word in words if word.literal is not None)
        argv = literals if len(literals) == len(words) else None
        return Simple(tuple(assignments), tuple(words), tuple(redirects), line, argv)

    def _function(self, name: Word) -> Node:
        self._take()
        if not self._is_op(")"):
            raise self._unexpected(self._peek(), ")", keywords=False)
        self._take()
        bare = name.bare
        if bare is None or not _NAME.match(bare):
            raise ShellSyntaxError("bad function name", self.line)
        self._skip_newlines()
        line = self._peek().line
        return Function(bare, self._command(), line)

    # -- redirections and here-documents ------------------------------------------------------------------

    def _redirect(self) -> Redirect:
        token = self._take()
        match = REDIRECT.match(token.value)
        op = match.group(2) if match else "&>"
        digits = match.group(1) if match else ""
        fd = int(digits) if digits else 0 if op.startswith("<") else 1
        target = self._peek()
        if target.kind != "word":
            raise self._unexpected(target)
        self._take()
        word = _word(target)
        if not op.startswith("<<"):
            return Redirect(op, fd, word)
        quoted = any(not isinstance(part, Text) or part.quoted for part in word.parts)
        delimiter = "".join(part.text for part in word.parts if isinstance(part, Text))
        pending = Pending(delimiter, quoted, op == "<<-")
        self._documents.append(pending)
        redirect = Redirect("<<", fd, make_word([]))
        self._unread.append((redirect, pending))
        return redirect

    def _resolve(self, node: Node) -> Node:
        """Put the here-documents, now read, where their redirections are."""
        if self._documents:
            self._read_documents()
        for redirect, pending in self._unread:
            redirect.target = pending.document or make_word([])
        self._unread.clear()
        return node

    # -- substitutions ------------------------------------------------------------------------------------

    def parse_substitution(self) -> Sequence:
        """See `WordReader`."""
        inner = Parser(self.text, self.line, self._depth + 1, self.aliases)
        inner.at = self.at
        inner._skip_newlines()
        body: Node = Sequence(())
        if not inner._is_op(")"):
            body = inner._list()
        if not inner._is_op(")"):
            raise inner._unexpected(inner._peek(), ")")
        inner._resolve(body)
        self.text, self.at, self.line = inner.text, inner.at, inner.line
        return body if isinstance(body, Sequence) else Sequence(((body, False),))

    def nested(self, text: str) -> Parser:
        """See `WordReader`."""
        return Parser(text, self.line, self._depth + 1, self.aliases)

    def parse_nested(self, text: str) -> Sequence:
        """See `WordReader`."""
        inner = Parser(text, self.line, self._depth + 1, self.aliases)
        items: list[tuple[Node, bool]] = []
        while (node := inner.next_command()) is not None:
            items.append((node, False))
        return Sequence(tuple(items))


def _word(token: Token) -> Word:
    if token.word is None:
        raise TypeError(token.kind)
    return token.word


def _assignment(token: Token) -> tuple[str, Word] | None:
    word = _word(token)
    first = word.parts[0] if word.parts else None
    if not isinstance(first, Text) or first.quoted:
        return None
    match = _ASSIGNMENT.match(first.text)
    if match is None:
        return None
    rest = first.text[match.end() :]
    return match.group(1), make_word([*([Text(rest)] if rest else []), *word.parts[1:]])

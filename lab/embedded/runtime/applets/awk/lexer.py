"""Cutting awk's programs into tokens. Whether a slash divides or begins a pattern tells what came before."""

from __future__ import annotations

import re

from msgspec import Struct

from lab.embedded.runtime.applets.options import Failed

KEYWORDS = frozenset(
    ["BEGIN", "END", "if", "else", "while", "for", "do", "function", "func", "print", "printf", "next", "in",
     "nextfile", "exit", "return", "break", "continue", "delete", "getline", "switch", "case", "default"]
)  # fmt: skip
OWN = frozenset(
    ["length", "substr", "index", "split", "sub", "gsub", "gensub", "match", "sprintf", "sin", "cos", "atan2",
     "exp", "log", "sqrt", "int", "rand", "srand", "tolower", "toupper", "system", "close", "fflush", "and",
     "or", "xor", "compl", "lshift", "rshift", "strftime", "systime", "mktime"]
)  # fmt: skip
"""Functions awk has."""
_TOKEN = re.compile(
    r'(?P<string>"(?:[^"\\\n]|\\.)*")'
    r"|(?P<number>0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)"
    r"|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<op>\*\*=|\*\*|&&|\|\||==|!=|<=|>=|!~|\+\+|--|\+=|-=|\*=|/=|%=|\^=|>>|[-+*/%^<>=~!?:$(){}\[\],;|\n])",
    re.DOTALL,
)
_SKIPPED = re.compile(r"(?:[ \t\r]|\\\r?\n|#[^\n]*)+")
_PATTERN = re.compile(r"/((?:[^/\\\[\n]|\\.|\[\^?\]?(?:\[:\w+:\]|[^\]\n])*\])*)/")
_ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\",
            '"': '"', "/": "/"}  # fmt: skip


class Token(Struct, frozen=True):
    """One token, and the line it stands in."""

    kind: str
    """`string`, `number`, `pattern`, `name`, `call` (a name before a parenthesis), `own`, `keyword`, …"""
    text: str
    line: int


def tokens(text: str) -> list[Token]:
    """All tokens of a program.

    Raises:
        Failed: something is none.
    """
    out: list[Token] = []
    at, line = 0, 1
    while True:
        skipped = _SKIPPED.match(text, at)
        if skipped:
            line += skipped.group().count("\n")
            at = skipped.end()
        if at >= len(text):
            return [*out, Token("end", "", line)]
        pattern = _PATTERN.match(text, at) if text[at] == "/" and not _operand(out) else None
        if pattern:
            out.append(Token("pattern", pattern[1].replace("\\/", "/"), line))
            at = pattern.end()
            continue
        match = _TOKEN.match(text, at)
        if match is None:
            what = "end of string" if text[at] == '"' else "token"
            raise Failed(f"cmd. line:{line}: Unexpected {what}")
        out.append(_token(match, text, line))
        line += match.group() == "\n"
        at = match.end()


def _operand(before: list[Token]) -> bool:
    """Whether what came before is something a slash could divide."""
    if not before:
        return False
    last = before[-1]
    return last.kind in ("number", "string", "name", "own") or last.text in (")", "]", "$", "++", "--")


def _token(match: re.Match[str], text: str, line: int) -> Token:
    kind, word = match.lastgroup or "", match.group()
    if kind == "string":
        return Token("string", unescaped(word[1:-1]), line)
    if kind == "name":
        if word in KEYWORDS:
            kind = "keyword"
        elif word in OWN:
            kind = "own"
        elif text.startswith("(", match.end()):
            kind = "call"
    return Token(kind, word, line)


def unescaped(text: str) -> str:
    """A text with its backslashes carried out, as in string constants and `-v`."""

    def one(match: re.Match[str]) -> str:
        digits = match[1]
        if digits:
            return chr(int(digits, 8) & 0xFF)
        if match[2]:
            return chr(int(match[2], 16))
        char = match[3]
        return _ESCAPES.get(char, "" if char == "\n" else "\\" + char)

    return re.sub(r"\\(?:([0-7]{1,3})|x([0-9a-fA-F]{1,2})|(.))", one, text, flags=re.DOTALL)

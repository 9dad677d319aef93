"""`echo` and `printf`: escapes and formats."""

from __future__ import annotations

import re

_ESCAPES = {
    "a": "\a",
    "b": "\b",
    "e": "\x1b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
    "\\": "\\",
}
_SPEC = re.compile(r"%([-+ #0]*)(\*|\d+)?(?:\.(\*|\d+))?([a-zA-Z%])")


def unescape(text: str, *, octal_zero: bool) -> tuple[str, bool]:
    r"""Text with backslash escapes carried out, and whether `\\c` ended it."""
    out: list[str] = []
    at = 0
    octal = re.compile(r"0[0-7]{0,3}" if octal_zero else r"[0-7]{1,3}")
    while at < len(text):
        char = text[at]
        at += 1
        if char != "\\" or at >= len(text):
            out.append(char)
            continue
        if text[at] == "c":
            return "".join(out), True
        number = octal.match(text, at) or re.compile(r"x[0-9a-fA-F]{1,2}").match(text, at)
        if number:
            digits = number.group()
            code = int(digits[1:], 16) if digits[0] == "x" else int(digits, 8) & 0xFF
            out.append(chr(code) if code < 128 else chr(0xDC00 + code))
            at = number.end()
            continue
        out.append(_ESCAPES.get(text[at], "\\" + text[at]))
        at += 1
    return "".join(out), False


def echo(arguments: list[str]) -> str:
    """What `echo` prints."""
    newline, escapes = True, False
    while arguments and re.fullmatch(r"-[neE]+", arguments[0]):
        newline = newline and "n" not in arguments[0]
        escapes = "e" in arguments[0] or (escapes and "E" not in arguments[0])
        arguments = arguments[1:]
    text = " ".join(arguments)
    if escapes:
        text, cut = unescape(text, octal_zero=True)
        newline = newline and not cut
    return text + ("\n" if newline else "")


def printf(template: str, arguments: list[str]) -> tuple[str, list[str]]:
    """What `printf` prints, and complaints (`printf: x: invalid number`)."""
    out: list[str] = []
    errors: list[str] = []
    rest = list(arguments)
    while True:
        before = len(rest)
        cut = _once(template, rest, out, errors)
        if cut or not rest or len(rest) == before:
            return "".join(out), errors


def _once(template: str, rest: list[str], out: list[str], errors: list[str]) -> bool:
    at = 0
    while at < len(template):
        match = _SPEC.match(template, at)
        if match is None:
            following = template.find("%", at + 1)
            following = len(template) if following < 0 else following
            text, cut = unescape(template[at:following], octal_zero=False)
            out.append(text)
            if cut:
                return True
            at = following
            continue
        at = match.end()
        flags, width, precision, kind = match.groups()
        if kind == "%":
            out.append("%")
            continue
        width = (rest.pop(0) if rest else "0") if width == "*" else width
        precision = (rest.pop(0) if rest else "0") if precision == "*" else precision
        value = rest.pop(0) if rest else ""
        spec = "%" + flags + (width or "") + (f".{precision}" if precision is not None else "")
        if kind == "b":
            text, cut = unescape(value, octal_zero=True)
            out.append((spec + "s") % text)
            if cut:
                return True
        else:
            out.append(_formatted(spec, kind, value, errors))
    return False


def _formatted(spec: str, kind: str, value: str, errors: list[str]) -> str:
    if kind == "s":
        return (spec + "s") % value
    if kind == "c":
        return (spec + "s") % value[:1]
    try:
        if value[:1] in ("'", '"'):
            number: float = ord(value[1:2] or "\0")
        elif kind in "diouxX":
            number = int(value or "0", 0) if not re.fullmatch(r"-?0\d+", value) else int(value, 8)
        else:
            number = float(value or "0")
    except ValueError:
        errors.append(f"invalid number '{value}'")
        number = 0
    if kind in "diu":
        return (spec + "d") % number
    if kind in "oxXeEfFgG":
        return (spec + kind) % (int(number) & 0xFFFFFFFFFFFFFFFF if kind in "oxX" else number)
    errors.append(f"%{kind}: invalid format")
    return ""

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
_SPEC = re.compile(r"%([-+ #0]*)(\*|\d+)?(?:\.(\*|\d*))?(?:hh|h|ll|l|L|j|z|t)?([bcdiouxXeEfFgGs])")
_LONGEST = 1 << 24
"""Characters after which `printf` has printed enough for one command."""
_WIDEST = 1 << 20
"""The widest field there is."""


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
    """What `printf` prints, and complaints (`invalid number 'x'`)."""
    out: list[str] = []
    errors: list[str] = []
    rest = list(reversed(arguments))
    size = 0
    while True:
        before = len(rest)
        cut = _once(template, rest, out, errors)
        size += sum(map(len, out[-1:]))
        if cut or not rest or len(rest) == before or size > _LONGEST:
            return "".join(out), errors


def _once(template: str, rest: list[str], out: list[str], errors: list[str]) -> bool:
    """One time through the format; whether that ended it all. `rest`: what is still to print, backwards."""
    at = 0
    while at < len(template):
        if template[at] != "%":
            following = template.find("%", at + 1)
            following = len(template) if following < 0 else following
            text, cut = unescape(template[at:following], octal_zero=False)
            out.append(text)
            if cut:
                return True
            at = following
            continue
        if template.startswith("%%", at):
            out.append("%")
            at += 2
            continue
        match = _SPEC.match(template, at)
        if match is None:
            errors.append(f"{template[at:]}: invalid format")
            return True
        at = match.end()
        if _converted(match, rest, out, errors):
            return True
    return False


def _converted(match: re.Match[str], rest: list[str], out: list[str], errors: list[str]) -> bool:
    """Carry out one conversion; whether `%b` ended it all."""
    flags, width, precision, kind = match.groups()
    width = (rest.pop() if rest else "0") if width == "*" else width or ""
    precision = (rest.pop() if rest else "0") if precision == "*" else precision
    if width.startswith("-"):
        flags, width = flags + "-", width[1:]
    spec = "%" + flags + _bounded(width) + (f".{_bounded(precision)}" if precision is not None else "")
    value = rest.pop() if rest else None
    if kind == "b":
        text, cut = unescape(value or "", octal_zero=True)
        out.append((spec + "s") % text)
        return cut
    if kind in "sc":
        text = value or ""
        out.append((spec + "s") % (text if kind == "s" else text[:1] or "\0"))
        return False
    number = _number(kind, value or "", errors)
    if kind == "o":
        out.append(("0" if "#" in flags else "") + (spec.replace("#", "") + "o") % number)
    else:
        out.append((spec + ("d" if kind in "diu" else kind)) % number)
    return False


def _bounded(text: str) -> str:
    """A width or precision that is a number, and none that would fill the machine's memory."""
    return str(min(int(text[:9]), _WIDEST)) if text.isdigit() else "0"


def _number(kind: str, value: str, errors: list[str]) -> float:
    if value[:1] in ("'", '"') and len(value) > 1:
        return ord(value[1])
    number: float = 0
    try:
        if kind in "diouxX":
            text = value.strip()
            number = int(text, 8) if re.fullmatch(r"[-+]?0\d+", text) else int(text, 0)
            fits = -(1 << 63) <= number < 1 << (64 if kind in "ouxX" else 63)
            number &= (1 << 64) - 1 if kind in "ouxX" else -1
        else:
            number, fits = float(value), True
    except ValueError:
        fits = False
    if not fits:
        errors.append(f"invalid number '{value}'")
    return number if fits else 0

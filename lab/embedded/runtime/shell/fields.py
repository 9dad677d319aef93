"""Field splitting (POSIX 2.6.5)."""

from __future__ import annotations

import re

_BLANKS = re.compile(r"[ \t\n]+")


def chunks(text: str, ifs: str) -> list[str | None]:
    """The text cut at IFS: strings, with None where one field ends and another may begin."""
    if not ifs:
        return [text] if text else []
    if ifs == " \t\n":
        return _blanks(text)
    out: list[str | None] = []
    blank = "".join(char for char in ifs if char in " \t\n")
    current = ""
    after_delimiter = (
        True  # a delimiter that is no blank makes an empty field unless something came before it
    )
    for char in text:
        if char not in ifs:
            current += char
            after_delimiter = False
        elif char in blank:
            if current:
                out.extend((current, None))
                current = ""
            elif not out:
                out.append(None)
        else:
            if current:
                out.extend((current, None))
            elif after_delimiter or (out and out[-1] is None and len(out) >= 2 and out[-2] == ""):
                out.extend(("", None))
            current = ""
            after_delimiter = True
    if current:
        out.append(current)
    return out


def _blanks(text: str) -> list[str | None]:
    """The same where only blanks separate, which is nearly always, and texts can be long."""
    out: list[str | None] = []
    for word in _BLANKS.split(text):
        out += (word or None, None)
    out.pop()
    return [each for at, each in enumerate(out) if each is not None or at == 0 or out[at - 1] is not None]

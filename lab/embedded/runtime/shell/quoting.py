"""Texts as a shell could read them again: in `export -p`, `set`, `trap` and after `set -x`."""

from __future__ import annotations

import re

from lab.embedded.runtime.shell.scanner import RESERVED

_RUNS = re.compile(r"([^']*)('*)", re.DOTALL)


def quoted(text: str) -> str:
    """In single quotes, and single quotes in double ones, as ash's `single_quote` puts them."""
    out = "".join(f"'{plain}'" + (f'"{quotes}"' if quotes else "") for plain, quotes in _RUNS.findall(text))
    return out.removesuffix("''") if text else "''"


def traced(text: str) -> str:
    """Quoted where `set -x` does it: `maybe_single_quote` goes by the characters' codes, and by keywords."""
    if text in RESERVED or any(c < "+" or ";" <= c <= "?" or c in "`[\\" or c > "z" for c in text):
        return quoted(text)
    return text

"""How psql prints rows: aligned, unaligned, or one field a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from lab.embedded.runtime.daemons.postgres.protocol import NUMBERS

if TYPE_CHECKING:
    from collections.abc import Sequence


class Style(Struct):
    """What the options say."""

    bare: bool = False
    unaligned: bool = False
    mark: str = "|"
    expanded: bool = False
    quiet: bool = False


def table(
    columns: Sequence[tuple[str, int]],
    rows: Sequence[Sequence[str | None]],
    style: Style,
    title: str = "",
    *,
    counted: bool = True,
) -> str:
    """An answer, as psql prints it; `counted`: with the number of rows below."""
    names = [name for name, _ in columns]
    cells = [[value or "" for value in row] for row in rows]
    count = f"({len(rows)} row{'' if len(rows) == 1 else 's'})\n"
    if style.expanded:
        return _expanded(names, cells)
    if style.unaligned:
        lines = [style.mark.join(each) for each in ([] if style.bare else [names]) + cells]
        return "".join(f"{line}\n" for line in lines) + ("" if style.bare else count)
    widths = [max([len(name), *(len(line) for row in cells for line in row[at].split("\n"))])
              for at, name in enumerate(names)]  # fmt: skip
    right = [kind in NUMBERS for _, kind in columns]
    body = "".join(f" {_row(row, widths, right)}\n" for row in cells)
    if style.bare:
        return body + "\n"
    head = " | ".join(_middle(name, width) for name, width in zip(names, widths, strict=True))
    rule = "+".join("-" * (width + 2) for width in widths)
    heading = f"{title:^{len(rule)}}".rstrip() + "\n" if title else ""
    return f"{heading} {head} \n{rule}\n{body}" + (f"{count}\n" if counted else "")


def _middle(text: str, width: int) -> str:
    """Centred as psql does: the odd space stands behind."""
    left = (width - len(text)) // 2
    return " " * left + text + " " * (width - len(text) - left)


def _row(row: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    cells = [
        f"{value:>{width}}" if number else f"{value:<{width}}"
        for value, width, number in zip(row, widths, right, strict=True)
    ]
    return " | ".join(cells).rstrip(" ")


def _expanded(names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return "(0 rows)\n\n"
    wide = max(len(name) for name in names)
    most = max(len(value) for row in rows for value in row)
    out = ""
    for number, row in enumerate(rows, 1):
        lead = f"-[ RECORD {number} ]"
        out += lead + "-" * max(0, wide + 1 - len(lead)) + ("+" if len(lead) <= wide + 1 else "")
        out += "-" * max(0, wide + 3 + most - max(len(lead), wide + 2)) + "\n"
        out += "".join(f"{name:<{wide}} | {value}\n" for name, value in zip(names, row, strict=True))
    return out + "\n"

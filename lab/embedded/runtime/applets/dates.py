"""date: the cluster's time, or one given, in any shape; and reading a time as busybox does."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

from lab.embedded.clock.agenda import EPOCH
from lab.embedded.runtime.applets.options import Applet, Failed, Step, parse
from lab.embedded.runtime.filesystem import FileError

if TYPE_CHECKING:
    from lab.embedded.runtime.process import Process

_SHAPES = (
    "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d", "%Y.%m.%d-%H:%M:%S", "%Y.%m.%d-%H:%M", "%Y%m%d%H%M",
    "%m%d%H%M%Y", "%Y-%m-%dT%H:%M:%S", "%H:%M:%S", "%H:%M",
)  # fmt: skip
_ISO = {
    "date": "%Y-%m-%d",
    "hours": "%Y-%m-%dT%H%z",
    "minutes": "%Y-%m-%dT%H:%M%z",
    "seconds": "%Y-%m-%dT%H:%M:%S%z",
}


def read_time(text: str, now: float, shape: str = "") -> float:
    """Seconds since the Unix epoch that a text stands for; `now` completes a time of day.

    Raises:
        Failed: it stands for none.
    """
    if re.fullmatch(r"@-?\d{1,11}", text):
        return float(text[1:])
    today = dt.datetime.fromtimestamp(now, dt.UTC)
    for each in (shape,) if shape else _SHAPES:
        try:
            found = dt.datetime.strptime(text, each).replace(tzinfo=dt.UTC)
        except ValueError:
            continue
        return (
            found if "%d" in each else found.replace(year=today.year, month=today.month, day=today.day)
        ).timestamp()
    raise Failed(f"invalid date '{text}'")


def _date(process: Process, arguments: list[str]) -> Step:
    words = [re.sub(r"^-I(\w+)$", r"--iso=\1", each) for each in arguments]
    options = parse(
        words, "uRId:D:r:s:i:", {"utc": "u", "rfc-2822": "R", "iso-8601": "I", "date": "d", "iso": "i"}
    )
    if "s" in options:
        raise Failed("can't set date: Operation not permitted")
    at = EPOCH + process.now()
    if "r" in options:
        try:
            at = EPOCH + process.kernel.files.node(options.get("r"), process.cwd).mtime
        except FileError as error:
            raise Failed(f"{options.get('r')}: {error}") from None
    if "d" in options:
        at = read_time(options.get("d"), at, options.get("D"))
    shape = "%a %b %e %H:%M:%S UTC %Y"
    if "R" in options:
        shape = "%a, %d %b %Y %H:%M:%S +0000"
    elif "I" in options or "i" in options:
        shape = _ISO.get(options.get("i", "date"), "")
        if not shape:
            raise Failed(f"unknown parameter '{options.get('i')}'")
    for operand in options.operands:
        if not operand.startswith("+"):
            raise Failed(f"invalid date '{operand}'")
        shape = operand[1:]
    moment = dt.datetime.fromtimestamp(at, dt.UTC)
    shape = shape.replace("%s", str(int(at))).replace("%N", f"{round(at % 1 * 1e9):09d}")
    if "i" in options:
        shape = shape.replace("%z", "+00:00")
    yield from process.print(moment.strftime(shape))
    return 0


APPLETS = (Applet("date", "date [OPTIONS] [+FMT] [[-s] TIME]", _date),)

"""envsubst: environment variables put into a text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lab.embedded.runtime.applets.inputs import whole
from lab.embedded.runtime.applets.options import Applet, Step

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lab.embedded.runtime.process import Process

_NAME = re.compile(r"\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))", re.ASCII)


def substitute(text: str, env: Mapping[str, str], only: set[str] | None = None) -> str:
    """`$NAME` and `${NAME}` replaced; `only`: no other names than these."""

    def replacement(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        return match[0] if only is not None and name not in only else env.get(name, "")

    return _NAME.sub(replacement, text)


def _envsubst(process: Process, arguments: list[str]) -> Step:
    text = (yield from whole(process, "-")).decode("utf-8", "surrogateescape")
    only = {match[1] or match[2] for match in _NAME.finditer(arguments[0])} if arguments else None
    yield from process.write(1, substitute(text, process.env, only).encode("utf-8", "surrogateescape"))
    return 0


APPLETS = (Applet("envsubst", "envsubst [SHELL-FORMAT]", _envsubst),)

"""Words that several parts of an exercise are written in, with what they mean for its author."""

from __future__ import annotations

from typing import Annotated

Ref = Annotated[str, "an object as kubectl names it: `kind/name`"]
Seconds = Annotated[float, "seconds of cluster time"]
Pattern = Annotated[str, "a regular expression, searched for"]

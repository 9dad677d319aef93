"""What the fault ports of the lab's images have in common: parameters, answers, ways to end.

Pure. This file is the same in every image of the lab.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from effects import Answer, Exit, Log, Sleep, Steps

MIB = 1024 * 1024

TERMINATED = 143
"""Exit code of a process that SIGTERM ended."""


def fail(message: str, code: int) -> Steps[None]:
    """Say why, and end."""
    yield Log(f"FATAL: {message}", "stderr")
    yield Exit(code)


def leave(code: int) -> Steps[None]:
    """End, as soon as the answer to the request that wanted it is out."""
    yield Sleep(0.1)
    yield Exit(code)


def json_answer(body: object, status: int = 200, content_type: str = "application/json") -> Answer:
    """An answer with a compact JSON body and a line end."""
    return Answer(status, json.dumps(body, separators=(",", ":")).encode() + b"\n", content_type)


def count(query: Mapping[str, str], name: str, default: int | None, most: int) -> int:
    """A parameter from 0 to `most`; ValueError, worded for the client, when it is something else."""
    text = query.get(name, "" if default is None else str(default))
    if not text.isascii() or not text.isdigit() or len(text) > 9 or int(text) > most:
        raise ValueError(f'{name} must be an integer from 0 to {most}, not "{text}"')
    return int(text)


def one_of(query: Mapping[str, str], name: str, choices: tuple[str, ...]) -> str:
    """A parameter out of `choices`; ValueError, worded for the client, when it is something else."""
    text = query.get(name, "")
    if text not in choices:
        raise ValueError(f'{name} must be one of {", ".join(choices)}, not "{text}"')
    return text


def words(query: Mapping[str, str]) -> str:
    """The parameters, for the log line of an injected fault."""
    return "".join(f" {name}={text}" for name, text in sorted(query.items()))

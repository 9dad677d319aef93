"""What a lab image's process wants done: the words between its logic and whoever runs it.

The logic of an image (`health.py`, `availability.py`) is generators that yield these and get their results
back. `running.py` carries them out for real; the embedded cluster carries them out in cluster time. The logic
itself therefore needs no clock, no thread and no socket, and behaves the same in both places.

This file is the same in every image of the lab.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias, TypeVar

T = TypeVar("T")
Steps: TypeAlias = Generator[Any, Any, T]
"""A piece of work: yields effects, is sent their results, returns a T."""


@dataclass(frozen=True)
class Log:
    """Write one line. No result."""

    text: str
    stream: str = "stdout"


@dataclass(frozen=True)
class Sleep:
    """Let `seconds` pass. No result."""

    seconds: float


@dataclass(frozen=True)
class Block:
    """Wait until any other piece of work of this process has changed something (see `Changed`). No result."""


@dataclass(frozen=True)
class Changed:
    """Wake all that wait in `Block`; they look again. No result."""


@dataclass(frozen=True)
class Connect:
    """Open a TCP connection and close it again. Result: None, or the error in words."""

    host: str
    port: int
    timeout: float


@dataclass(frozen=True)
class ReadFile:
    """Read a text file. Result: (text, "") or (None, the error in words)."""

    path: str


@dataclass(frozen=True)
class Allocate:
    """Take memory, touch every page of it, and keep it until the process ends. No result."""

    bytes: int


@dataclass(frozen=True)
class Listen:
    """Accept connections and give their requests to `handle`. Result: None, or the error in words."""

    listener: str
    host: str
    port: int
    peer: bool = False
    """Accept and close connections without speaking HTTP (a stand-in for a database)."""


@dataclass(frozen=True)
class Close:
    """Stop accepting connections; requests in flight go on. No result."""

    listener: str


@dataclass(frozen=True)
class Spawn:
    """Run another piece of work beside this one. No result."""

    work: Steps[None]


@dataclass(frozen=True)
class Exit:
    """End the process, whatever else it is doing. Never comes back."""

    code: int


@dataclass(frozen=True)
class Request:
    """An HTTP request as the logic sees it."""

    listener: str
    """The name given to `Listen`."""
    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """An HTTP answer; the length and the date are added by whoever sends it."""

    status: int
    body: bytes
    content_type: str = "application/json"


class Process(Protocol):
    """The logic of one image's process."""

    def boot(self) -> Steps[None]:
        """From the start until it serves; when it returns, the process stays until an `Exit`."""

    def handle(self, request: Request) -> Steps[Answer]:
        """Answer one request; each runs beside all the others."""

    def terminate(self) -> Steps[None]:
        """What SIGTERM does; never called for SIGKILL."""


Start: TypeAlias = Callable[[Mapping[str, str], Callable[[], float]], Process]
"""Makes a process from its environment and a clock (seconds, from any origin, never going back)."""

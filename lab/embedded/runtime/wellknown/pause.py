"""pause: the container that only holds a pod's namespaces; it has no shell and no tools."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.embedded.runtime.images import Image, ImageModel, Tag, Tags

if TYPE_CHECKING:
    from collections.abc import Generator

    from lab.embedded.runtime.process import Process
    from lab.embedded.runtime.tasks import Reason, Syscall


def pause(process: Process) -> Generator[Syscall, Reason, int]:
    """Sleeps until a signal; leaves with 0 on TERM and INT, as `build/pause/linux/pause.c` does."""
    process.handled |= {2, 15}
    while not process.pending:
        yield from process.wait()
    if "-v" in process.argv:
        return 0
    yield from process.complain(
        "Shutting down, got signal: " + {2: "Interrupt", 15: "Terminated"}[process.pending[0]]
    )
    return 0


def _image(_tag: Tag) -> Image:
    return Image(320_368, entrypoint=("/pause",), executables={"/pause": "pause"}, tools=(), user=65535)


MODEL = ImageModel(
    tags=Tags({"3": 10}, names={"1": "3.10"}, bare=False), image=_image, programs={"pause": pause}
)

"""Programs by name: what an executable file's `program` stands for.

A program is a callable that takes the `Process` and gives a generator of steps ending with the exit status.
An image says which programs its files are (`images.Image.executables`); an image model brings its own
(`images.ImageModel.programs`), and whoever brings more (the lab's Python) registers them here, on the table
of one runtime.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

from lab.embedded.runtime.applets.table import busybox
from lab.embedded.runtime.wellknown import table as wellknown

if TYPE_CHECKING:
    from lab.embedded.runtime.process import Process, Program
    from lab.embedded.runtime.tasks import Reason, Syscall

Step = Generator["Syscall", "Reason", int]


class ProgramTable:
    """The programs one runtime knows."""

    def __init__(self) -> None:
        self._programs: dict[str, Program] = {
            "busybox": busybox,
            "unavailable": unavailable,
        }

    def register(self, name: str, program: Program) -> None:
        """Add or replace a program."""
        self._programs[name] = program

    def get(self, name: str) -> Program | None:
        """The program of a name."""
        return self._programs.get(name) or wellknown.program(name)


def unavailable(process: Process) -> Step:
    """An executable that is in the image, but whose program the simulation cannot play."""
    yield from process.complain(f"{process.argv[0].rsplit('/', 1)[-1]}: not available in the simulation")
    return 1

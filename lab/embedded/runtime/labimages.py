"""`python` in the containers of the lab's images: their logic in cluster time, a child process for all else.

What runs is decided by what lies in the container: a script that is, with all the files beside it, what
Podlab ships runs as its logic (`labimages_logic`) in this process, under the cluster's clock; anything else
(an edited `app.py`, `python -c`) runs in a child process (`wsgi`). Both speak to the same simulated
network, files and logs.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from lab.embedded.runtime import labimages_serving, wsgi
from lab.embedded.runtime.filesystem import Directory, File, FileError
from lab.embedded.runtime.images import Image
from lab.embedded.runtime.labimages_logic import ASK, ShippedImage, contents
from lab.embedded.runtime.wsgi_isolation import isolation_available

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from lab.embedded.runtime.interface import LocalImage
    from lab.embedded.runtime.network import Network
    from lab.embedded.runtime.process import Process, Program
    from lab.embedded.runtime.tasks import Reason, Syscall

WORK_DIRECTORY = "/app"
USER = 10001
COMMAND = ("python", "app.py")
ENVIRONMENT: Mapping[str, str] = {
    "PATH": "/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONUNBUFFERED": "1",
}
"""What the images' Dockerfiles say (`WORKDIR`, `USER`, `CMD`, `ENV`); a test holds them together."""

PYTHONS = ("python", "python3", f"python3.{sys.version_info.minor}")
DEEPEST = 8
"""Directories in directories that are looked into."""

LARGEST_FILE = 1024 * 1024
"""Bytes of a file beside a script that a child process gets to see."""


SIZE = 196_000_000
"""Bytes of such an image, as an engine says."""


def container_image(image: LocalImage) -> Image:
    """What the image table gets for an image of the lab or an edited copy of one.

    The Dockerfile is not interpreted: what it says in the lab's images is taken for granted.
    """
    executables = {f"/usr/local/bin/{name}": "python" for name in PYTHONS}
    if ASK in image.files:
        executables["/usr/local/bin/ask"] = "ask"
    files = {f"{WORK_DIRECTORY}/{name}": data for name, data in contents(image.files).items()}
    return Image(
        SIZE,
        cmd=COMMAND,
        env=ENVIRONMENT,
        working_dir=WORK_DIRECTORY,
        user=USER,
        executables=executables,
        files=files,
        digest=image.digest,
    )


class PythonImages(Struct, frozen=True):
    """Makes the `python` of the lab's images. One for the whole cluster."""

    network: Network
    shipped: Sequence[ShippedImage] = ()
    isolated: bool = True
    """Whether child processes get the operating system's isolation where it can be had."""
    required: bool = False
    """Whether edited code is refused where there is no isolation (grading)."""

    def programs(self) -> dict[str, Program]:
        """The programs that `container_image` names: for the runtime's program table."""
        return {"python": self._python, "ask": self._ask}

    def _python(self, process: Process) -> Generator[Syscall, Reason, int]:
        if "-u" in process.argv[1:2]:
            process.env["PYTHONUNBUFFERED"] = "1"
        arguments = [each for each in process.argv[1:] if each not in {"-u", "-B", "-I", "-s", "-E"}]
        if not arguments:
            source = (yield from process.read_all(0)).decode("utf-8", "replace")
            return (
                yield from self._child(process, wsgi.Script(["-"], self._beside(process, ""), code=source))
            )
        first = arguments[0]
        if first in {"-V", "--version"}:
            yield from process.print(f"Python {sys.version.split()[0]}")
            return 0
        if first == "-c" and len(arguments) > 1:
            argv = ["-c", *arguments[2:]]
            return (
                yield from self._child(
                    process, wsgi.Script(argv, self._beside(process, ""), code=arguments[1])
                )
            )
        if first == "-m" and len(arguments) > 1:
            code = f"import runpy; runpy.run_module({arguments[1]!r}, run_name='__main__', alter_sys=True)"
            argv = arguments[1:]
            return (yield from self._child(process, wsgi.Script(argv, self._beside(process, ""), code=code)))
        if first.startswith("-"):
            yield from process.complain(f"unknown option {first}")
            yield from process.complain("usage: python [option] ... [-c cmd | -m mod | file | -] [arg] ...")
            return 2
        return (yield from self._script(process, arguments))

    def _script(self, process: Process, arguments: Sequence[str]) -> Generator[Syscall, Reason, int]:
        directory, _, name = arguments[0].rpartition("/")
        files = self._beside(process, directory)
        if name not in files:
            where = (
                arguments[0] if arguments[0].startswith("/") else f"{process.cwd.rstrip('/')}/{arguments[0]}"
            )
            problem = "[Errno 2] No such file or directory"
            yield from process.complain(f"{process.argv[0]}: can't open file '{where}': {problem}")
            return 2
        image = self._shipped_with(files)
        if image is not None and (module := image.script_logic(name)):
            return (yield from labimages_serving.serve(process, self.network, image, module))
        if image is not None and name == ASK:
            process.argv = ["ask", *arguments[1:]]
            return (yield from self._ask(process))
        return (yield from self._child(process, wsgi.Script([name, *arguments[1:]], files)))

    def _shipped_with(self, files: Mapping[str, bytes]) -> ShippedImage | None:
        """The image whose files these are, unchanged."""
        plain = contents(files)
        return next((image for image in self.shipped if plain == image.files), None)

    def _child(self, process: Process, script: wsgi.Script) -> Generator[Syscall, Reason, int]:
        reason = isolation_available() if self.isolated or self.required else "not wanted"
        if self.required and reason is not None:
            yield from process.complain(f"podlab: edited code is not run here: {reason}")
            return 126
        return (yield from wsgi.run(process, self.network, replace(script, isolated=reason is None)))

    def _ask(self, process: Process) -> Generator[Syscall, Reason, int]:
        if len(process.argv) != 2:
            yield from process.complain("usage: ask PATH")
            return 2
        return (yield from labimages_serving.ask(process, self.network, process.argv[1]))

    def _beside(self, process: Process, directory: str) -> dict[str, bytes]:
        """The files of a directory of the container, by path in it."""
        top = directory or process.cwd
        if top.strip("/") == "":
            return {}
        files: dict[str, bytes] = {}
        try:
            _gather(process, top, "", files)
        except FileError:
            return {}
        return files


def _gather(process: Process, directory: str, prefix: str, files: dict[str, bytes]) -> None:
    """The files of a directory and of those in it; links (a ConfigMap's) are followed to files only."""
    tree = process.kernel.files
    for name in sorted(tree.names(directory, process.cwd)):
        path = f"{directory.rstrip('/')}/{name}"
        node = tree.exists(path, process.cwd)
        if isinstance(node, File) and node.program is None and len(node.data) <= LARGEST_FILE:
            files[prefix + name] = bytes(node.data)
            continue
        below = tree.exists(path, process.cwd, follow=False)
        if isinstance(below, Directory) and prefix.count("/") < DEEPEST:
            _gather(process, path, f"{prefix}{name}/", files)

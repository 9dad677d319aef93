"""Keeps edited code from touching the host by accident: an audit hook of the interpreter.

Runs in the child process (`wsgi_child`), imports only the standard library, and nothing of the lab. It sees
what Python code does through the interpreter, so it stops mistakes; it is no wall against somebody who
wants out (`wsgi_namespaces` is closer to one).
"""

from __future__ import annotations

import errno
import os
import sys

PROCESSES = frozenset(
    {
        "os.exec",
        "os.fork",
        "os.forkpty",
        "os.posix_spawn",
        "os.spawn",
        "os.system",
        "pty.spawn",
        "subprocess.Popen",
    }
)
CHANGES = frozenset(
    {"os.chmod", "os.chown", "os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.symlink",
     "os.truncate", "os.utime", "shutil.rmtree"}
)  # fmt: skip
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
READABLE = ("/proc/self/statm", "/dev/null", "/dev/urandom")


class Guard:
    """The hook: raises what a container without those rights, programs and files would raise."""

    def __init__(self, directory: str) -> None:
        own = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 (strings are compared at each event)
        self._writable = os.path.realpath(directory)
        places = {
            sys.prefix,
            sys.base_prefix,
            sys.exec_prefix,
            own,
            directory,
            "/usr/lib",
            "/usr/share/zoneinfo",
        }
        self._readable = tuple(os.path.realpath(each) for each in places)

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        """Let an event of the interpreter happen, or not.

        Raises:
            OSError: not here.
        """
        if event in PROCESSES:
            raise FileNotFoundError(
                errno.ENOENT, "the embedded cluster runs no other programs for Python code"
            )
        if event == "open":
            self._open(*arguments[:3])
        elif event in CHANGES and not self._inside(arguments[0], (self._writable,)):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), _text(arguments[0]))

    def _open(self, path: object, mode: object = None, flags: object = 0) -> None:
        if not isinstance(path, (str, bytes)):
            return  # a descriptor that is open already
        wanted = int(flags) if isinstance(flags, int) else 0
        writes = wanted & WRITING or any(each in str(mode) for each in "wax+")
        if writes and not self._inside(path, (self._writable,)) and _text(path) != "/dev/null":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), _text(path))
        if not writes and _text(path) not in READABLE and not self._inside(path, self._readable):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), _text(path))

    def _inside(self, path: object, places: tuple[str, ...]) -> bool:
        if not isinstance(path, (str, bytes)):
            return False
        real = os.path.realpath(_text(path))
        return any(real == place or real.startswith(place + "/") for place in places)


def _text(path: object) -> str:
    return os.fsdecode(path) if isinstance(path, (str, bytes)) else str(path)

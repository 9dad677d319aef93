"""Redirections: what a command's descriptors stand for while it runs.

A mix-in of the interpreter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.embedded.runtime.filesystem import FileError
from lab.embedded.runtime.shell.control import CommandFailed
from lab.embedded.runtime.shell.expansion import Expander
from lab.embedded.runtime.streams import Pipe, Stream

if TYPE_CHECKING:
    from collections.abc import Generator

    from lab.embedded.runtime.shell.syntax import Redirect
    from lab.embedded.runtime.tasks import Reason, Syscall

Saved = list[tuple[int, Stream | None]]
"""Descriptors as they were before."""


class Redirector(Expander):
    """Applies redirections and takes them back."""

    def redirect(self, redirects: tuple[Redirect, ...]) -> Generator[Syscall, Reason, Saved]:
        """Apply redirections from left to right; on an error what was applied is taken back.

        Raises:
            CommandFailed: a file cannot be opened, in ash's words.
        """
        saved: Saved = []
        try:
            for each in redirects:
                yield from self._apply(each, saved)
        except CommandFailed:
            self.restore(saved)
            raise
        return saved

    def restore(self, saved: Saved) -> None:
        """Take redirections back."""
        for fd, stream in reversed(saved):
            if stream is None:
                self.process.close(fd)
            else:
                self.process.install(fd, stream)
                stream.release()

    def keep(self, saved: Saved) -> None:
        """Let redirections stand (`exec >file`)."""
        for _, stream in saved:
            if stream is not None:
                stream.release()

    def _install(self, fd: int, stream: Stream | None, saved: Saved) -> None:
        old = self.process.fds.get(fd)
        saved.append((fd, old.hold() if old is not None else None))
        if stream is None:
            self.process.close(fd)
        else:
            self.process.install(fd, stream)

    def _apply(self, each: Redirect, saved: Saved) -> Generator[Syscall, Reason, None]:
        if each.op == "<<":
            content = (yield from self.text(each.target)).encode("utf-8", "surrogateescape")
            pipe = Pipe(max(len(content), 1))
            pipe.buffer += content
            pipe.writer_open = False
            self._install(each.fd, pipe.reader, saved)
            return
        target = yield from self.text(each.target)
        if each.op in (">&", "<&"):
            if target == "-":
                self._install(each.fd, None, saved)
                return
            if target.isdigit():
                stream = self.process.fds.get(int(target))
                if stream is None:
                    raise CommandFailed(f"{target}: Bad file descriptor")
                self._install(each.fd, stream, saved)
                return
            if each.op == "<&":
                raise CommandFailed("syntax error: bad fd number", 2, fatal=True)
        yield from self.process.compute(1)
        stream = self._open(each.op, target)
        self._install(each.fd, stream, saved)
        if each.op in ("&>", ">&"):
            self._install(2, stream, saved)

    def _open(self, op: str, target: str) -> Stream:
        try:
            if op == "<":
                return self.process.open(target)
            if op == "<>":
                return self.process.open(target, write=True, truncate=False)
            if (
                op == ">"
                and "noclobber" in self.state.options
                and self.process.kernel.files.exists(target, self.process.cwd)
            ):
                raise CommandFailed(f"can't create {target}: File exists")
            return self.process.open(target, write=True, read=False, append=op == ">>", truncate=op != ">>")
        except FileError as error:
            verb, missing = (
                ("open", "no such file") if op in ("<", "<>") else ("create", "nonexistent directory")
            )
            text = missing if error.code in ("ENOENT", "ENOTDIR") else str(error)
            raise CommandFailed(f"can't {verb} {target}: {text}") from None

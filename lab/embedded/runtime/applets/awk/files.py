"""What awk reads and writes beside its main input: files, commands, their pipes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.embedded.runtime.applets.inputs import Lines, adopt, open_input
from lab.embedded.runtime.applets.options import Failed
from lab.embedded.runtime.filesystem import FileError
from lab.embedded.runtime.kernel import CannotFork
from lab.embedded.runtime.streams import Pipe, Stream

if TYPE_CHECKING:
    from collections.abc import Generator

    from lab.embedded.runtime.process import Process
    from lab.embedded.runtime.tasks import Reason, Syscall

_FULL = 4096
"""Bytes that may wait to be written."""
_MOST = 64
"""Files and pipes one program may have open."""


class _Output:
    def __init__(self, stream: Stream, fd: int | None, child: Process | None) -> None:
        self.stream, self.fd, self.child = stream, fd, child
        self.waiting = bytearray()


class _Input:
    def __init__(self, lines: Lines, child: Process | None) -> None:
        self.lines, self.child = lines, child


class Files:
    """Open files by their name or command."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._outputs: dict[str, _Output] = {"": _Output(process.stream(1), None, None)}
        self._inputs: dict[str, _Input] = {}

    def print(self, data: str) -> None:
        """Print to standard output, soon."""
        self._process.cpu.owe(1)
        self._outputs[""].waiting += data.encode("latin-1", "replace")

    def waiting(self) -> bool:
        """Whether standard output should be written now."""
        return len(self._outputs[""].waiting) >= _FULL

    def print_to(self, how: str, name: str, data: str) -> Generator[Syscall, Reason, None]:
        """Print to a file (`>`, `>>`) or a command (`|`), which is opened when first printed to."""
        if name in ("/dev/stdout", "-"):
            self.print(data)
            return
        if name not in self._outputs:
            yield from self.flush()
            self._outputs[name] = self._open(how, name)
        output = self._outputs[name]
        output.waiting += data.encode("latin-1", "replace")
        self._process.cpu.owe(1)
        if len(output.waiting) >= _FULL or name == "/dev/stderr":
            yield from self._flush(output)

    def _open(self, how: str, name: str) -> _Output:
        if len(self._outputs) + len(self._inputs) > _MOST:
            raise Failed("too many open files")
        if how == "|":
            pipe = Pipe()
            pipe.writer.hold()
            child = self._shell(name, {0: pipe.reader})
            return _Output(pipe.writer, None, child)
        try:
            stream = self._process.open(_path(name), write=True, append=how == ">>", truncate=how != ">>")
        except FileError as error:
            raise Failed(f"can't open '{_path(name)}': {error}", 1) from None
        return _Output(stream, adopt(self._process, stream), None)

    def _shell(self, command: str, fds: dict[int, Stream]) -> Process:
        kernel = self._process.kernel
        argv = ["sh", "-c", _path(command)]
        try:
            program = kernel.load(self._process, argv)
            return kernel.spawn(self._process, argv, program, fds={**_standard(self._process), **fds})
        except (FileError, CannotFork) as error:
            raise Failed(f"vfork: {error}" if isinstance(error, CannotFork) else str(error)) from None

    def flush(self, name: str | None = None) -> Generator[Syscall, Reason, None]:
        """Write what waits, of one file or of all."""
        for each, output in list(self._outputs.items()):
            if name is None or each == name:
                yield from self._flush(output)

    def _flush(self, output: _Output) -> Generator[Syscall, Reason, None]:
        data = bytes(output.waiting)
        output.waiting.clear()
        yield from self._process.write_to(output.stream, data)

    def read(self, how: str, name: str) -> Generator[Syscall, Reason, bytes | FileError | None]:
        """The next line of a file (`<`) or of a command's output (`|`); None at the end; or why not."""
        if name not in self._inputs:
            yield from self.flush()
            try:
                self._inputs[name] = self._source(how, name)
            except FileError as error:
                return error
        return (yield from self._inputs[name].lines.next())

    def _source(self, how: str, name: str) -> _Input:
        if len(self._outputs) + len(self._inputs) > _MOST:
            raise Failed("too many open files")
        if how == "<":
            return _Input(Lines(self._process, open_input(self._process, _path(name))), None)
        pipe = Pipe()
        child = self._shell(name, {1: pipe.writer})
        return _Input(Lines(self._process, pipe.reader), child)

    def run(self, command: str) -> Generator[Syscall, Reason, float]:
        """`system`: run a command and wait for it; its exit status."""
        yield from self.flush()
        return float((yield from self._process.wait_child(self._shell(command, {}))).code)

    def close(self, name: str) -> Generator[Syscall, Reason, float]:
        """Close a file or a command's pipe; its status."""
        output = self._outputs.pop(name, None) if name else None
        source = self._inputs.pop(name, None)
        if output is not None:
            yield from self._flush(output)
            if output.fd is not None:
                self._process.close(output.fd)
            if output.child is not None:
                output.stream.release()
                return float((yield from self._process.wait_child(output.child)).code)
            return 0.0
        if source is not None:
            source.lines.close()
            if source.child is not None:
                return float((yield from self._process.wait_child(source.child)).code)
        return 0.0

    def close_all(self) -> Generator[Syscall, Reason, None]:
        """At the end: everything is written, and commands are waited for."""
        yield from self.flush()
        for name in [*self._outputs, *self._inputs]:
            if name:
                yield from self.close(name)


def _standard(process: Process) -> dict[int, Stream]:
    return {fd: stream for fd, stream in process.fds.items() if fd < 3}


def _path(name: str) -> str:
    return name.encode("latin-1", "replace").decode("utf-8", "surrogateescape")

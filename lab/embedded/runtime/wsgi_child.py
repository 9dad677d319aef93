"""The child process that runs an edited image's Python: started by `wsgi`, imports nothing of the lab.

It talks in turns: the parent sends the cluster's time and what has come in, the child runs until all its
threads wait, and sends what it wants done. Cluster time stands still during a turn. Of the host it has a
Python with Flask, and nothing else it could notice: environment, files, network, clock and chance are the
container's.

Frames both ways: four bytes of length (big-endian), then JSON; bytes travel as Latin-1 text.
"""

from __future__ import annotations

import builtins
import importlib.abc
import importlib.machinery
import io
import json
import os
import resource
import signal
import struct
import sys
import threading
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).parent))

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lab.embedded.runtime import (
        wsgi_clock,
        wsgi_guard,
        wsgi_namespaces,
        wsgi_network,
        wsgi_sockets,
        wsgi_threads,
    )
else:  # by their short names: the child has the lab's files, and not the lab
    import wsgi_clock
    import wsgi_guard
    import wsgi_namespaces
    import wsgi_network
    import wsgi_sockets
    import wsgi_threads

sys.path.pop(0)

CPU_SECONDS = 4
"""Processor seconds one turn may take; more is a spin, and the kernel ends the child (SIGXCPU)."""

ONLY_FLASK = "the embedded cluster has Flask and the standard library only, a real one would have it"
OWN = Path(__file__).parent
"""Where the child's own files are."""

INSIDE = b"/usr/local"
HOST_PATHS = tuple(
    (os.fsencode(each), INSIDE)
    for each in sorted({sys.prefix, sys.base_prefix}, key=len, reverse=True)
    if each != "/usr"
)
"""Where Python is on this machine, and where it is in the image."""

APP = "/app"
"""Where the image's files are, as the process sees it."""


class Left(BaseException):
    """`os._exit` was called: unwinds to the end of the thread, whatever is in between."""


class Wire:
    """Frames to and from the parent."""

    def __init__(self, descriptor_in: int, descriptor_out: int) -> None:
        self._in = os.fdopen(descriptor_in, "rb")
        self._out = os.fdopen(descriptor_out, "wb")

    def receive(self) -> dict[str, Any] | None:
        """The next frame; None: the parent is gone."""
        head = self._in.read(4)
        if len(head) < 4:
            return None
        found: dict[str, Any] = json.loads(self._in.read(struct.unpack(">I", head)[0]))
        return found

    def send(self, frame: Mapping[str, Any]) -> None:
        """Send one frame."""
        data = json.dumps(frame).encode()
        self._out.write(struct.pack(">I", len(data)) + data)
        self._out.flush()


class Output(io.RawIOBase):
    """A standard stream whose bytes become effects."""

    def __init__(self, process: Process, stream: str) -> None:
        super().__init__()
        self._process, self._stream = process, stream

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return 1 if self._stream == "stdout" else 2

    def write(self, data: Any) -> int:
        raw = bytes(data)
        for outside, inside in HOST_PATHS:  # tracebacks name the container's paths, not this machine's
            raw = raw.replace(outside, inside)
        text = raw.decode("latin-1")
        self._process.effect(kind="write", stream=self._stream, data=text)
        return len(data)


class ImageFiles(importlib.abc.SourceLoader, importlib.abc.MetaPathFinder):  # type: ignore[misc]  # typeshed quarrels with itself
    """Imports: the image's own files, the standard library, and the packages its requirements name."""

    def __init__(self, files: Mapping[str, bytes], packages: frozenset[str], unknown: Sequence[str]) -> None:
        self._files = files
        self._packages = packages
        self._unknown = unknown

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:  # noqa: ARG002 (the protocol's)
        """The image's module; None: look further; refused where the image has no such package."""
        stem = name.replace(".", "/")
        for candidate, package in ((f"{stem}.py", False), (f"{stem}/__init__.py", True)):
            if candidate in self._files:
                origin = f"{APP}/{candidate}"
                spec = importlib.machinery.ModuleSpec(name, self, origin=origin, is_package=package)
                spec.has_location = True
                if package:
                    spec.submodule_search_locations = [f"{APP}/{stem}"]
                return spec
        top = name.partition(".")[0]
        if top in sys.stdlib_module_names or top in self._packages or top.startswith("_"):
            return None
        if top.lower() in self._unknown:
            print(f"podlab: requirements.txt asks for {top}; {ONLY_FLASK}", file=sys.stderr)
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    def get_filename(self, fullname: str) -> str:
        """Where the container has the module's source."""
        stem = fullname.replace(".", "/")
        return f"{APP}/{stem}.py" if f"{stem}.py" in self._files else f"{APP}/{stem}/__init__.py"

    def get_data(self, path: str | bytes) -> bytes:
        """The source itself."""
        name = os.fsdecode(path).removeprefix(f"{APP}/")
        if name not in self._files:
            raise OSError(name)
        return self._files[name]


class Process:
    """The process: turns, effects, signals."""

    def __init__(self, wire: Wire) -> None:
        self.scheduler = wsgi_threads.Scheduler()
        self.network = wsgi_sockets.Network(self.scheduler, self)
        self._wire = wire
        self._effects: list[dict[str, Any]] = []
        self._handlers: dict[int, Any] = {}
        self._code: int | None = None
        self._resident = 0

    def effect(self, **words: Any) -> None:
        """Something for the parent, at the end of this turn."""
        self._effects.append(words)

    def leave(self, code: int) -> None:
        """End the process now, in the middle of whatever the thread is doing."""
        if self._code is None:
            self._code = code & 0xFF
        raise Left

    def main(self, start: dict[str, Any]) -> None:
        """Prepare the process, then take turns until it ends."""
        files = {name: text.encode("latin-1") for name, text in start["files"].items()}
        self._install(start, files)
        if start.get("warm"):
            __import__("flask")
        self._resident = _resident()
        self.scheduler.main = self.scheduler.spawn(lambda: self._run(start, files), daemon=False)
        self._turn(start)
        while (frame := self._wire.receive()) is not None:
            self._turn(frame)

    def _install(self, start: dict[str, Any], files: Mapping[str, bytes]) -> None:
        os.environ.clear()
        os.environ.update(start["env"])
        sys.argv = list(start["argv"])
        self.network.own_address = start["address"]
        wsgi_threads.install(self.scheduler)
        wsgi_network.install(self.network)
        wsgi_clock.install(self.scheduler, float(start["epoch"]), str(start["seed"]))
        sys.stdin = io.StringIO(start.get("stdin", ""))
        sys.stdout = self._text("stdout", buffered=not os.environ.get("PYTHONUNBUFFERED"))
        sys.stderr = self._text("stderr", buffered=False)
        sys.meta_path.insert(0, ImageFiles(files, frozenset(start["packages"]), start["unknown"]))
        sys.addaudithook(wsgi_guard.Guard(os.getcwd()))  # noqa: PTH109 (a path as a string is what it needs)
        os._exit = self.leave  # type: ignore[assignment]
        os.getpid = lambda: 1
        patched: Any = signal
        patched.signal = self._handle
        patched.getsignal = lambda number: self._handlers.get(int(number), signal.SIG_DFL)
        patched.pause = self.scheduler.wait

    def _text(self, stream: str, *, buffered: bool) -> io.TextIOWrapper:
        """A standard stream; buffered by the block, as Python does it where there is no terminal."""
        raw: Any = Output(self, stream)
        return io.TextIOWrapper(
            io.BufferedWriter(raw) if buffered else raw, "utf-8", write_through=not buffered
        )

    def _handle(self, number: int, handler: Any) -> Any:
        before = self._handlers.get(int(number), signal.SIG_DFL)
        self._handlers[int(number)] = handler
        how = {signal.SIG_DFL: "default", signal.SIG_IGN: "ignore"}.get(handler, "handler")
        self.effect(kind="handle", number=int(number), how=how)
        return before

    # --- turns -----------------------------------------------------------------------------------------

    def _turn(self, frame: Mapping[str, Any]) -> None:
        self.scheduler.now = float(frame["now"])
        used = resource.getrusage(resource.RUSAGE_SELF)
        limit = int(used.ru_utime + used.ru_stime) + 1 + CPU_SECONDS
        resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.getrlimit(resource.RLIMIT_CPU)[1]))
        for event in frame.get("events", ()):
            if event["kind"] == "signal":
                self._signal(int(event["number"]))
            else:
                self.network.event(event)
        self.scheduler.run()
        if self._code is None and self.scheduler.finished:
            self._code = 0
        effects, self._effects = self._effects, []
        memory = max(0, _resident() - self._resident)
        reply = {"effects": effects, "until": self.scheduler.next_due(), "code": self._code, "memory": memory}
        self._wire.send(reply)

    def _signal(self, number: int) -> None:
        handler = self._handlers.get(number)
        if callable(handler):
            self.scheduler.spawn(lambda: self._guarded(lambda: handler(number, None)))
        # Else nothing: PID 1 has no default actions, so a signal without a handler is ignored.

    # --- the program -----------------------------------------------------------------------------------

    def _run(self, start: Mapping[str, Any], files: Mapping[str, bytes]) -> None:
        if (code := start.get("code")) is not None:
            name, source = "<string>", str(code).encode()
        else:
            script = str(start["argv"][0])
            name, source = f"{APP}/{script}", files[script]
        module: Any = type(sys)("__main__")
        module.__dict__.update({"__file__": name, "__builtins__": builtins})
        if name == "<string>":
            del module.__file__
        else:
            module.__loader__ = _Sources(name, source)
        sys.modules["__main__"] = module
        self._guarded(lambda: exec(compile(source, name, "exec", dont_inherit=True), module.__dict__))  # noqa: S102 (the point)

    def _guarded(self, work: Callable[[], None]) -> None:
        """Run the program's code; what ends it ends the process as the interpreter would."""
        try:
            work()
        except Left:
            pass
        except SystemExit as end:
            self._code = self._exit_code(end.code)
        except BaseException as error:  # noqa: BLE001 (whatever it is, it is the program's own)
            _show(error)
            self._code = 1
        if self._code is not None or self.scheduler.current() is self.scheduler.main:
            sys.stdout.flush()

    def _exit_code(self, code: Any) -> int:
        if code is None:
            return 0
        if isinstance(code, int):
            return code & 0xFF
        print(code, file=sys.stderr)
        return 1


class _Sources(importlib.abc.InspectLoader):
    """Gives tracebacks the lines of the main script."""

    def __init__(self, name: str, source: bytes) -> None:
        self._name, self._source = name, source

    def get_source(self, fullname: str) -> str:  # noqa: ARG002 (the protocol's)
        return self._source.decode("utf-8", "replace")


def _show(error: BaseException) -> None:
    """The traceback as the interpreter would print it: without the frames of the child's own files."""
    shown = traceback.TracebackException.from_exception(error)
    chained: traceback.TracebackException | None = shown
    while chained is not None:
        kept = [frame for frame in chained.stack if Path(frame.filename).parent != OWN]
        chained.stack = traceback.StackSummary.from_list(kept)
        chained = chained.__cause__ or chained.__context__
    sys.stderr.write("".join(shown.format()))


def _resident() -> int:
    """Bytes of memory this process has touched."""
    try:
        with open("/proc/self/statm", "rb") as file:  # noqa: PTH123 (patched paths may be in place)
            return int(file.read().split()[1]) * resource.getpagesize()
    except OSError:
        return 0


def main() -> None:
    """Read the first frame, become the process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal's Ctrl-C is the lab's business
    wsgi_namespaces.limit()
    wire = Wire(int(sys.argv[1]), int(sys.argv[2]))
    real_exit = os._exit
    threading.stack_size(1024 * 1024)
    start = wire.receive()
    if start is not None:
        Process(wire).main(start)
    real_exit(0)


if __name__ == "__main__":
    main()

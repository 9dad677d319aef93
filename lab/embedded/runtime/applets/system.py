"""Applets that look at the machine: free, df, netstat, tty.

As in a container of a real cluster, `free` shows the node's memory, not the container's limit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.embedded.runtime.applets.options import Applet, Options, Step, parse
from lab.embedded.runtime.filesystem import FileError
from lab.embedded.runtime.kernel import NODE_MEMORY

if TYPE_CHECKING:
    from lab.embedded.runtime.mounting import Mount
    from lab.embedded.runtime.process import Process

_UNITS = {"b": 1, "k": 1024, "m": 1024**2, "g": 1024**3}
_COLUMNS = ("total", "used", "free", "shared", "buff/cache", "available")


def human(count: int) -> str:
    """A size as `-h` shows it: `1.5K`."""
    size = float(count)
    for unit in ("", "K", "M", "G"):
        if size < 1024 or unit == "G":
            break
        size /= 1024
    return f"{size:.1f}{unit}" if unit else str(count)


def _sized(options: Options, count: int) -> str:
    if "h" in options:
        return human(count)
    unit = next((value for letter, value in _UNITS.items() if letter in options), 1024)
    return str(count // unit)


def _free(process: Process, arguments: list[str]) -> Step:
    options = parse(arguments, "bkmgh")
    used = process.kernel.memory_usage()
    free = NODE_MEMORY - used
    yield from process.print("       " + "".join(f"{name:>12}" for name in _COLUMNS))
    memory = (NODE_MEMORY, used, free, 0, 0, free)
    yield from process.print("Mem:   " + "".join(f"{_sized(options, each):>12}" for each in memory))
    yield from process.print("Swap:  " + "".join(f"{_sized(options, 0):>12}" for _ in range(3)))
    return 0


def _df(process: Process, arguments: list[str]) -> Step:
    options = parse(arguments, "PkmhTai")
    files = process.kernel.files
    wanted: list[tuple[str, Mount]] = []
    status = 0
    for path in options.operands:
        try:
            wanted.append(files.mount_of(path, process.cwd))
        except FileError as error:
            yield from process.complain(f"df: {path}: {error}")
            status = 1
    if not options.operands:
        wanted = [(path, mount) for path, mount in files.mounted() if not path.startswith("/proc")]
    blocks = "Size" if "h" in options else "1M-blocks" if "m" in options else "1K-blocks"
    lead = "Filesystem           " + (f"{'Type':<10} " if "T" in options else "")
    yield from process.print(f"{lead}{blocks:>9}      Used Available Use% Mounted on")
    for path, mount in wanted:
        name, kind = ("overlay", "overlay") if path == "/" else ("tmpfs", "tmpfs")
        limit, used = mount.tree.limit, min(mount.tree.used, mount.tree.limit)
        sizes = " ".join(f"{_sized(options, each):>9}" for each in (limit, used, limit - used))
        share = -(-100 * used // limit) if limit else 0
        shown = f"{name:<20} " + (f"{kind:<10} " if "T" in options else "")
        yield from process.print(f"{shown}{sizes} {share:>3}% {path}")
    return status


def _netstat(process: Process, arguments: list[str]) -> Step:
    options = parse(arguments, "laentuwxrWp")
    yield from process.print("Active Internet connections (only servers)")
    pid = " PID/Program name    " if "p" in options else ""
    yield from process.print(
        f"Proto Recv-Q Send-Q Local Address           Foreign Address         State      {pid}".rstrip(" ")
    )
    for (address, port), listener in sorted(process.kernel.host.listeners.items()):
        owner = next(
            (
                f"{each.pid}/{each.argv[0].rsplit('/', 1)[-1]}"
                for each in process.kernel.processes.values()
                if listener in each.fds.values()
            ),
            "-",
        )
        local = f"{address}:{port}"
        line = f"tcp        0      0 {local:<23} {'0.0.0.0:*':<23} {'LISTEN':<11}"
        yield from process.print((line + owner if "p" in options else line).rstrip(" "))
    return 0


def _tty(process: Process, arguments: list[str]) -> Step:
    options = parse(arguments, "s")
    stream = process.fds.get(0)
    terminal = stream is not None and stream.is_tty
    if "s" not in options:
        yield from process.print("/dev/pts/0" if terminal else "not a tty")
    return int(not terminal)


APPLETS = (
    Applet("free", "free [-bkmgh]", _free),
    Applet("df", "df [-PkmhTai] [FILESYSTEM]...", _df),
    Applet("netstat", "netstat [-ral] [-tuwx] [-en] [-W] [-p]", _netstat),
    Applet("tty", "tty [-s]", _tty),
)

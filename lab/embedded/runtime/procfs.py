"""`/proc`, as far as programs of the simulation look into it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.embedded.runtime.filesystem import Device, Directory, File, FileError, Node, Symlink

if TYPE_CHECKING:
    from lab.embedded.runtime.kernel import Kernel
    from lab.embedded.runtime.process import Process

_NODE_KIB = 4 * 1024 * 1024


def proc(kernel: Kernel) -> Directory:
    """The directory to mount at `/proc`."""
    return Directory(mode=0o555, generate=lambda: _top(kernel))


def _top(kernel: Kernel) -> dict[str, Node]:
    used = kernel.memory_usage() // 1024
    free = _NODE_KIB - used
    meminfo = f"MemTotal:       {_NODE_KIB} kB\nMemFree:        {free} kB\nMemAvailable:   {free} kB\n"
    mounts = "".join(
        f"none {path} overlay {'ro' if read_only else 'rw'} 0 0\n"
        for path, read_only in kernel.files.mount_points()
    )
    out: dict[str, Node] = {
        "meminfo": _text(meminfo),
        "mounts": _text(mounts),
        "uptime": _text(f"{kernel.agenda.now():.2f} {kernel.agenda.now():.2f}\n"),
        "loadavg": _text("0.00 0.00 0.00 1/1 1\n"),
        "cpuinfo": _text("processor\t: 0\nmodel name\t: simulated\n\n"),
        "version": _text("Linux version 6.1.0-podlab (the simulation)\n"),
        "self": Symlink(target=_running(kernel)),
    }
    out.update((str(pid), Directory(mode=0o555, generate=lambda each=process: _process(each)))  # type: ignore[misc]
               for pid, process in kernel.processes.items())  # fmt: skip
    return out


def _running(kernel: Kernel) -> str:
    """The process that looks: there is one thread, so it is the one that runs."""
    return next((str(pid) for pid, each in kernel.processes.items() if each.task.running), "1")


def _process(process: Process) -> dict[str, Node]:
    name = process.argv[0].rsplit("/", 1)[-1] if process.argv else ""
    parent = process.parent.pid if process.parent else 0
    status = (
        f"Name:\t{name}\nState:\tS (sleeping)\nPid:\t{process.pid}\nPPid:\t{parent}\n"
        f"Uid:\t{process.uid}\nVmRSS:\t{process.memory // 1024} kB\n"
    )
    return {
        "cmdline": File(mode=0o444, data=bytearray("".join(f"{each}\0" for each in process.argv).encode())),
        "environ": File(
            mode=0o400,
            uid=process.uid,
            data=bytearray("".join(f"{key}={value}\0" for key, value in process.env.items()).encode()),
        ),
        "comm": _text(name + "\n"),
        "status": _text(status),
        "cwd": Symlink(target=process.cwd),
        "root": Symlink(target="/"),
        "exe": Symlink(target=_executable(process)),
        "stat": _text(f"{process.pid} ({name[:15]}) S {parent} {process.session} {process.session} 0 -1\n"),
        "cgroup": _text("0::/\n"),
        "oom_score_adj": _text("0\n"),
        "fd": Directory(
            mode=0o500, entries={str(fd): Device(kind=f"fd:{process.pid}:{fd}") for fd in process.fds}
        ),
    }


def _executable(process: Process) -> str:
    """Where the program a process runs lies, as far as its name and PATH tell."""
    kernel = process.kernel
    try:
        path = process.env.get("PATH", "")
        return kernel.find(process.argv[0].removeprefix("-"), path, process.cwd, process.uid)
    except (FileError, IndexError):
        return "/"


def _text(content: str) -> File:
    return File(mode=0o444, data=bytearray(content.encode()))

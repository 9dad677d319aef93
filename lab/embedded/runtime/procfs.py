"""`/proc`, as far as programs of the simulation look into it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.embedded.runtime.capabilities import mask
from lab.embedded.runtime.filesystem import Device, Directory, File, FileError, Node, Symlink
from lab.embedded.runtime.mounting import Doorway, Sealed
from lab.embedded.runtime.namespaces import may_trace

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
        "self": Symlink(target="1" if (running := _running(kernel)) is None else str(running.pid)),
    }
    out.update((str(pid), Directory(mode=0o555, generate=lambda each=process: _process(kernel, each)))  # type: ignore[misc]
               for pid, process in kernel.processes.items())  # fmt: skip
    return out


def _running(kernel: Kernel) -> Process | None:
    """The process that looks: there is one thread, so it is the one that runs."""
    return next((each for each in kernel.processes.values() if each.task.running), None)


def _process(kernel: Kernel, process: Process) -> dict[str, Node]:
    """A process' directory as a process of `kernel` sees it."""
    has, bound = mask(process.capabilities), mask(process.kernel.capabilities)
    open_ = may_trace(_running(kernel), process)
    name = process.argv[0].rsplit("/", 1)[-1] if process.argv else ""
    parent = process.parent.pid if process.parent else 0
    status = (
        f"Name:\t{name}\nState:\tS (sleeping)\nPid:\t{process.pid}\nPPid:\t{parent}\n"
        f"Uid:\t{process.uid}\nVmRSS:\t{process.memory // 1024} kB\n"
        f"CapInh:\t{mask(())}\nCapPrm:\t{has}\nCapEff:\t{has}\nCapBnd:\t{bound}\nCapAmb:\t{mask(())}\n"
    )
    return {
        "cmdline": File(mode=0o444, data=bytearray("".join(f"{each}\0" for each in process.argv).encode())),
        "environ": _environment(process) if open_ else Sealed(mode=0, uid=process.uid),
        "comm": _text(name + "\n"),
        "status": _text(status),
        "cwd": _link(kernel, process, process.cwd, open_=open_),
        "root": _link(kernel, process, "/", open_=open_),
        "exe": _link(kernel, process, _executable(process), open_=open_),
        "stat": _text(f"{process.pid} ({name[:15]}) S {parent} {process.session} {process.session} 0 -1\n"),
        "cgroup": _text("0::/\n"),
        "oom_score_adj": _text("0\n"),
        "fd": Directory(
            mode=0o500, entries={str(fd): Device(kind=f"fd:{process.pid}:{fd}") for fd in process.fds}
        ),
    }


def _environment(process: Process) -> File:
    content = "".join(f"{key}={value}\0" for key, value in process.env.items())
    return File(mode=0o400, uid=process.uid, data=bytearray(content.encode()))


def _link(kernel: Kernel, process: Process, target: str, *, open_: bool) -> Symlink:
    """A link into the files of a process, which may be another container's."""
    if open_ and process.kernel is kernel:
        return Symlink(target=target)
    return Doorway(target=target, files=process.kernel.files if open_ else None)


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

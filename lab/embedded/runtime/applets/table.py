"""The table of applets, and how busybox runs one: by the name it was called as."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.embedded.runtime.applets import (
    archives,
    awk,
    basics,
    comparing,
    curl,
    dates,
    digests,
    dumping,
    expr,
    files,
    finding,
    gettext,
    grep,
    layout,
    listing,
    machine,
    netclients,
    netservers,
    processes,
    steering,
    system,
    text,
    transform,
)
from lab.embedded.runtime.applets.options import VERSION, Applet, Failed, Step, Usage
from lab.embedded.runtime.filesystem import FileError
from lab.embedded.runtime.shell.main import sh

if TYPE_CHECKING:
    from lab.embedded.runtime.process import Process

_MODULES = (
    archives, awk, basics, comparing, dates, digests, dumping, expr, files, finding, grep, layout, listing,
    machine, netclients, netservers, processes, steering, system, text, transform,
)  # fmt: skip
APPLETS: dict[str, Applet] = {applet.name: applet for module in _MODULES for applet in module.APPLETS}
OTHERS: dict[str, Applet] = {applet.name: applet for module in (curl, gettext) for applet in module.APPLETS}
"""Commands that are no applets of busybox, but are played the same way in the images that have them."""

REFUSED = (
    "adduser", "ar", "arping", "bc", "bzip2", "chroot", "cpio", "crond", "ed", "fdisk", "ftpget", "fuser",
    "gunzip", "gzip", "ifconfig", "ip", "login", "lsof", "mknod", "passwd", "patch", "ping", "ping6",
    "route", "script", "stty", "su", "telnet", "tftp", "traceroute", "unzip", "vi", "zcat",
)  # fmt: skip
"""Applets that are in the image but that the simulation does not play: they say so instead of pretending."""

SHELLS = ("sh", "ash", "bash")
"""Names of the shell. Images with a bash have this ash by that name: what only bash has is refused."""
NAMES = (*tuple(sorted({*APPLETS, *REFUSED, "sh", "ash", "busybox"} - {"[", "[["})), "[", "[[")


def busybox(process: Process) -> Step:
    """busybox, called as one of its applets, or as `busybox APPLET …`."""
    name = process.argv[0].removeprefix("-").rsplit("/", 1)[-1]
    if name == "busybox":
        if len(process.argv) == 1:
            yield from process.print(VERSION)
            return 0
        process.argv = process.argv[1:]
        name = process.argv[0]
    if name in SHELLS:
        return (yield from sh(process))
    applet = APPLETS.get(name) or OTHERS.get(name)
    if applet is None:
        if name in REFUSED:
            yield from process.complain(f"{name}: not available in the simulation")
        else:
            yield from process.complain(f"{name}: applet not found")
            return 127
        return 1
    return (yield from run_applet(process, applet))


def run_applet(process: Process, applet: Applet) -> Step:
    """Run one applet; its complaints are worded as busybox words them."""
    try:
        return (yield from applet.run(process, process.argv[1:]))
    except Usage as error:
        if str(error):
            yield from process.complain(f"{applet.name}: {error}")
        yield from process.complain(f"{VERSION}\n\nUsage: {applet.usage}")
        return applet.misuse
    except Failed as error:
        yield from process.complain(f"{applet.name}: {error}")
        return error.status
    except FileError as error:
        yield from process.complain(f"{applet.name}: {error}")
        return 1

"""Enters Linux namespaces of its own, then goes on as `wsgi_child`. Imports only the standard library.

Order matters: user namespace first (it gives the right to the others), then an own view of the file system
made of read-only binds on a fresh tmpfs, then the exec, at which all capabilities are lost because the user
in it is not root. `no_new_privs` and the limits hold from then on.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
import tempfile
from pathlib import Path

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = (
    0x20000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000,
)  # fmt: skip
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 2, 4, 32, 4096, 16384, 1 << 18
MNT_DETACH = 2
PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS = 1, 38
INSIDE_USER = 10001
HOME = "/home"
"""The work directory inside."""

MEMORY = 2 * 1024**3
"""Bytes of address space, for edited code with or without namespaces."""

CPU = 600
"""Processor seconds of the whole process."""

_libc = ctypes.CDLL(None, use_errno=True)


def _call(name: str, *arguments: object) -> None:
    if getattr(_libc, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def _mount(source: str, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
    encoded = [each.encode() if each is not None else None for each in (source, target, kind)]
    _call("mount", *encoded, ctypes.c_ulong(flags), data.encode() if data else None)


def limit() -> None:
    """The limits that need no namespaces: memory, processor time, files, core dumps, the parent's end."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU, CPU))
    resource.setrlimit(resource.RLIMIT_FSIZE, (16 * 1024**2, 16 * 1024**2))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    if sys.platform.startswith("linux"):
        _call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        _call("prctl", PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def enter(root: str) -> None:
    """Go into namespaces of our own, with `root` (an empty directory) as the new root.

    Comes back in the process that is to run the code.

    Raises:
        OSError: this machine does not allow one of them.
    """
    _call("prctl", PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    user, group = os.getuid(), os.getgid()
    _call("unshare", CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWPID)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{INSIDE_USER} {user} 1\n")
    Path("/proc/self/gid_map").write_text(f"{INSIDE_USER} {group} 1\n")
    _wait_for_child()  # only a child is in the new pid namespace, and it is its init
    _wait_for_child()  # init has no default actions: SIGXCPU would not end it
    _own_root(root)


def _wait_for_child() -> None:
    """Fork; the parent stays to hand the child's end on, the child comes back."""
    child = os.fork()
    if child == 0:
        _call("prctl", PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        return
    _, status = os.waitpid(child, 0)
    os._exit(os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status))


def _own_root(root: str) -> None:
    """A root that has the Python installation, read-only, and nothing else."""
    _mount("none", "/", None, MS_REC | MS_PRIVATE)
    wanted = _needed()
    _mount("tmpfs", root, "tmpfs", MS_NOSUID | MS_NODEV, "size=64m,mode=755")
    for source in wanted:
        target = Path(root + source)
        if Path(source).is_symlink():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(Path(source).readlink())
            continue
        if Path(source).is_dir():
            target.mkdir(parents=True, exist_ok=True)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.touch()
        _mount(source, str(target), None, MS_BIND | MS_REC)
        _mount("none", str(target), None, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID)
    for name in (HOME, "/tmp", "/proc", "/.old"):  # noqa: S108 (inside the new root)
        Path(root + name).mkdir(parents=True, exist_ok=True)
    _mount("proc", f"{root}/proc", "proc", MS_NOSUID | MS_NODEV)
    os.chdir(root)
    _call("pivot_root", b".", b".old")
    os.chdir("/")
    _call("umount2", b"/.old", MNT_DETACH)
    Path("/.old").rmdir()
    _mount("none", "/", None, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV)
    _mount("tmpfs", HOME, "tmpfs", MS_NOSUID | MS_NODEV, "size=16m,mode=755")
    os.chdir(HOME)


def _needed() -> list[str]:
    """The places of the host that a Python with Flask needs, outermost first."""
    import importlib.util  # noqa: PLC0415 (only here)

    places = [
        sys.prefix,
        sys.base_prefix,
        sys.exec_prefix,
        str(Path(__file__).parent),
        str(Path(sys.executable).parent),
    ]
    places += [str(Path(sys.executable).resolve().parent.parent)]
    flask = importlib.util.find_spec("flask")
    if flask is not None and flask.origin:
        places.append(str(Path(flask.origin).parent.parent))
    places += ["/usr/lib", "/usr/lib64", "/usr/local/lib", "/lib", "/lib64", "/etc/ld.so.cache"]
    found: list[str] = []
    for place in sorted({os.path.abspath(each) for each in places}, key=len):  # noqa: PTH100 (links stay links)
        inside = any(place == other or place.startswith(other.rstrip("/") + "/") for other in found)
        if not inside and Path(place).exists():
            found.append(place)
    return found


def _check(root: str) -> None:
    """Enter in a child, and see whether a Python with Flask starts there.

    Raises:
        OSError: it does not.
    """
    child = os.fork()
    if child == 0:
        try:
            enter(root)
            os.execv(sys.executable, [sys.executable, "-I", "-c", "import flask"])
        except OSError as error:
            print(error, file=sys.stderr)
            os._exit(1)
    _, status = os.waitpid(child, 0)
    if status != 0:
        raise OSError(f"status {status}")


def main() -> None:
    """`--check`: try and say; else enter and become the child."""
    if sys.argv[1:] == ["--check"]:
        try:
            with tempfile.TemporaryDirectory(prefix="podlab-app-") as root:
                _check(root)
        except OSError as error:
            print(error, file=sys.stderr)
            sys.exit(1)
        return
    try:
        enter(os.getcwd())  # noqa: PTH109 (the directory the parent made for this)
    except OSError:
        os._exit(125)
    script = str(Path(__file__).with_name("wsgi_child.py"))
    os.execve(sys.executable, [sys.executable, "-P", "-s", "-B", script, *sys.argv[1:]], dict(os.environ))


if __name__ == "__main__":
    main()

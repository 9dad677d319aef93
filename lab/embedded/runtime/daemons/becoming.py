"""What entry points do as root before the server runs: hand files over, then become its user (gosu)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.embedded.runtime.mounting import may

if TYPE_CHECKING:
    from lab.embedded.runtime.process import Process

_NEEDED = frozenset({"SETGID", "SETUID"})


def _coreutils(process: Process) -> bool:
    """Whether the image has those of GNU, whose words differ from busybox'."""
    return process.kernel.files.exists("/etc/alpine-release") is None


def hand_over(process: Process, path: str, user: int, *, shown: str = "") -> str:
    """Give a directory and all in it to a user (`find … -exec chown`); the complaint where that fails.

    `shown`: how the entry point calls the directory.
    """
    shown = shown or path
    files, coreutils = process.kernel.files, _coreutils(process)
    top = files.node(path)
    if not may(top, process.uid, 4):
        quoted = f"\u2018{shown}\u2019" if coreutils else shown
        return f"find: {quoted}: Permission denied"
    for place, node in files.walk(path):
        if node.uid == user:
            continue
        if "CHOWN" not in process.capabilities:
            told = shown + place.removeprefix(path)
            quoted = f"changing ownership of '{told}'" if coreutils else told
            return f"chown: {quoted}: Operation not permitted"
        node.uid = node.gid = user
    return ""


def change_mode(process: Process, path: str, mode: int) -> str:
    """`chmod`; the complaint where that fails."""
    node = process.kernel.files.node(path)
    if process.uid != node.uid and "FOWNER" not in process.capabilities:
        quoted = f"changing permissions of '{path}'" if _coreutils(process) else path
        return f"chmod: {quoted}: Operation not permitted"
    node.mode = mode
    return ""


def become_user(process: Process, name: str, user: int) -> str:
    """Go on as another user; the complaint where root may not (`gosu`)."""
    if not process.capabilities >= _NEEDED:
        return f'error: failed switching to "{name}": operation not permitted'
    process.uid = user
    return ""

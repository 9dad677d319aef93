"""Linux capabilities: what root may do in a container, and what a manifest adds and drops.

Listening on a port below 1024 takes none: containerd lets everybody since 2.0 (`EnableUnprivilegedPorts`).
The default set is containerd's (`defaultUnixCaps` in `pkg/oci/spec.go`). Only root has capabilities here: a
program of another user gets none at its execve(2), as no file of an image has any.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

DEFAULT = frozenset({
    "CHOWN", "DAC_OVERRIDE", "FSETID", "FOWNER", "MKNOD", "NET_RAW", "SETGID", "SETUID", "SETFCAP", "SETPCAP",
    "NET_BIND_SERVICE", "SYS_CHROOT", "KILL", "AUDIT_WRITE",
})  # fmt: skip
"""What a container has whose manifest says nothing."""

ORDER = (
    "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP",
    "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER",
    "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE",
    "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP",
    "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF",
    "CHECKPOINT_RESTORE",
)  # fmt: skip
"""All that Linux 6 has, each at the place of its bit (capabilities(7), `linux/capability.h`)."""

ALL = frozenset(ORDER)


def granted(add: Iterable[str], drop: Iterable[str], *, privileged: bool = False) -> frozenset[str]:
    """The capabilities of a container; a name that is both added and dropped is dropped, `ALL` gives way.

    A name that Linux does not have (`CAP_KILL`, which is to be written `KILL`) is passed over, as by runc.
    (`WithCapabilities` of containerd's `pkg/cri/opts`: first ALL of either list, then single names.)
    """
    if privileged:
        return ALL
    added, dropped = ({each.upper() for each in names} for names in (add, drop))
    base = frozenset() if "ALL" in dropped else ALL if "ALL" in added else DEFAULT
    return (base | (added & ALL)) - dropped


def mask(capabilities: Iterable[str]) -> str:
    """A set as `/proc/PID/status` prints it: 16 hexadecimal digits."""
    return f"{sum(1 << ORDER.index(each) for each in capabilities):016x}"


def file_rights(capabilities: frozenset[str]) -> int:
    """The rights (4 read, 2 write, 1 search) that root has to files whatever their mode says."""
    if "DAC_OVERRIDE" in capabilities:
        return 7
    return 5 if "DAC_READ_SEARCH" in capabilities else 0

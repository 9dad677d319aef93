"""Linux capabilities: what root may do in a container, and what a manifest adds and drops.

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

ALL = DEFAULT | {
    "AUDIT_CONTROL", "AUDIT_READ", "BLOCK_SUSPEND", "BPF", "CHECKPOINT_RESTORE", "DAC_READ_SEARCH",
    "IPC_LOCK", "IPC_OWNER", "LEASE", "LINUX_IMMUTABLE", "MAC_ADMIN", "MAC_OVERRIDE", "NET_ADMIN",
    "NET_BROADCAST", "PERFMON", "SYSLOG", "SYS_ADMIN", "SYS_BOOT", "SYS_MODULE", "SYS_NICE", "SYS_PACCT",
    "SYS_PTRACE", "SYS_RAWIO", "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "WAKE_ALARM",
}  # fmt: skip
"""All that Linux 6 has."""


def granted(add: Iterable[str], drop: Iterable[str], *, privileged: bool = False) -> frozenset[str]:
    """The capabilities of a container; a name that is both added and dropped is dropped, `ALL` gives way.

    (`WithCapabilities` of containerd's `pkg/cri/opts`: first ALL of either list, then single names.)
    """
    if privileged:
        return ALL
    added, dropped = ({each.removeprefix("CAP_").upper() for each in names} for names in (add, drop))
    base = frozenset() if "ALL" in dropped else ALL if "ALL" in added else DEFAULT
    return (base | (added - {"ALL"})) - (dropped - {"ALL"})

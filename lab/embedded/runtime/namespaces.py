"""Which processes see each other: PID namespaces, and who may look into another process.

A container has a namespace of its own, in which its main process is PID 1. With `shareProcessNamespace` all
containers of a pod share that of the sandbox, whose PID 1 is `/pause`; an ephemeral container with a
`targetContainerName` joins that of another container.

Invariants:
    * When PID 1 ends, the namespace is over: every process in it is killed at the same instant, in whatever
      container it runs, and none begins (pid_namespaces(7)).
    * Numbers are never used twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.embedded.runtime.users import as_user

if TYPE_CHECKING:
    from lab.embedded.runtime.process import Process

_RUNC = 5
"""Numbers that runc's own stages use up when a container joins a namespace that has processes."""


class PidNamespace:
    """Processes by their number."""

    def __init__(self) -> None:
        self.processes: dict[int, Process] = {}
        self.over = False
        self._last = 0

    def number(self, *, joining: bool) -> int:
        """The next process' number; `joining`: it is a container's first."""
        self._last += 1 + (_RUNC if joining and self._last else 0)
        return self._last


def may_trace(caller: Process | None, target: Process) -> bool:
    """Whether a process may look into another one: its environment, descriptors and files (ptrace(2)).

    Both must be the same user's, and the target must not have a capability that the caller lacks; or the
    caller has SYS_PTRACE. None, the node, may.
    """
    if caller is None or caller is target or "SYS_PTRACE" in caller.capabilities:
        return True
    same = caller.uid == target.uid and as_user(caller.uid).gid == as_user(target.uid).gid
    return same and target.capabilities <= caller.capabilities

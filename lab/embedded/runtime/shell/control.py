"""Ways out of commands: exceptions the interpreter raises and catches."""

from __future__ import annotations


class Leave(Exception):  # noqa: N818 (what happened, not a mistake)
    """The shell exits with a status."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Return(Exception):  # noqa: N818 (what happened, not a mistake)
    """A function or sourced file returns."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class LoopControl(Exception):  # noqa: N818 (what happened, not a mistake)
    """`break` or `continue` out of `levels` loops."""

    def __init__(self, levels: int, *, again: bool) -> None:
        super().__init__(levels)
        self.levels = levels
        self.again = again


class CommandFailed(Exception):  # noqa: N818 (what happened, not a mistake)
    """A builtin's error: the message (after the shell's name) and the status; `fatal` ends a script."""

    def __init__(self, message: str, status: int = 1, *, fatal: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.fatal = fatal
        self.builtin = ""
        """The builtin whose own complaint this is."""

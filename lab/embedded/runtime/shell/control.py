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


class ShellError(Exception):
    """What ends a command with a complaint, and mostly the script too."""

    line: int | None = None
    """Where in the script it is, if not in the line that runs."""
    place: str | None = None
    """What stands before the message, once that is known: `sh: cd: line 0: `."""


class CommandFailed(ShellError):  # noqa: N818 (what happened, not a mistake)
    """A builtin's error: the message (after the shell's name) and the status; `fatal` ends a script."""

    def __init__(self, message: str, status: int = 1, *, fatal: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.fatal = fatal
        self.told = False
        """Whether the message has been printed, while the command's redirections stood."""


class AppletFailed(CommandFailed):
    """An error of a builtin that is an applet as well (`test`, `printf`): worded as applets word it."""

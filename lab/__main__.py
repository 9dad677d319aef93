"""The command `podlab`, and `python -m lab`, which is the same.

Ctrl-C is answered from the first line on: while the command line is still being imported, and after its exit
code is decided, when nothing is left to interrupt.
"""

from __future__ import annotations

import os
import signal
import sys

INTERRUPTED = 130


def main() -> None:
    """Run the command line and exit with its code."""
    default = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if default:
        signal.signal(signal.SIGINT, _end_at_once)
    from lab.cli.entry import start  # noqa: PLC0415 (from here on Ctrl-C is answered)

    if default:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    code = start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # CPython remembers a KeyboardInterrupt that left an exec'd string (a dataclass in the making), also a
    # handled one, and would die of SIGINT at its end; the next exec makes it forget.
    exec("")  # noqa: S102
    sys.exit(code)


def _end_at_once(*_signal: object) -> None:
    """End a process that has not begun anything yet."""
    os.write(2, b"interrupted\n")
    os._exit(INTERRUPTED)


if __name__ == "__main__":
    main()

"""Signals: numbers, names and what they do by default (signal(7))."""

from __future__ import annotations

HUP, INT, QUIT, ABRT, KILL, USR1, SEGV, USR2, PIPE, ALRM, TERM = 1, 2, 3, 6, 9, 10, 11, 12, 13, 14, 15
CHLD, CONT, STOP, URG, WINCH = 17, 18, 19, 23, 28

ERR = 64
"""No signal, but what `trap … ERR` stands for, beside 0 for EXIT."""

NAMES = {
    1: "HUP",
    2: "INT",
    3: "QUIT",
    4: "ILL",
    5: "TRAP",
    6: "ABRT",
    7: "BUS",
    8: "FPE",
    9: "KILL",
    10: "USR1",
    11: "SEGV",
    12: "USR2",
    13: "PIPE",
    14: "ALRM",
    15: "TERM",
    16: "STKFLT",
    17: "CHLD",
    18: "CONT",
    19: "STOP",
    20: "TSTP",
    21: "TTIN",
    22: "TTOU",
    23: "URG",
    24: "XCPU",
    25: "XFSZ",
    26: "VTALRM",
    27: "PROF",
    28: "WINCH",
    29: "IO",
    30: "PWR",
    31: "SYS",
}
"""Names without `SIG`, by number (Linux on x86-64 and arm64)."""

HARMLESS = frozenset({CHLD, CONT, URG, WINCH})
"""Signals that end nobody by default (stopping is not simulated)."""

DEATHS = {
    1: "Hangup",
    3: "Quit",
    4: "Illegal instruction",
    6: "Aborted",
    7: "Bus error",
    8: "Floating point exception",
    9: "Killed",
    11: "Segmentation fault",
    14: "Alarm clock",
    15: "Terminated",
    10: "User defined signal 1",
    12: "User defined signal 2",
}
"""What a shell prints when a child died of a signal; INT and PIPE go unmentioned."""


def parse(text: str) -> int | None:
    """A signal's number from `15`, `TERM` or `SIGTERM`, any case; `EXIT` gives 0; None: no such signal."""
    if text.isdigit():
        number = int(text)
        return number if number == 0 or number in NAMES else None
    name = text.upper().removeprefix("SIG")
    if name == "EXIT":
        return 0
    return next((number for number, each in NAMES.items() if each == name), None)

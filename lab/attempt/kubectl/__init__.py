"""kubectl for front ends: a command line taken apart, judged, completed and run for one exercise."""

from __future__ import annotations

from lab.attempt.kubectl.command import Command, Guard
from lab.attempt.kubectl.completing import Candidate, Candidates, Completer
from lab.attempt.kubectl.console import Console
from lab.attempt.kubectl.process import Batch, Process
from lab.attempt.kubectl.words import Partial, partial, split

__all__ = [
    "Batch",
    "Candidate",
    "Candidates",
    "Command",
    "Completer",
    "Console",
    "Guard",
    "Partial",
    "Process",
    "partial",
    "split",
]

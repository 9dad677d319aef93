"""The shell's table of background jobs: what `jobs`, `wait`, `kill %1` and `fg` speak of."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct, field

from lab.embedded.runtime import signals

if TYPE_CHECKING:
    from lab.embedded.runtime.process import Process

KEPT_JOBS = 64
"""Ended background jobs that are remembered for `wait` and `jobs`."""
_WIDTH = 33
"""Columns before a job's command."""


class Job(Struct, eq=False):
    """Processes started together; the last one's status is the job's."""

    number: int
    processes: list[Process]
    text: str
    noticed: bool = False
    """Whether the shell has come to know that it ended."""
    told: bool = False
    """Whether a prompt has said so."""

    @property
    def last(self) -> Process:
        """The process whose status counts."""
        return self.processes[-1]

    @property
    def running(self) -> bool:
        """Whether any of it still runs."""
        return any(each.status is None for each in self.processes)

    def state(self) -> str:
        """How `jobs` calls what the job does."""
        status = self.last.status
        if self.running or status is None:
            return "Running"
        if status.signal is not None:
            return signals.DEATHS.get(status.signal, f"Signal {status.signal}")
        return f"Done({status.code})" if status.code else "Done"


class JobTable(Struct):
    """Jobs, oldest first."""

    jobs: list[Job] = field(default_factory=list)

    def add(self, processes: list[Process], text: str) -> Job:
        """A new job; the longest ended ones are forgotten."""
        number = max((each.number for each in self.jobs), default=0) + 1
        job = Job(number, processes, text)
        self.jobs.append(job)
        ended = [each for each in self.jobs if not each.running]
        for each in ended[:-KEPT_JOBS]:
            self.jobs.remove(each)
        return job

    def find(self, text: str) -> Job | None:
        """A job by `%1`, `%%`, `%+`, `%-`, `%name`, `%?part`, or by a process' number."""
        if text.isdigit():
            return next((job for job in self.jobs if any(p.pid == int(text) for p in job.processes)), None)
        name = text.removeprefix("%")
        if name in ("", "%", "+"):
            return self.jobs[-1] if self.jobs else None
        if name == "-":
            return self.jobs[-2] if len(self.jobs) > 1 else None
        if re.fullmatch(r"\d+", name):
            return next((job for job in self.jobs if job.number == int(name)), None)
        if name.startswith("?"):
            return next((job for job in reversed(self.jobs) if name[1:] in job.text), None)
        return next((job for job in reversed(self.jobs) if job.text.startswith(name)), None)

    def described(self, job: Job, *, pid: bool = False) -> str:
        """A job's line; what it says that it ended is said for the last time."""
        place = len(self.jobs) - self.jobs.index(job)
        mark = {1: "+", 2: "-"}.get(place, " ")
        number = f"{job.processes[0].pid} " if pid else ""
        head = f"[{job.number}]{mark}  {number}"
        return f"{head + job.state():<{_WIDTH}}{job.text}"

    def notice(self) -> None:
        """Everything that has ended is known to have ended."""
        for each in self.jobs:
            each.noticed = each.noticed or not each.running

    def forget(self, job: Job) -> None:
        """Take a job out."""
        if job in self.jobs:
            self.jobs.remove(job)

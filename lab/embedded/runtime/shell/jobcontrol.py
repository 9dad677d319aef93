"""The builtins about jobs: `wait`, `jobs`, `kill`, `fg`, `bg`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.embedded.runtime.shell.control import CommandFailed

if TYPE_CHECKING:
    from lab.embedded.runtime.process import Process
    from lab.embedded.runtime.shell.commands import CommandRunner
    from lab.embedded.runtime.shell.jobtable import Job
    from lab.embedded.runtime.shell.special import Step


def wait(shell: CommandRunner, argv: list[str]) -> Step:
    """`wait [-n] [PID|%JOB]…`."""
    arguments = argv[1:]
    if arguments[:1] == ["-n"]:
        return (yield from _wait_any(shell))
    if arguments and arguments[0].startswith("-") and len(arguments[0]) > 1:
        raise CommandFailed(f"illegal option -{arguments[0][1]}", 2)
    if not arguments:
        return (yield from _wait_all(shell))
    status = 0
    for argument in arguments:
        status = yield from _wait_one(shell, argument)
    return status


def _wait_all(shell: CommandRunner) -> Step:
    process = shell.process
    while process.children:
        child = next(iter(process.children.values()))  # the others are looked at in their turn
        if child.status is not None:
            process.reap(child)
        elif process.pending:
            return (yield from _interrupted(shell))
        else:
            yield from process.wait(child.ended)
    shell.jobs.notice()
    return 0


def _wait_any(shell: CommandRunner) -> Step:
    """The next job to end; 0 when none runs."""
    process = shell.process
    running = [job for job in shell.jobs.jobs if job.running and _ours(shell, job)]
    while running:
        if process.pending:
            return (yield from _interrupted(shell))
        ended = next((job for job in running if not job.running), None)
        if ended is not None and ended.last.status is not None:
            ended.noticed = True
            return ended.last.status.code
        yield from process.wait(*(each.ended for job in running for each in job.processes))
    return 0


def _wait_one(shell: CommandRunner, argument: str) -> Step:
    process, job = shell.process, shell.jobs.find(argument)
    if argument.startswith("%"):
        if job is None:
            raise CommandFailed(f"{argument}: no such job", 2)
    elif not argument.isdigit():
        raise CommandFailed(f"Illegal number: {argument}", 2)
    if job is None or not _ours(shell, job):
        return 127
    for child in job.processes:
        while child.status is None:
            if process.pending:
                return (yield from _interrupted(shell))
            yield from process.wait(child.ended)
        process.reap(child)
    ended = job.last.status
    if ended is None:
        return 0
    if not job.noticed:
        job.noticed = True
        yield from shell.mention(ended)
    return ended.code


def _ours(shell: CommandRunner, job: Job) -> bool:
    """Whether the job is this shell's own, and not one of the shell it was forked from."""
    return job.last.parent is shell.process


def _interrupted(shell: CommandRunner) -> Step:
    """A trapped signal ends `wait` at once with 128 + its number; then the trap runs."""
    number = shell.process.pending[0]
    shell.state.status = 128 + number
    yield from shell.run_traps()
    return 128 + number


def jobs(shell: CommandRunner, argv: list[str]) -> Step:
    """`jobs [-l] [-p]`: the newest first; what ended is told once."""
    flags = {letter for each in argv[1:] if each.startswith("-") for letter in each[1:]}
    if wrong := sorted(flags - {"l", "p"}):
        raise CommandFailed(f"illegal option -{wrong[0]}", 2)
    names = [each for each in argv[1:] if not each.startswith("-")]
    for job in (
        _named(shell, names) if names else reversed([each for each in shell.jobs.jobs if not each.told])
    ):
        if "p" in flags:
            yield from shell.process.print(str(job.processes[0].pid))
            continue
        yield from shell.process.print(shell.jobs.described(job, pid="l" in flags))
        if not job.running:
            shell.jobs.forget(job)
    return 0


def _named(shell: CommandRunner, names: list[str]) -> list[Job]:
    found: list[Job] = []
    for name in names:
        job = shell.jobs.find(name)
        if job is None:
            raise CommandFailed(f"{name}: no such job", 2)
        found.append(job)
    return found


def kill(shell: CommandRunner, argv: list[str]) -> Step:
    """`kill [-SIGNAL] PID|%JOB…`; a job is each of its processes."""
    from lab.embedded.runtime.applets.processes import send_signals  # noqa: PLC0415 (a cycle otherwise)

    arguments: list[str] = []
    for each in argv[1:]:
        if each.startswith("%"):
            (job,) = _named(shell, [each])
            arguments += [str(process.pid) for process in job.processes]
        else:
            arguments.append(each)
    status = yield from send_signals(shell.process, arguments, shell.state.applet)
    if shell.process.pending:
        yield from shell.run_traps()
    yield from shell.process.sleep_for_computing(0.0)
    return status


def _chosen(shell: CommandRunner, argv: list[str]) -> Job:
    """The job `fg` and `bg` mean: jobs are only controlled at a terminal."""
    job = shell.jobs.find(argv[1] if len(argv) > 1 else "%%")
    if job is None:
        raise CommandFailed("No current job" if len(argv) < 2 else f"{argv[1]}: no such job", 2)
    if "interactive" not in shell.state.options:
        raise CommandFailed(f"job {argv[1] if len(argv) > 1 else '(null)'} not created under job control", 2)
    return job


def foreground(shell: CommandRunner, argv: list[str]) -> Step:
    """`fg [%JOB]`: wait for a job as if it had been started without `&`."""
    job = _chosen(shell, argv)
    yield from shell.process.print(job.text)
    children: list[Process] = list(job.processes)
    shell.jobs.forget(job)
    return (yield from shell.foreground(children))


def background(shell: CommandRunner, argv: list[str]) -> Step:
    """`bg [%JOB]`: nothing is ever stopped here, so the job runs already."""
    job = _chosen(shell, argv)
    yield from shell.process.print(f"[{job.number}] {job.text}")
    return 0

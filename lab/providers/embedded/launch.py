"""Finding, starting, replacing and stopping the background process of the embedded cluster.

Whoever starts or stops holds a lock file, so two labs at once get one cluster. A process counts as found when
its record names one that answers, with the record's token, and is of this version; anything else is stale and
is replaced: the objects are on disk, so nothing is lost.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from lab.errors import LabError, NotAbleError, disk_remedy
from lab.providers.embedded.client import Connection
from lab.providers.embedded.record import Places, Record, code_version, forget

if TYPE_CHECKING:
    from lab.providers.base import Progress

START_SECONDS = 30.0
"""Host seconds a start may take on a busy machine; it usually takes about one."""
STOP_SECONDS = 10.0
AGAIN = " again: its objects were kept, its pods start as after a node's reboot"
_STEP = 0.02

State = Literal["running", "stopped", "absent", "stale"]


@dataclass(frozen=True)
class Found:
    """What was found, and why it counts as that."""

    state: State
    detail: str
    record: Record | None = None
    facts: dict[str, Any] | None = None


def look(places: Places, timeout: float = 1.5) -> Found:
    """Find the background process; changes nothing."""
    record = Record.read(places.record)
    if record is None:
        kept = places.state.is_dir() and any(places.state.iterdir())
        return (
            Found("stopped", "its objects are kept")
            if kept
            else Found("absent", "there is none: not started yet, or taken down")
        )
    if not record.exists:
        return Found("stale", f"process {record.pid} is gone (killed, or the machine went down)", record)
    try:
        connection = Connection.from_kubeconfig(places.kubeconfig)
        facts = connection.call("GET", "/podlab/status", timeout=timeout)
    except LabError as error:
        return Found("stale", f"process {record.pid}: {error.what}", record)
    if record.version != code_version():
        return Found("stale", f"process {record.pid} is of another version ({record.version})", record, facts)
    return Found("running", f"process {record.pid}", record, facts)


def ensure_running(places: Places, options: tuple[str, ...], progress: Progress) -> Found:
    """Make sure that the background process runs and answers.

    Raises:
        NotAbleError: it cannot be started; with the end of its log.
    """
    found = look(places)
    if found.state == "running":
        return found
    _make(places)
    with _locked(places):
        found = look(places)
        if found.state == "running":
            return found
        if found.state == "stale":
            progress(f"replacing the embedded cluster: {found.detail}")
            _end(places, found)
        kept = places.state.is_dir() and any(places.state.iterdir())
        progress(f"starting the embedded cluster{AGAIN if kept else ''}")
        return _start(places, options)


def stop(places: Places, progress: Progress) -> bool:
    """Stop the background process; returns whether there was one. Its objects stay on disk.

    Raises:
        NotAbleError: it cannot be stopped.
    """
    if not places.directory.is_dir():
        return False
    with _locked(places):
        found = look(places)
        if found.record is None:
            return False
        progress(f"stopping the embedded cluster (process {found.record.pid})")
        _end(places, found)
    return True


def _start(places: Places, options: tuple[str, ...]) -> Found:
    from lab.embedded.server.minting import finding_lab

    begun = places.log.stat().st_size if places.log.exists() else 0
    command = [sys.executable, "-m", "lab.providers.embedded.daemon", str(places.directory), *options]
    with places.log.open("ab") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/",
            start_new_session=True, env=finding_lab(),
        )  # fmt: skip
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        record = Record.read(places.record)
        if record is not None and record.pid == process.pid:
            found = look(places)
            if found.state == "running":
                _release(process)
                return found
        if process.poll() is not None:
            break
        time.sleep(_STEP)
    else:
        process.kill()
        process.wait()
    raise NotAbleError(
        f"the embedded cluster could not be started: {_log_end(places.log, begun)}",
        where=str(places.log),
        remedy="look at that log; `podlab cluster down` followed by `podlab cluster up` begins anew",
    )


def _release(process: subprocess.Popen[bytes]) -> None:
    """The process is on its own from here on: do not warn that it still runs when this one ends."""
    process.returncode = 0


def _end(places: Places, found: Found) -> None:
    """End the recorded process: by its own endpoint, then by signals if it is provably ours."""
    record = found.record
    if record is None:
        return
    if found.facts is not None:
        try:
            Connection.from_kubeconfig(places.kubeconfig).call("POST", "/podlab/shutdown")
        except LabError:
            pass
        else:
            _wait_gone(record, STOP_SECONDS)
    for number in (signal.SIGTERM, signal.SIGKILL):
        if not record.exists or not _is_ours(record.pid):
            break
        os.kill(record.pid, number)
        _wait_gone(record, STOP_SECONDS)
    if record.exists and _is_ours(record.pid):
        raise NotAbleError(
            f"process {record.pid} of the embedded cluster cannot be stopped",
            remedy=f"end it: kill {record.pid}",
        )
    forget(places.record, record.pid)


def _wait_gone(record: Record, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while record.exists and time.monotonic() < deadline:
        _reap(record.pid)
        time.sleep(_STEP)


def _reap(pid: int) -> None:
    """If the process is a child of this one, take its end note, or it stays as a zombie."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except (ChildProcessError, OSError):
        return


def _is_ours(pid: int) -> bool:
    """Whether the process is a background process of a lab: numbers are used again."""
    try:
        line = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except OSError:
        try:
            line = subprocess.run(
                ["ps", "-o", "command=", "-p", str(pid)],
                capture_output=True,
                text=True,
                timeout=5,
                check=False,
            ).stdout
        except (OSError, subprocess.SubprocessError):
            return False
    return "lab.providers.embedded.daemon" in line


def _make(places: Places) -> None:
    try:
        places.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise NotAbleError(
            f"the lab's state directory cannot be made: {error.strerror}",
            where=str(places.directory),
            remedy=disk_remedy(error, "set PODLAB_HOME to a directory that can be written"),
        ) from error


def _locked(places: Places) -> Any:
    from filelock import FileLock

    return FileLock(places.lock, timeout=START_SECONDS + STOP_SECONDS)


def _log_end(path: Path, begun: int) -> str:
    try:
        with path.open("rb") as file:
            file.seek(begun)
            lines = file.read().decode(errors="replace").strip().splitlines()
    except OSError:
        return "it left no log"
    return lines[-1] if lines else "it left no log"


def remove(places: Places) -> None:
    """Remove the cluster's objects; the log stays.

    Raises:
        NotAbleError: they cannot be removed.
    """
    import shutil

    if not places.directory.is_dir():
        return
    with _locked(places):
        try:
            if places.state.is_dir():
                shutil.rmtree(places.state)
            places.kubeconfig.unlink(missing_ok=True)
        except OSError as error:
            raise NotAbleError(
                f"the cluster's objects cannot be removed: {error.strerror}",
                where=str(places.state),
                remedy="make the directory writable, then run the command again",
            ) from error

"""A pytest plugin: with CI=true nothing that needs Docker or kubectl is skipped; no test leaves a process.

A process is a test's when it descends from the session, or when its environment carries the session's mark: a
daemon has left its parents, but not what it was started with. PYTEST_CURRENT_TEST, which pytest sets, tells
the test. What is left is ended, so that a failing session does not burden the next one. Processes are read
from /proc; where there is none (macOS), nothing is checked.

tests/house/test_strict.py runs this plugin over tests that misbehave.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

MARK = "LAB_TESTS_SESSION"
"""Environment variable of everything a session starts; not PODLAB_…, which tests take out again."""
REQUIRED_IN_CI = ("docker", "kubectl")
GRACE_SECONDS = 3.0
"""Host time a process that was already told to end may take for it."""

_TOLD = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    """Mark the session; the workers of xdist inherit the mark."""
    config.stash[_TOLD] = []
    if not hasattr(config, "workerinput"):
        os.environ[MARK] = uuid.uuid4().hex


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skipped test that CI must be able to run into a failed one."""
    report = yield
    if report.skipped and os.environ.get("CI") == "true" and not hasattr(report, "wasxfail"):
        needs = [name for name in REQUIRED_IN_CI if item.get_closest_marker(name)]
        if needs:
            why = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
            report.outcome = "failed"
            report.longrepr = f"with CI=true a test that needs {needs[0]} must run; it was skipped: {why}"
    return report


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None]:
    """Look for what is left after all fixtures: every worker its descendants, at last all by the mark.

    Last of the wrappers, so that it is done before the terminal writes its summary.
    """
    yield
    config = session.config
    worker_output: dict[str, Any] | None = getattr(config, "workeroutput", None)
    if worker_output is not None:
        worker_output["left"] = _end(lambda: _descendants(os.getpid()))
        return
    config.stash[_TOLD] += _end(lambda: {**_descendants(os.getpid()), **_marked(os.environ[MARK])})
    if config.stash[_TOLD] and session.exitstatus in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over what a worker found."""
    node.config.stash[_TOLD] += getattr(node, "workeroutput", {}).get("left", [])


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say what was left behind, and by which test."""
    told = config.stash[_TOLD]
    if told:
        terminalreporter.section("processes left behind by tests (ended now)", red=True, bold=True)
        for line in told:
            terminalreporter.line(line)


def _end(find: Callable[[], dict[int, str]]) -> list[str]:
    """Give what is ending a moment, end the rest by force, and describe it."""
    deadline = time.monotonic() + GRACE_SECONDS
    while (left := find()) and time.monotonic() < deadline:
        time.sleep(0.2)
    for pid in left:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return [f"process {pid}: {about}" for pid, about in sorted(left.items())]


def _descendants(root: int) -> dict[int, str]:
    children: dict[int, list[int]] = {}
    for pid, parent in _processes():
        children.setdefault(parent, []).append(pid)
    found, todo = {}, list(children.get(root, []))
    while todo:
        pid = todo.pop()
        todo += children.get(pid, [])
        if not _infrastructure(pid):
            found[pid] = _about(pid)
    return found


def _marked(mark: str) -> dict[int, str]:
    needle = f"{MARK}={mark}".encode()
    own = os.getpid()
    return {
        pid: _about(pid)
        for pid, _ in _processes()
        if pid != own and needle in _environment(pid) and not _infrastructure(pid)
    }


def _processes() -> Iterator[tuple[int, int]]:
    """Every process that is not dead already, and its parent."""
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
            if state not in {"Z", "X"}:
                yield int(entry.name), int(parent)


def _environment(pid: int) -> list[bytes]:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    return []


def _infrastructure(pid: int) -> bool:
    """Whether it is the test machinery's own: a worker of xdist, which ends with the session."""
    with contextlib.suppress(OSError):
        return b"execnet" in Path(f"/proc/{pid}/cmdline").read_bytes()
    return False


def _about(pid: int) -> str:
    command = b""
    with contextlib.suppress(OSError):
        command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").strip()
    test = next(
        (part.partition(b"=")[2] for part in _environment(pid) if part.startswith(b"PYTEST_CURRENT_TEST=")),
        b"a test it does not name",
    )
    return f"{command.decode(errors='replace')[:200]} (started by {test.decode(errors='replace')})"

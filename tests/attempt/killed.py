"""`kill -9` before every single change of the file system that an operation makes: run as a program.

The operation runs in a forked child that kills itself at its first, second, third … change, until it gets
through. After every death the survivor looks whether anything was lost, and does the same again to its end.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lab.attempt.progress_file import ProgressFile
from lab.attempt.workspace import Workspace
from lab.embedded.cluster import Cluster, read_journal
from lab.embedded.server.identity_file import Kept
from lab.embedded.server.tls import make_identity
from lab.model.progress import Progress, Record
from lab.providers import kubeconfigs
from lab.providers.embedded.record import Record as Daemon

if TYPE_CHECKING:
    from collections.abc import Callable

_CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "os.link", "os.symlink"}
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def deaths(scenario: tuple[Callable[[Path], None], ...], root: Path) -> int:
    """Play a scenario through all its deaths; how many there were."""
    before, operation, holds = scenario
    count = 0
    while True:
        directory = root / str(count)
        directory.mkdir(parents=True)
        before(directory)
        child = os.fork()
        if child == 0:
            sys.addaudithook(_killer(count))
            operation(directory)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status):
            assert os.WEXITSTATUS(status) == 0, status
            holds(directory)
            return count
        holds(directory)
        operation(directory)  # the next lab is not in the way of what the dead one left
        holds(directory)
        shutil.rmtree(directory)
        count += 1


def _killer(number: int) -> Callable[[str, tuple[object, ...]], None]:
    left = number

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal left
        flags = arguments[2] if event == "open" and isinstance(arguments[2], int) else 0
        if event in _CHANGES or flags & _WRITING:
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            left -= 1

    return hook


# --- progress -----------------------------------------------------------------------------------------------


def _progress_before(directory: Path) -> None:
    ProgressFile(directory / "progress.json").update(lambda _old: Progress({"a": Record(checks=1)}, "a"))


def _progress_changes(directory: Path) -> None:
    ProgressFile(directory / "progress.json").update(
        lambda old: Progress({**old.records, "b": Record(checks=2)}, "b")
    )


def _progress_holds(directory: Path) -> None:
    file = ProgressFile(directory / "progress.json")
    assert file.read().of("a").checks == 1
    assert not file.notices


# --- workspace ----------------------------------------------------------------------------------------------

ORIGINALS = {"web.yaml": b"original\n", "image/app.py": b"print()\n"}


def _workspace(directory: Path) -> Workspace:
    return Workspace(directory / "work", "sample", ORIGINALS, directory / "backups", "image", now=lambda: 0.0)


def _own_file_before(directory: Path) -> None:
    (directory / "work").mkdir()
    (directory / "work" / "web.yaml").write_bytes(b"mine\n")
    (directory / "work" / "notes.txt").write_bytes(b"notes\n")


def _edited_before(directory: Path) -> None:
    _workspace(directory).create()
    (directory / "work" / "web.yaml").write_bytes(b"mine\n")
    (directory / "work" / "added.yaml").write_bytes(b"notes\n")


def _create(directory: Path) -> None:
    _workspace(directory).create()


def _reset(directory: Path) -> None:
    _workspace(directory).reset()


def _nothing_of_the_learners_is_lost(directory: Path) -> None:
    contents = {path.read_bytes() for path in directory.rglob("*") if path.is_file()}
    assert {b"mine\n", b"notes\n"} <= contents


# --- kubeconfig, record, identity


def _kubeconfig(name: str) -> Callable[[Path], None]:
    return lambda directory: kubeconfigs.write(directory / "kc", {"current-context": name})


def _kubeconfig_holds(directory: Path) -> None:
    assert kubeconfigs.read(directory / "kc")["current-context"] in {"old", "new"}


def _record(pid: int) -> Callable[[Path], None]:
    return lambda directory: Daemon(pid, 1, "1", "kc").write(directory / "daemon.json")


def _record_holds(directory: Path) -> None:
    found = Daemon.read(directory / "daemon.json")
    assert found is not None
    assert found.pid in {1, 2}


IDENTITY = make_identity()


def _identity(port: int) -> Callable[[Path], None]:
    return lambda directory: Kept(IDENTITY, port).write(directory / "identity.json")


def _identity_holds(directory: Path) -> None:
    kept = Kept.read(directory / "identity.json")
    assert kept.identity.token == IDENTITY.token
    assert kept.port in {1, 2}


# --- the embedded cluster's journal: opened, rewritten, appended to


def _cluster_before(directory: Path) -> None:
    cluster = Cluster.open(directory / "state", None)
    cluster.api.create(
        "namespaces", None, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "kept"}}
    )
    cluster.persist()
    cluster.close()


def _cluster_goes_on(directory: Path) -> None:
    cluster = Cluster.open(directory / "state", read_journal(directory / "state"))
    cluster.advance(20)
    cluster.persist()
    cluster.close()


def _cluster_holds(directory: Path) -> None:
    saved = read_journal(directory / "state")
    assert saved is not None
    assert any(name == "kept" for _, _, name in saved.objects)


SCENARIOS = {
    "progress": (_progress_before, _progress_changes, _progress_holds),
    "workspace begun among own files": (_own_file_before, _create, _nothing_of_the_learners_is_lost),
    "workspace reset": (_edited_before, _reset, _nothing_of_the_learners_is_lost),
    "kubeconfig": (_kubeconfig("old"), _kubeconfig("new"), _kubeconfig_holds),
    "daemon record": (_record(1), _record(2), _record_holds),
    "identity": (_identity(1), _identity(2), _identity_holds),
    "journal": (_cluster_before, _cluster_goes_on, _cluster_holds),
}


if __name__ == "__main__":
    for title, steps in SCENARIOS.items():
        print(f"{title}: {deaths(steps, Path(sys.argv[1]) / title.replace(' ', '-'))}", flush=True)  # noqa: T201

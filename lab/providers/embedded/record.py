"""The record of the background process: who it is, so that it is found again."""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lab.settings import Settings


@dataclass(frozen=True)
class Places:
    """Where the background process keeps what it keeps."""

    directory: Path

    @classmethod
    def of(cls, settings: Settings) -> Places:
        """The places of a lab."""
        return cls(settings.home / "embedded")

    @property
    def record(self) -> Path:
        """Written when the process answers; removed when it ends."""
        return self.directory / "daemon.json"

    @property
    def lock(self) -> Path:
        """Held while the process is being started, replaced or stopped."""
        return self.directory / "daemon.lock"

    @property
    def alive(self) -> Path:
        """Locked by the process for as long as it lives, so that there is one at most."""
        return self.directory / "daemon.alive"

    @property
    def log(self) -> Path:
        """What it logs."""
        return self.directory / "daemon.log"

    @property
    def kubeconfig(self) -> Path:
        """The kubeconfig of the cluster (mode 0600); it holds the token."""
        return self.directory / "kubeconfig"

    @property
    def state(self) -> Path:
        """The cluster's objects."""
        return self.directory / "state"

    @property
    def identity(self) -> Path:
        """The cluster's authority, token and port, which last as long as its objects do."""
        return self.state / "identity.json"


@dataclass(frozen=True)
class Record:
    """One background process."""

    pid: int
    port: int
    version: str
    """Version of Podlab, with a mark of the code in a checkout."""
    kubeconfig: str

    def write(self, path: Path) -> None:
        """Write it whole, for the owner only.

        Raises:
            OSError: it cannot be written.
        """
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(asdict(self), file)
        temporary.replace(path)

    @classmethod
    def read(cls, path: Path) -> Record | None:
        """The record, or None when there is none or it is not legible."""
        try:
            fields = json.loads(path.read_text())
            return cls(
                int(fields["pid"]), int(fields["port"]), str(fields["version"]), str(fields["kubeconfig"])
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None

    @property
    def exists(self) -> bool:
        """Whether a process of that number exists (it may be another one by now)."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True


def forget(path: Path, pid: int) -> None:
    """Remove the record, if it is still that of `pid`."""
    record = Record.read(path)
    if record is not None and record.pid == pid:
        with contextlib.suppress(OSError):
            path.unlink()


def code_version() -> str:
    """The version a running process must have to be kept: the package's, and when its code last changed.

    An installed Podlab does not change under its version; a checkout does, so the newest file counts.
    """
    from importlib.metadata import PackageNotFoundError, version

    try:
        number = version("podlab")
    except PackageNotFoundError:
        number = "checkout"
    package = Path(__file__).resolve().parent.parent.parent
    if "site-packages" in package.parts:
        return number
    newest = max(path.stat().st_mtime_ns for path in (package / "embedded").rglob("*.py"))
    return f"{number}+{newest}"

"""The lab's settings: read from the environment once, then passed on as one frozen value.

Nothing here is global and nothing is remembered: `Settings.from_environment` is a function of the mapping it
is given, so two labs with two homes can live in one process (the tests do just that). Front ends change a
setting by `dataclasses.replace`.
"""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

if TYPE_CHECKING:
    from collections.abc import Mapping

AUTO = "auto"
"""The provider setting that means: a running kind cluster of the lab's if there is one, else embedded."""


@dataclass(frozen=True)
class Settings:
    """What the user, or the machine, decided about this lab."""

    home: Path
    """State directory: progress, workspaces, kubeconfigs, the embedded cluster's objects, crash logs.
    `PODLAB_HOME`, else the platform's state directory for `podlab`."""

    provider: str = ""
    """`embedded`, `kind`, `minikube`, `context:NAME` or `auto`: `--provider`, else `PODLAB_PROVIDER`. Empty:
    neither decided, and what was chosen in the settings counts."""

    exercises: Path | None = None
    """Another catalogue than the one the lab came with. `PODLAB_EXERCISES`; None: its own."""

    base_image: str = ""
    """Base image handed to builds as the build argument `BASE_IMAGE`; empty: the Dockerfile's default.
    `PODLAB_BASE_IMAGE`."""

    pip_index_url: str = ""
    """Package index handed to builds as the build argument `PIP_INDEX_URL`; empty: the Dockerfile's default.
    `PODLAB_PIP_INDEX_URL`."""

    image_loader: str = ""
    """Command that brings a built image into a `context:` cluster; `{image}` is replaced by the tag, or the
    tag is appended. `PODLAB_IMAGE_LOADER`; empty: images cannot be brought there."""

    kubectl: str = ""
    """The kubectl to use. `KUBECTL`, else the first on PATH, else the one installed beside this Python;
    empty: there is none."""

    editor: str = ""
    """Command the editor is started with. `VISUAL`, else `EDITOR`; empty: the lab looks for one."""

    shell: str = "/bin/sh"
    """The user's shell, for `podlab shell`. `SHELL`."""

    kubeconfigs: tuple[Path, ...] = ()
    """The user's own kubeconfig files, read (never written) for `context:NAME` only. `KUBECONFIG`, else
    `~/.kube/config`."""

    color: bool = True
    """Whether colour is welcome: `NO_COLOR` unset or empty, and `TERM` not `dumb`."""

    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The environment all of this was read from, for programs the lab starts."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Read the settings from `environment` (the process's own when None). Touches no file."""
        env = dict(os.environ if environment is None else environment)
        return cls(
            home=_home(env),
            provider=env.get("PODLAB_PROVIDER", ""),
            exercises=_path(env.get("PODLAB_EXERCISES")),
            base_image=env.get("PODLAB_BASE_IMAGE", ""),
            pip_index_url=env.get("PODLAB_PIP_INDEX_URL", ""),
            image_loader=env.get("PODLAB_IMAGE_LOADER", ""),
            kubectl=_kubectl(env),
            editor=env.get("VISUAL") or env.get("EDITOR") or "",
            shell=env.get("SHELL") or "/bin/sh",
            kubeconfigs=_kubeconfigs(env),
            color=not env.get("NO_COLOR") and env.get("TERM") != "dumb",
            environment=env,
        )

    @property
    def progress_file(self) -> Path:
        """Where progress is kept."""
        return self.home / "progress.json"

    @property
    def workspaces(self) -> Path:
        """The learner's files, one directory an exercise, unless `--workspace` says otherwise."""
        return self.home / "workspaces"

    @property
    def backups(self) -> Path:
        """Directory in which files go before the lab replaces or removes them."""
        return self.home / "backups"

    @property
    def kubeconfig_directory(self) -> Path:
        """Directory of the kubeconfigs the lab writes (mode 0700)."""
        return self.home / "kubeconfigs"

    @property
    def crash_directory(self) -> Path:
        """Directory of crash logs."""
        return self.home / "crashes"


def _home(env: Mapping[str, str]) -> Path:
    named = _path(env.get("PODLAB_HOME"))
    if named is not None:
        return named.absolute()
    return platformdirs.user_state_path("podlab", appauthor=False)


def _path(text: str | None) -> Path | None:
    return Path(text).expanduser() if text else None


def _kubectl(env: Mapping[str, str]) -> str:
    named = env.get("KUBECTL")
    if named:
        return named
    beside = Path(sys.executable).parent / "kubectl"
    return shutil.which("kubectl", path=env.get("PATH", "")) or (str(beside) if beside.is_file() else "")


def _kubeconfigs(env: Mapping[str, str]) -> tuple[Path, ...]:
    named = env.get("KUBECONFIG")
    if named:
        return tuple(Path(part).expanduser() for part in named.split(os.pathsep) if part)
    home = env.get("HOME")
    return (Path(home) / ".kube" / "config",) if home else ()

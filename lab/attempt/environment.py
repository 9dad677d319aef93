"""What a shell, an editor or a script needs so that `kubectl` means the exercise: a kubeconfig and a PATH."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lab.attempt import clusters, durable
from lab.providers import kubeconfigs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lab.providers.base import Provider
    from lab.settings import Settings


def kubeconfig(provider: Provider, namespace: str, settings: Settings) -> Path:
    """Write a kubeconfig of the exercise's own, its namespace set, and return where it is.

    Raises:
        NotAbleError: the cluster is not up, or the state directory cannot be written.
    """
    source = kubeconfigs.read(clusters.kubeconfig(provider))
    safe = provider.name.replace(":", "-").replace("/", "_")
    path = settings.kubeconfig_directory / f"{namespace}-{safe}.yaml"
    kubeconfigs.write(path, kubeconfigs.with_namespace(source, namespace))
    return path


def variables(
    provider: Provider, exercise: str, namespace: str, workspace: Path, settings: Settings
) -> dict[str, str]:
    """The variables that differ from the user's own environment.

    Raises:
        NotAbleError: the cluster is not up, or the state directory cannot be written.
    """
    found = {
        "KUBECONFIG": str(kubeconfig(provider, namespace, settings)),
        "PODLAB_EXERCISE": exercise,
        "PODLAB_NAMESPACE": namespace,
        "PODLAB_WORKSPACE": str(workspace),
    }
    path = settings.environment.get("PATH", os.defpath)
    # `podlab` itself goes last: it is there when nothing else of that name is.
    own = str(Path(sys.executable).parent) if shutil.which("podlab", path=path) is None else ""
    there = path.split(os.pathsep)
    before = [item for item in (_kubectl_directory(settings),) if item and item not in there]
    after = [item for item in (own,) if item and item not in (*there, *before)]
    if before or after:
        found["PATH"] = os.pathsep.join([*before, path, *after])
    return found


def exports(variables: Mapping[str, str], shell: str) -> str:
    """Lines that set the variables in a `posix` shell or in `fish`."""
    if shell == "fish":
        lines = [_fish(name, value) for name, value in variables.items()]
    else:
        lines = [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
    return "\n".join(lines) + "\n"


def _fish(name: str, value: str) -> str:
    parts = value.split(os.pathsep) if name == "PATH" else [value]
    quoted = " ".join("'" + part.replace("\\", "\\\\").replace("'", "\\'") + "'" for part in parts)
    return f"set -gx {name} {quoted}"


def _kubectl_directory(settings: Settings) -> str:
    """A directory in which the program called `kubectl` is the one to use; empty when there is none."""
    if not settings.kubectl:
        return ""
    program = Path(settings.kubectl)
    if not program.is_absolute():
        return ""  # a name: whatever PATH finds is what was meant
    if program.name == "kubectl":
        return str(program.parent)
    link = settings.home / "bin" / "kubectl"
    with durable.explained(link):
        link.parent.mkdir(parents=True, exist_ok=True)
        if not link.is_symlink() or link.readlink() != program:
            link.unlink(missing_ok=True)
            link.symlink_to(program)
    return str(link.parent)

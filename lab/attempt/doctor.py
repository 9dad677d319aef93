"""What this machine has and what it lacks, looked at without changing anything."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from lab.attempt import clusters
from lab.errors import LabError

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.attempt.lab import Lab

SECONDS = 5.0
"""Host time a program is given to tell its version."""


class Health(StrEnum):
    """How one thing stands."""

    GOOD = "good"
    MISSING = "missing"
    """The lab works without it, and can do less."""
    BROKEN = "broken"
    """The lab does not work like this."""


@dataclass(frozen=True)
class Examined:
    """One thing that was looked at."""

    name: str
    health: Health
    detail: str
    remedy: str = ""


def examine(lab: Lab) -> tuple[Examined, ...]:
    """Look at everything the lab uses."""
    looks: tuple[tuple[str, Callable[[Lab], Examined]], ...] = (
        ("python", _python),
        ("terminal", _terminal),
        ("state directory", _state),
        ("progress", _progress),
        ("exercises", _exercises),
        ("kubectl", _kubectl),
        ("provider", _provider),
        ("embedded cluster", _embedded),
        ("docker", _docker),
        ("kind", _kind),
        ("editor", _editor),
    )
    return tuple(_looked(name, look, lab) for name, look in looks)


def _looked(name: str, look: Callable[[Lab], Examined], lab: Lab) -> Examined:
    try:
        return look(lab)
    except LabError as error:
        said = f"{error.where}: {error.what}" if error.where else error.what
        return Examined(name, Health.BROKEN, said, error.remedy)


def _python(_lab: Lab) -> Examined:
    detail = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    return Examined("python", Health.GOOD, detail)


def _terminal(lab: Lab) -> Examined:
    environment = lab.settings.environment
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return Examined("terminal", Health.MISSING, "not a terminal", "run podlab in one to open the lab")
    size = shutil.get_terminal_size()
    detail = f"{environment.get('TERM', 'unknown')}, {size.columns}x{size.lines}"
    if size.columns < 80 or size.lines < 24:
        return Examined("terminal", Health.MISSING, detail, "make it at least 80x24")
    if (sys.stdout.encoding or "").lower().replace("-", "") != "utf8":
        return Examined("terminal", Health.MISSING, f"{detail}, not UTF-8", "set LANG to a UTF-8 locale")
    return Examined("terminal", Health.GOOD, detail)


def _state(lab: Lab) -> Examined:
    home = lab.settings.home
    place = home
    while not place.exists():
        place = place.parent
    if not (place.is_dir() and os.access(place, os.W_OK | os.X_OK)):
        return Examined(
            "state directory",
            Health.BROKEN,
            f"{home} cannot be written",
            "set PODLAB_HOME to another directory",
        )
    free = shutil.disk_usage(place).free // 2**20
    if free < 50:
        return Examined("state directory", Health.BROKEN, f"{home}: {free} MiB left", "make room on the disk")
    return Examined("state directory", Health.GOOD, f"{home} ({free} MiB free)")


def _progress(lab: Lab) -> Examined:
    progress = lab.progress()
    solved = sum(record.standing == "solved" for record in progress.records.values())
    started = sum(record.standing == "started" for record in progress.records.values())
    detail = f"{solved} solved, {started} started and not solved"
    notices = lab.notices()
    if notices:
        return Examined("progress", Health.MISSING, notices[0], "nothing to do: the old file is kept")
    return Examined("progress", Health.GOOD, detail)


def _exercises(lab: Lab) -> Examined:
    return Examined("exercises", Health.GOOD, f"{len(lab.exercises())} exercises")


def _kubectl(lab: Lab) -> Examined:
    program = lab.settings.kubectl
    if not program:
        return Examined(
            "kubectl",
            Health.MISSING,
            "there is none on PATH",
            "install it (https://kubernetes.io/docs/tasks/tools/), or: pip install 'podlab[kubectl]'",
        )
    said = _output([program, "version", "--client"], lab)
    if said is None:
        return Examined(
            "kubectl", Health.BROKEN, f"{program} does not run", "install kubectl again, or set KUBECTL"
        )
    return Examined(
        "kubectl", Health.GOOD, f"{said.splitlines()[0].removeprefix('Client Version: ')} ({program})"
    )


def _provider(lab: Lab) -> Examined:
    choice = clusters.choice(lab.settings)
    detail = f"{choice.name}, by {choice.by}" if choice.by else f"{choice.name}: nobody chose another"
    chosen = lab.provider()
    if chosen.name != choice.name:
        detail += f"; it is {chosen.name} now"
    return Examined("provider", Health.GOOD, detail)


def _embedded(lab: Lab) -> Examined:
    status = lab.provider("embedded").status()
    detail = " ".join(filter(None, [status.state, status.server_version, status.detail]))
    health = Health.BROKEN if status.state == "unable" else Health.GOOD
    return Examined("embedded cluster", health, detail, status.remedy if health is Health.BROKEN else "")


def _docker(lab: Lab) -> Examined:
    remedy = "needed only for kind and for images on real clusters"
    if not shutil.which("docker", path=lab.settings.environment.get("PATH")):
        return Examined("docker", Health.MISSING, "there is no docker on PATH", remedy)
    said = _output(["docker", "info", "--format", "{{.ServerVersion}}"], lab)
    if not said:
        return Examined("docker", Health.MISSING, "the engine does not answer", f"start Docker; {remedy}")
    return Examined("docker", Health.GOOD, said.strip())


def _kind(lab: Lab) -> Examined:
    if not shutil.which("kind", path=lab.settings.environment.get("PATH")):
        return Examined("kind", Health.MISSING, "there is no kind on PATH", "needed only for --provider kind")
    status = lab.provider("kind").status()
    version = (_output(["kind", "version"], lab) or "").strip()
    health = Health.MISSING if status.state == "unable" else Health.GOOD
    return Examined(
        "kind", health, f"{version}; cluster podlab: {status.state}", status.remedy if status.detail else ""
    )


def _editor(lab: Lab) -> Examined:
    if lab.settings.editor:
        return Examined("editor", Health.GOOD, lab.settings.editor)
    return Examined(
        "editor", Health.MISSING, "neither VISUAL nor EDITOR is set", "set EDITOR to the editor you like"
    )


def _output(argv: list[str], lab: Lab) -> str | None:
    """What a program says; None when it does not start, fails, or takes too long."""
    program = shutil.which(argv[0], path=lab.settings.environment.get("PATH")) or argv[0]
    if not Path(program).exists():
        return None
    try:
        done = subprocess.run(
            [program, *argv[1:]],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
            env=dict(lab.settings.environment) or None,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 and done.stdout.strip() else None

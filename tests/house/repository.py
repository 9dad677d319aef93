"""What the house tests look at: the files the repository carries, and fresh interpreters."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("lab", "tests", "benchmarks", "tools", "images")


@cache
def tracked() -> tuple[Path, ...]:
    """Files the repository carries, relative to it; from git, or, in a copy without one, what lies there."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode == 0:
        names = [Path(name) for name in listed.stdout.split("\0") if name]
        return tuple(name for name in names if (ROOT / name).is_file())
    return tuple(
        path.relative_to(ROOT)
        for top in (*SOURCES, "docs", "exercises", "manifests")
        for path in sorted((ROOT / top).rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    )


def python_files() -> tuple[Path, ...]:
    """The Python files of the repository, without what learners edit."""
    return tuple(path for path in tracked() if path.suffix == ".py" and path.parts[0] in SOURCES)


def text_of(path: Path) -> str | None:
    """A tracked file's text; None for a binary file."""
    try:
        return (ROOT / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def imported_by(code: str) -> frozenset[str]:
    """Names of all modules a fresh interpreter has imported after running `code`."""
    report = "import json, sys; print(json.dumps(sorted(sys.modules)), file=sys.__stderr__)"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{report}"],
        cwd=ROOT, env=os.environ, capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    return frozenset(json.loads(done.stderr.splitlines()[-1]))


def required(requirements: Sequence[str]) -> list[metadata.Distribution]:
    """The distributions these requirements lead to, each once; extras that are named are followed."""
    found: dict[str, metadata.Distribution] = {}
    seen: set[tuple[str, str]] = set()
    todo = [Requirement(line) for line in requirements]
    while todo:
        requirement = todo.pop()
        for extra in ("", *requirement.extras):
            name = canonicalize_name(requirement.name)
            if (name, extra) in seen:
                continue
            seen.add((name, extra))
            found[name] = metadata.distribution(requirement.name)
            further = map(Requirement, found[name].requires or [])
            todo += [
                each for each in further if each.marker is None or each.marker.evaluate({"extra": extra})
            ]
    return list(found.values())

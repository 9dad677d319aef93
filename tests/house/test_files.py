"""Rules for every file: no machine's paths or addresses, a docstring, a length one can read."""

from __future__ import annotations

import ast
import itertools
import re
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from tests.house.repository import ROOT, python_files, required, text_of, tracked

MAX_LINES = 500
_COMMON = {Path(name) for name in ("/", "/tmp", "/root", "/home", "/opt", "/srv", "/usr/src")}  # noqa: S108
"""Directories that lie on every machine, and inside containers too: their names give nothing away."""

_ADDRESS = re.compile(r"https?://([\w.-]+(?::\d+)?)[^\s\"'`)>]*")
_PERSONAL = re.compile(r"(?<![\w.])/(?:Users|home)/(?!app\b|nobody\b)[a-z][\w.-]*/")
PUBLIC = {"pypi.org", "files.pythonhosted.org", "registry-1.docker.io", "pypi.example"}


def _private_paths() -> list[str]:
    """This checkout, what lies beside it, the user's home: as far as they say something of the machine."""
    places = {ROOT, Path.home()}
    if ROOT.parent not in _COMMON:
        places |= {path for path in ROOT.parent.iterdir() if path.is_dir()}
    return [f"{place}/" for place in places if len(place.parts) > 2 and "pytest" not in str(place)]


def test_no_file_carries_a_path_of_a_machine() -> None:
    private = _private_paths()
    found = [
        str(path)
        for path in tracked()
        if (text := text_of(path)) and (any(place in text for place in private) or _PERSONAL.search(text))
    ]
    assert found == []


def test_no_file_carries_a_registrys_address() -> None:
    """Package indexes and image registries are configured by whoever installs, never by the repository."""
    found = [
        f"{path}: {match.group()}"
        for path in tracked()
        if (text := text_of(path))
        for match in _ADDRESS.finditer(text)
        if re.search(r"pypi|/simple\b|artifactory|nexus|registry", match.group())
        and match.group(1) not in PUBLIC
    ]
    assert found == []


def test_constraints_are_versions_and_nothing_else() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    wrong = [line for line in lines if not re.fullmatch(r"#.*|[A-Za-z0-9._-]+==[\w.!+]+", line)]
    assert wrong == []


def test_constraints_name_all_that_is_needed_and_nothing_else() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *itertools.chain(*project["optional-dependencies"].values())]
    constrained = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    names = {canonicalize_name(name) for name in re.findall(r"^([\w.-]+)==", constrained, re.MULTILINE)}
    needed = {canonicalize_name(found.metadata["Name"]) for found in required(wanted)}
    # What is for another system or another Python (a marker) may be named without being needed here.
    assert needed - names == set()
    if sys.version_info[:2] == (3, 11) and sys.platform == "linux":
        assert names - needed == set()


@pytest.mark.parametrize("top", ["lab", "tests", "benchmarks", "tools", "images"])
def test_every_module_says_what_it_is(top: str) -> None:
    silent = [
        str(path)
        for path in python_files()
        if path.parts[0] == top and not ast.get_docstring(ast.parse(text_of(path) or ""))
    ]
    assert silent == []


def test_no_module_is_too_long_to_read() -> None:
    long = {
        str(path): lines
        for path in python_files()
        if (lines := len((text_of(path) or "").splitlines())) > MAX_LINES
    }
    assert long == {}

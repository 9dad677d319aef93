"""README, changelog and exit codes say what the program does."""

from __future__ import annotations

import re

import click
import pytest

from lab.catalogue.locate import locate
from lab.catalogue.parse import load
from lab.cli.exits import ExitCode
from lab.cli.main import HELP, build
from tests.house.repository import ROOT, python_files, text_of

README = (ROOT / "README.md").read_text(encoding="utf-8")
_ROW = re.compile(r"^\| (`podlab[^|]*(?:\\\|[^|]*)*)\|", re.MULTILINE)


def _commands(group: click.Group, path: tuple[str, ...] = ()) -> dict[str, click.Command]:
    """Every command by its words: `cluster serve`; groups only by what is in them."""
    context = click.Context(group)
    found: dict[str, click.Command] = {}
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        words = (*path, name)
        if isinstance(command, click.Group):
            found |= _commands(command, words)
        else:
            found[" ".join(words)] = command
    return found


def _documented() -> dict[str, str]:
    """Commands in README's table, with their rows; `podlab cluster up`, `down` means both."""
    found = {}
    for row in _ROW.findall(README.partition("## Commands")[2].partition("\n## ")[0]):
        first, *others = re.findall(r"`([^`]+)`", row)
        words = [word for word in first.removeprefix("podlab").split() if re.fullmatch(r"[a-z]+", word)]
        for last in [words[-1:], *([other] for other in others)]:
            found[" ".join([*words[:-1], *last])] = row
    return found


def test_every_command_stands_in_the_readme_and_nothing_else_does() -> None:
    assert set(_documented()) - {""} == set(_commands(build()))
    assert "" in _documented(), "podlab by itself opens the lab"


def test_every_option_in_the_readmes_table_exists() -> None:
    commands = _commands(build())
    for name, row in _documented().items():
        options = set(re.findall(r"--[a-z-]+", row))
        known = {option for item in commands[name].params for option in item.opts} if name else set()
        assert options <= known, f"podlab {name}"


@pytest.mark.parametrize("name", sorted(_commands(build())))
def test_every_command_and_option_has_help(name: str) -> None:
    command = _commands(build())[name]
    assert command.help
    undocumented = [item.name for item in command.params if isinstance(item, click.Option) and not item.help]
    assert undocumented == []


def test_exit_codes_are_documented() -> None:
    table = README.partition("| exit code |")[2].partition("\n\n")[0]
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)} == {*ExitCode}
    assert {int(code) for code in re.findall(r"\b(\d+) [a-z]", HELP)} == {*ExitCode}


def test_every_exercise_stands_in_the_readme() -> None:
    table = README.partition("## Exercises")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `([a-z0-9-]+)` \|", table, re.MULTILINE)) == {
        item.name for item in load(locate())
    }


def test_documents_lead_to_files_that_exist() -> None:
    for document in (
        "README.md",
        "CONTRIBUTING.md",
        *(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")),
    ):
        text = (ROOT / document).read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^)#\s:]+)\)", text):
            assert ((ROOT / document).parent / target).exists(), f"{document}: {target}"


def test_the_changelog_has_a_place_for_what_comes() -> None:
    assert re.search(
        r"^## \[?Unreleased\]?$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE
    )


def test_the_version_has_one_source() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (version,) = re.findall(r'^version = "([^"]+)"$', project, re.MULTILINE)
    repeated = [str(path) for path in python_files() if f'"{version}"' in (text_of(path) or "")]
    assert repeated == []

"""What a command pays for at its start, and that the floors hold."""

from __future__ import annotations

import tomllib

import pytest
from importlinter.cli import lint_imports

from tests.house.repository import ROOT, imported_by

HEAVY = {"textual", "kubernetes", "docker"}
SERVING = {"aiohttp", "jsonschema_rs", "trustme", "flask"}
"""What only a cluster in this process needs."""

COMMAND = "from lab.cli.main import run; assert run({arguments}) == 0"


@pytest.mark.parametrize(
    ("code", "absent"),
    [
        pytest.param(COMMAND.format(arguments=["--help"]), HEAVY | SERVING | {"yaml", "rich"}, id="--help"),
        pytest.param(COMMAND.format(arguments=["--version"]), HEAVY | SERVING, id="--version"),
        pytest.param(COMMAND.format(arguments=["list"]), HEAVY | SERVING, id="list"),
        pytest.param("import lab.attempt", HEAVY | SERVING, id="lab.attempt"),
    ],
)
def test_a_fresh_interpreter_imports_only_what_it_needs(code: str, absent: set[str]) -> None:
    tops = {name.partition(".")[0] for name in imported_by(code)}
    assert absent & tops == set()


def test_import_contracts_hold(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    assert lint_imports(no_cache=True) == 0, capsys.readouterr().out


def test_every_floor_is_in_every_contract_it_belongs_to() -> None:
    """The workshop comes later; as soon as it exists, no contract may go on without it."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    if not (ROOT / "lab" / "workshop").is_dir():
        return
    by_name = {contract["name"]: contract for contract in contracts}
    for name in (
        "Nothing below the TUI imports textual",
        "One module speaks kubernetes",
        "One module speaks docker",
    ):
        assert "lab.workshop" in by_name[name]["source_modules"]
    assert "lab.workshop" in by_name["The embedded cluster knows nothing of the lab"]["forbidden_modules"]
    assert "tui | workshop" in by_name["The house: front ends, attempt, five blind siblings, model"]["layers"]

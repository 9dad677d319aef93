"""A learner's shell has the exercise's variables, whatever their profile sets."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from lab.attempt import shells

if TYPE_CHECKING:
    from pathlib import Path

VARIABLES = {"KUBECONFIG": "/lab/it's mine", "PODLAB_EXERCISE": "wrong-path"}


@pytest.mark.parametrize("shell", ["bash", "dash", "sh", "zsh"])
def test_the_profile_does_not_send_kubectl_elsewhere(shell: str, tmp_path: Path) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"no {shell} here")
    home = tmp_path / "home"
    home.mkdir()
    for name in (".bashrc", ".zshrc", "env"):
        (home / name).write_text("export KUBECONFIG=/own/config OWN=read\nPS1='> '\n")
    profile = {"HOME": str(home), "PATH": os.environ["PATH"], "ENV": str(home / "env")}
    started = shells.interactive(program, VARIABLES, "podlab wrong-path", tmp_path / "shell", profile)
    said = subprocess.run(
        [*started.argv],
        input='printf "[%s] [%s] [%s]\\n" "$KUBECONFIG" "$OWN" "$PS1"\n',
        env={**profile, **started.environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "[/lab/it's mine] [read] [(podlab wrong-path) " in said.stdout


def test_shells_nobody_knows_get_the_variables(tmp_path: Path) -> None:
    started = shells.interactive("/opt/nu", VARIABLES, "podlab", tmp_path)
    assert (started.argv, started.environment) == (("/opt/nu",), VARIABLES)
    fish = shells.interactive("/usr/bin/fish", VARIABLES, "podlab", tmp_path)
    assert "set -gx PODLAB_EXERCISE" in fish.argv[2]

"""`kill -9` at each durable write loses nothing, and the next lab goes on. The work is done by `killed`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCENARIOS = {
    "progress", "workspace begun among own files", "workspace reset", "kubeconfig", "daemon record",
    "identity", "journal",
}  # fmt: skip


def test_a_kill_at_any_write_loses_nothing(tmp_path: Path) -> None:
    # A process of its own, since only one without threads may be forked.
    done = subprocess.run(
        [sys.executable, "-m", "tests.attempt.killed", str(tmp_path)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    deaths = dict(line.split(": ") for line in done.stdout.splitlines())
    assert set(deaths) == SCENARIOS
    assert all(int(number) >= 2 for number in deaths.values()), deaths

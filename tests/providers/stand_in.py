"""A stand-in for a command-line program: notes how it was called, and answers as it was told to.

Answers were recorded from kind v0.33.0 with Docker 20.10; the program itself is a small script on PATH.
"""

from __future__ import annotations

import json
import stat
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

SCRIPT = """\
#!{python}
import json, os, sys, time
from pathlib import Path
here = Path({directory!r})
name = Path(sys.argv[0]).name
arguments = sys.argv[1:]
call = {{"argv": [name, *arguments], "stdin": sys.stdin.read()}}
with open(here / "calls.jsonl", "a") as calls:
    calls.write(json.dumps(call) + "\\n")
answers = json.loads((here / "answers.json").read_text())
line = " ".join([name, *arguments])
for prefix, answer in answers.items():
    if line.startswith(prefix):
        sys.stdout.write(answer.get("stdout", ""))
        sys.stdout.flush()
        sys.stderr.write(answer.get("stderr", ""))
        sys.stderr.flush()
        if answer.get("hangs"):
            Path(here / "hanging").touch()
            time.sleep(600)
        if answer.get("kubeconfig") and "--kubeconfig" in arguments:
            Path(arguments[arguments.index("--kubeconfig") + 1]).write_text(answer["kubeconfig"])
        sys.exit(answer.get("code", 0))
sys.stderr.write(f"ERROR: unknown command {{line!r}}\\n")
sys.exit(1)
"""


@dataclass(frozen=True)
class StandIn:
    """Programs that stand in for real ones, in a directory for PATH."""

    directory: Path

    def install(self, *names: str) -> None:
        """Put programs of these names there; they answer nothing yet."""
        self.directory.mkdir(parents=True, exist_ok=True)
        for name in names:
            path = self.directory / name
            path.write_text(
                SCRIPT.format(python=sys.executable, directory=str(self.directory)), encoding="utf-8"
            )
            path.chmod(path.stat().st_mode | stat.S_IXUSR)
        self.answer({})

    def answer(self, answers: dict[str, dict[str, Any]]) -> None:
        """Say how calls are answered, by the beginning of their command line; the first that fits counts."""
        (self.directory / "answers.json").write_text(json.dumps(answers), encoding="utf-8")

    def calls(self) -> list[list[str]]:
        """How the programs were called so far."""
        return [call["argv"] for call in self._calls()]

    def stdin_of(self, *beginning: str) -> str:
        """What the last call that began so got on its standard input."""
        fitting = [call for call in self._calls() if tuple(call["argv"][: len(beginning)]) == beginning]
        return str(fitting[-1]["stdin"])

    def _calls(self) -> list[dict[str, Any]]:
        path = self.directory / "calls.jsonl"
        if not path.exists():
            return []
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


KUBECONFIG = """\
apiVersion: v1
kind: Config
clusters: [{name: kind-podlab, cluster: {server: "https://127.0.0.1:1"}}]
users: [{name: kind-podlab, user: {token: t}}]
contexts: [{name: kind-podlab, context: {cluster: kind-podlab, user: kind-podlab}}]
current-context: kind-podlab
"""

NO_CLUSTERS = {"stderr": "No kind clusters found.\n"}
CREATED = {
    "stderr": 'Creating cluster "podlab" ...\n • Ensuring node image …\n ✓ Preparing nodes\n',
    "kubeconfig": KUBECONFIG,
}
PULL_FAILED = {
    "code": 1,
    "stderr": (
        'Creating cluster "podlab" ...\n'
        "ERROR: failed to create cluster: failed to pull image: command "
        '"docker pull kindest/node" failed with error: exit status 1\n\n'
        'Command Output: Error response from daemon: Get "https://registry-1.docker.io/v2/": no such host\n'
    ),
}
NO_DOCKER = {
    "code": 1,
    "stderr": (
        'ERROR: failed to list clusters: command "docker ps -a --filter label=io.x-k8s.kind.cluster" failed '
        "with error: exit status 1\n\nCommand Output: Cannot connect to the Docker daemon at unix:///nope. "
        "Is the docker daemon running?\n"
    ),
}

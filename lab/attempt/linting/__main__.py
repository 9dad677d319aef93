"""Looks at one text in a process of its own: a long one would keep the whole lab waiting (`lint_apart`)."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

from lab.attempt.linting.manifest import lint

if __name__ == "__main__":
    asked = json.load(sys.stdin)
    json.dump([asdict(one) for one in lint(asked["text"], asked["namespace"])], sys.stdout)

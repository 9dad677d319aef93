"""Times as the API writes them, read as numbers."""

from __future__ import annotations

from datetime import datetime


def seconds(timestamp: str | None) -> float | None:
    """`2026-01-01T00:00:00Z` or the like as seconds since the Unix epoch; None when it is no time."""
    if not timestamp:
        return None
    try:
        return datetime.fromisoformat(timestamp).timestamp()
    except ValueError:
        return None

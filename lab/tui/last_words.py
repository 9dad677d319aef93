"""What is told once the terminal is the user's own again: how the edits were left, and what still runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.attempt import clusters
from lab.errors import LabError

if TYPE_CHECKING:
    from lab.settings import Settings


def still_running(settings: Settings, used: str) -> tuple[str, ...]:
    """A line for the cluster that goes on without the lab, if one does.

    Args:
        settings: of the lab that was left.
        used: the provider whose cluster was worked with; empty: none.
    """
    try:
        cluster = clusters.provider(used or "embedded", settings)
        if clusters.lent(cluster) or cluster.status().state != "running":
            return ()
        other = clusters.provider(None, settings).name != cluster.name
    except LabError:
        return ()  # whatever it is: nothing that leaving could help
    which = f" --provider {cluster.name}" if other else ""
    return (f"The {cluster.name} cluster goes on in the background; `podlab cluster down{which}` stops it.",)

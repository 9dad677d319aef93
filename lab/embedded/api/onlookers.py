"""What is brought up to date only for those who look: a node's heartbeats.

A kubelet renews its Lease every ten seconds for as long as the node lives. Written whether anybody reads them
or not, these renewals would be most of what an idle cluster does and most of what a long advance costs. So
whoever keeps such an object says here how to bring it up to date, and the server asks for that before it
answers a request for the resource. What is then stored is what would have been stored at that instant, with
a resource version and a watch event of its own.
"""

from __future__ import annotations

from collections.abc import Callable

Refresh = Callable[[], "float | None"]
"""Brings objects up to date; returns the instant (agenda seconds) at which they will be out of date again."""


class Onlookers:
    """Who keeps what up to date, by resource."""

    def __init__(self) -> None:
        self._keepers: dict[str, list[Refresh]] = {}

    def keep(self, resource: str, refresh: Refresh) -> None:
        """Call `refresh` before a client is shown objects of a resource."""
        self._keepers.setdefault(resource, []).append(refresh)

    def look(self, resource: str) -> float | None:
        """Bring a resource up to date; returns when a client that goes on looking has to look again."""
        again = [refresh() for refresh in self._keepers.get(resource, ())]
        return min((each for each in again if each is not None), default=None)

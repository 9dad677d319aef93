"""Names and UIDs that the server makes up, from the cluster's seeded source: a run can be repeated."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    import random

ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
"""Letters of generated names: no vowels and no look-alikes, so that no word appears (apimachinery `rand`)."""

_LONGEST_BASE = 63 - 5


class Identities:
    """Makes UIDs and name suffixes out of one seeded random source."""

    def __init__(self, source: random.Random) -> None:
        self._random = source

    def uid(self) -> str:
        """A UID in the form of a random (version 4) UUID."""
        return str(UUID(int=self._random.getrandbits(128), version=4))

    def suffix(self, length: int = 5) -> str:
        """Random letters as they end generated names."""
        return "".join(self._random.choice(ALPHABET) for _ in range(length))

    def name(self, base: str) -> str:
        """A name from `generateName`: the base, cut to fit, and five random letters."""
        return base[:_LONGEST_BASE] + self.suffix()

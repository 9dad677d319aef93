"""The keys of one server: strings, lists, sets and hashes, with their time to live."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.embedded.runtime.daemons.redis.resp import Failure

if TYPE_CHECKING:
    from collections.abc import KeysView


class Members(dict[str, None]):
    """A set: its members in the order they came."""


class Keys:
    """All keys of a server."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.ends: dict[str, float] = {}
        """When a key goes, in cluster seconds."""
        self.used = 0
        """Bytes, about."""
        self.now = 0.0

    def get(self, key: str, kind: type) -> Any:
        """A value of a kind; None: there is none.

        Raises:
            Failure: it is of another kind.
        """
        if self.ends.get(key, self.now + 1) <= self.now:
            self.remove(key)
        value = self.values.get(key)
        if value is not None and type(value) is not kind:
            raise Failure("WRONGTYPE Operation against a key holding the wrong kind of value")
        return value

    def text(self, key: str) -> str | None:
        """A string."""
        found: str | None = self.get(key, str)
        return found

    def put(self, key: str, value: Any, *, keep: bool = False) -> None:
        """Set a key; its time to live is forgotten unless `keep`."""
        self.remove(key, keep=keep)
        self.values[key] = value
        self.used += 64 + len(key) + (len(value) if isinstance(value, str) else 0)

    def remove(self, key: str, *, keep: bool = False) -> bool:
        """Take a key away; False: it was not there."""
        if not keep:
            self.ends.pop(key, None)
        value = self.values.pop(key, None)
        if value is None:
            return False
        self.used -= 64 + len(key) + (len(value) if isinstance(value, str) else 0)
        return True

    def alive(self) -> KeysView[str]:
        """The keys there are now, as they change."""
        for key in [key for key, end in self.ends.items() if end <= self.now]:
            self.remove(key)
        return self.values.keys()

    def row(self, key: str) -> list[str]:
        """A list, made when it is not there."""
        found: list[str] = self._made(key, list)
        return found

    def fields(self, key: str) -> dict[str, str]:
        """A hash, made when it is not there."""
        found: dict[str, str] = self._made(key, dict)
        return found

    def members(self, key: str) -> Members:
        """A set, made when it is not there."""
        found: Members = self._made(key, Members)
        return found

    def _made(self, key: str, kind: type) -> Any:
        found = self.get(key, kind)
        if found is None:
            found = kind()
            self.put(key, found)
        return found

    def tidy(self, key: str) -> None:
        """An empty list, set or hash is none."""
        if key in self.values and not isinstance(self.values[key], str) and not self.values[key]:
            self.remove(key)

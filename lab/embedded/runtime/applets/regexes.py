"""Regular expressions for applets: compiled, with busybox's complaint about a bad one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from lab.embedded.runtime.applets.options import Failed
from lab.embedded.runtime.regex.searching import Match, Regex, regex
from lab.embedded.runtime.regex.syntax import BadRegex

if TYPE_CHECKING:
    from collections.abc import Iterator


def byte_regex(pattern: str, *, extended: bool, ignore_case: bool = False, encoding: str = "utf-8") -> Regex:
    """An expression that searches bytes.

    Raises:
        Failed: it is none.
    """
    try:
        code = pattern.encode(encoding, "surrogateescape" if encoding == "utf-8" else "replace")
        return regex(code, extended=extended, ignore_case=ignore_case)
    except BadRegex as error:
        raise Failed(f"bad regex '{pattern}': {error}") from None


class TextRegex(Struct, frozen=True):
    """The same for texts."""

    inner: Regex

    @property
    def groups(self) -> int:
        """How many groups it has."""
        return self.inner.groups

    def search(self, text: str) -> Match | None:
        """The first match; its spans count bytes.

        Raises:
            Failed: there is too much to try.
        """
        try:
            return self.inner.search(text.encode("utf-8", "surrogateescape"))
        except BadRegex as error:
            raise Failed(str(error)) from None

    def every(self, text: str) -> Iterator[Match]:
        """All matches that do not overlap.

        Raises:
            Failed: there is too much to try.
        """
        try:
            yield from self.inner.every(text.encode("utf-8", "surrogateescape"))
        except BadRegex as error:
            raise Failed(str(error)) from None


def compile_regex(pattern: str, *, extended: bool, ignore_case: bool = False) -> TextRegex:
    """An expression that searches texts.

    Raises:
        Failed: it is none.
    """
    return TextRegex(byte_regex(pattern, extended=extended, ignore_case=ignore_case))

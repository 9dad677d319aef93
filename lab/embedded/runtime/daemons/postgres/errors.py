"""What the server says of statements that fail."""

from __future__ import annotations


class SqlError(Exception):
    """A statement failed; `code` is the SQLSTATE, `str()` the server's text."""

    def __init__(
        self, code: str, text: str, *, at: int | None = None, detail: str = "", hint: str = ""
    ) -> None:
        super().__init__(text)
        self.code, self.at, self.detail, self.hint = code, at, detail, hint


def unavailable(what: str) -> SqlError:
    """Something PostgreSQL has and the simulation does not."""
    return SqlError("0A000", f"{what} not available in the simulation")

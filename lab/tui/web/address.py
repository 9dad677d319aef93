"""Who may come in: the address with its token, and whether it leads to this machine alone. Pure."""

from __future__ import annotations

import hmac
import ipaddress
import secrets
from dataclasses import dataclass, field
from urllib.parse import urlsplit

TOKEN_BYTES = 24
"""Of randomness in a token."""


@dataclass(frozen=True)
class Address:
    """Where the lab is served, and the token that is part of the way there."""

    host: str
    port: int
    token: str = field(default_factory=lambda: secrets.token_urlsafe(TOKEN_BYTES), repr=False)

    @property
    def loopback(self) -> bool:
        """Whether only programs of this machine reach it."""
        return is_loopback(self.host)

    @property
    def url(self) -> str:
        """What to open in a browser."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}/{self.token}/"

    def admits_token(self, given: str) -> bool:
        """Whether this is the token; takes as long for a nearly right one as for a wrong one."""
        return hmac.compare_digest(given.encode(), self.token.encode())

    def admits_host(self, header: str) -> bool:
        """Whether a request was meant for this server.

        A page elsewhere whose name somebody lets point here (DNS rebinding) names itself in the Host header.
        An address that others reach may have names the lab cannot know: there the token has to do.
        """
        return not self.loopback or is_loopback(_name(f"//{header}"))

    @staticmethod
    def admits_origin(origin: str | None, host: str) -> bool:
        """Whether a socket was opened by the lab's own page: a browser says which page asks."""
        return bool(host) and origin is not None and origin.partition("://")[2] == host


def is_loopback(host: str) -> bool:
    """Whether a name or address means this machine, seen from itself."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _name(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""

"""The server's identity: a certificate authority and a token made at start, gone when the process ends.

Clients drop credentials on plain http, so even loopback speaks TLS; the authority is pinned in the
kubeconfig.
"""

from __future__ import annotations

import secrets
import ssl
from dataclasses import dataclass


@dataclass(frozen=True)
class Identity:
    """What the server proves itself with, and what clients are let in by."""

    authority: bytes
    """The certificate authority, PEM."""
    token: str
    """The bearer token."""
    context: ssl.SSLContext
    """Server side TLS with a certificate for loopback."""


def make_identity() -> Identity:
    """A new authority, certificate and token."""
    import trustme  # noqa: PLC0415 (brings cryptography along)

    authority = trustme.CA(organization_name="podlab")
    certificate = authority.issue_cert("127.0.0.1", "localhost", "kubernetes", "kubernetes.default.svc")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    certificate.configure_cert(context)
    return Identity(authority.cert_pem.bytes(), secrets.token_urlsafe(24), context)

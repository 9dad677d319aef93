"""The server's identity: a certificate authority and a token, made at the cluster's first start.

Clients drop credentials on plain http, so even loopback speaks TLS; the authority is pinned in the
kubeconfig.
"""

from __future__ import annotations

import secrets
import ssl
import tempfile

from msgspec import Struct


class Identity(Struct, frozen=True):
    """What the server proves itself with, and what clients are let in by."""

    authority: bytes
    """The certificate authority, PEM."""
    token: str
    """The bearer token."""
    context: ssl.SSLContext
    """Server side TLS with a certificate for loopback."""
    certificate: bytes = b""
    """The private key and the certificate, PEM."""

    def __repr__(self) -> str:
        """Without what is secret."""
        return "Identity(…)"


def make_identity() -> Identity:
    """A new authority, certificate and token."""
    import trustme  # noqa: PLC0415 (brings cryptography along)

    authority = trustme.CA(organization_name="podlab")
    issued = authority.issue_cert("127.0.0.1", "localhost", "kubernetes", "kubernetes.default.svc")
    return restore(authority.cert_pem.bytes(), issued.private_key_and_cert_chain_pem.bytes())


def restore(authority: bytes, certificate: bytes, token: str = "") -> Identity:
    """The identity of an authority and a certificate (PEM); without a token, with a new one.

    Raises:
        ssl.SSLError: it is no certificate.
    """
    return Identity(authority, token or secrets.token_urlsafe(24), loopback_context(certificate), certificate)


def loopback_context(certificate: bytes) -> ssl.SSLContext:
    """Server side TLS with this private key and certificate (PEM).

    Raises:
        ssl.SSLError: it is neither.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    with tempfile.NamedTemporaryFile(prefix="podlab-") as file:  # the library reads files only; mode 0600
        file.write(certificate)
        file.flush()
        context.load_cert_chain(file.name)
    return context

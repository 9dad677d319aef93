"""Why nobody answered is told in words, whatever library raised it."""

from __future__ import annotations

import http.client
import socket
import ssl

import pytest
import urllib3.exceptions as urllib3

from lab.kube.errors import lost
from lab.kube.transport import reason_of


def wrapped(inner: Exception) -> Exception:
    """As urllib3 hands it on: caused from within, and named in the arguments."""
    error = urllib3.ProtocolError("Connection aborted.", inner)
    error.__cause__ = inner
    return error


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (wrapped(ConnectionRefusedError(111, "Connection refused")), "connection refused"),
        (wrapped(ConnectionResetError(104, "Connection reset by peer")), "cut the connection"),
        (wrapped(http.client.RemoteDisconnected("Remote end closed connection")), "cut the connection"),
        (urllib3.IncompleteRead(3, 4), "cut the connection"),
        (wrapped(TimeoutError("timed out")), "did not answer in time"),
        (urllib3.ConnectTimeoutError("timed out"), "did not answer in time"),
        (wrapped(socket.gaierror(-2, "Name or service not known")), "no host of that name"),
        (wrapped(ssl.SSLCertVerificationError("self-signed")), "certificate is not the one"),
        (wrapped(ssl.SSLError("WRONG_VERSION_NUMBER")), "does not speak TLS"),
        (wrapped(http.client.BadStatusLine("SSH-2.0")), "is not HTTP"),
        (wrapped(OSError(113, "No route to host")), "no route to host"),
        (urllib3.HTTPError(), "HTTPError"),
    ],
)
def test_a_reason_is_words(error: Exception, says: str) -> None:
    assert says in reason_of(error)
    told = lost(error, "https://127.0.0.1:1")
    for raw in ("urllib3", "0x", "[Errno", "Connection aborted", "host="):
        assert raw not in told.what
    assert "podlab cluster" in told.remedy

"""What open streams of the API server share: read in one thread, closed from any.

What a reader meets after a close is its end, and no error; a connection that breaks by itself is an error.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from lab.kube.errors import lost

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab.kube.client import Client


class OpenStream:
    """A response whose body comes in chunks."""

    def __init__(self, response: Any, client: Client) -> None:
        self._response = response
        self._client = client
        self.closed = False

    def close(self) -> None:
        """End it; a blocked reader returns."""
        self.closed = True
        with contextlib.suppress(Exception):
            self._response.shutdown()
        with contextlib.suppress(Exception):
            self._response.close()

    def bunches(self) -> Iterator[list[bytes]]:
        """The lines that came with each chunk, and at the end what came without a line's end."""
        pending = b""
        for chunk in self._response.stream(amt=None, decode_content=True):
            *whole, pending = (pending + chunk).split(b"\n")
            if whole:
                yield whole
        if pending:
            yield [pending]

    @contextlib.contextmanager
    def until_closed(self) -> Iterator[None]:
        """Within it, a connection that breaks is `ObservationLost`, unless the stream was closed."""
        try:
            yield
        except self._client.transport_errors as error:
            if not self.closed:
                raise lost(error, self._client.host) from error
        except (ValueError, AttributeError, OSError) as error:
            # a response closed under a reader fails in whatever way its buffers happen to
            if not self.closed:
                raise lost(error, self._client.host) from error

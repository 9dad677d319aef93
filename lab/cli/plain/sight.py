"""What is seen of the open exercise's cluster, and told as it changes.

Views come from the live stream's thread. While the news are held, because a question or an editor has the
terminal, only the latest view is kept, and told afterwards.
"""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING

from lab.cli.plain import telling
from lab.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from lab.attempt.attempt import Attempt
    from lab.attempt.live import LiveStream
    from lab.attempt.views import LiveView

SECONDS = 10.0
"""Host seconds to wait for the first look at the cluster."""


class Sight:
    """Follows one attempt at a time."""

    def __init__(self, tell: Callable[[Sequence[str]], None]) -> None:
        self.quiet = False
        """Whether changes are seen and not told."""
        self._tell = tell
        self._stream: LiveStream | None = None
        self._told: LiveView | None = None
        self._held = False
        self._late: LiveView | None = None
        """The latest view that was not told because the news are held."""
        self._first = threading.Event()
        """Set once something was seen of the cluster."""

    def follow(self, attempt: Attempt) -> None:
        """See this one from now on."""
        self.close()
        self._stream = attempt.live()
        self._stream.subscribe(self.see)

    def close(self) -> None:
        """See nothing any more."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None
        self._told = None
        self._first.clear()

    def see(self, view: LiveView) -> None:
        """Take a view: what is otherwise than in the one before is told."""
        if self._held:
            self._late = view
            return
        before, self._told = self._told, view
        self._first.set()
        if not self.quiet:
            self._tell(telling.changes(before, view))

    @property
    def silent(self) -> bool:
        """Whether nothing is told now."""
        return self.quiet or self._held

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Tell what changes meanwhile only afterwards."""
        self._held = True
        try:
            yield
        finally:
            self._held, late, self._late = False, self._late, None
            if late is not None:
                self.see(late)

    def view(self) -> LiveView:
        """The latest view, waited for.

        Raises:
            UsageError: nothing was seen yet.
        """
        if not self._first.wait(SECONDS) or self._told is None:
            raise UsageError("nothing has been seen of the cluster yet", remedy="try again in a moment")
        return self._told

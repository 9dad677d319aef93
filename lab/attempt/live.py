"""The namespace, live: one watch thread, one immutable view after another, for all who subscribe."""

from __future__ import annotations

from collections.abc import Callable

from lab.attempt.views import LiveView

OnView = Callable[[LiveView], None]


class LiveStream:
    """Publishes a `LiveView` whenever something in the namespace changes, at most ten times a second."""

    view: LiveView
    """The latest view; empty until the first one."""

    def subscribe(self, callback: OnView) -> Callable[[], None]:
        """Call `callback` (on the stream's own thread) with the current view and each later one.

        A view with `lost` set says that the cluster does not answer; the stream keeps trying and the next
        view without `lost` says that it does again. Returns what ends the subscription.
        """
        raise NotImplementedError

    def close(self) -> None:
        """End the stream and its thread; no callback runs after this returned."""
        raise NotImplementedError

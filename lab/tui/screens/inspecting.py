"""One object in full over the exercise: as kubectl describes it, or as YAML; kept up to date."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from lab.tui.screens.viewer import ViewerScreen
from lab.tui.wording import clock_time, wall_time

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.model.observation import Object
    from lab.tui.messages import Described
    from lab.tui.view import AttemptView

DESCRIBE, YAML = "describe", "yaml"
AGAIN = 2.0
"""Host seconds between two descriptions while the object changes."""
APART = 60.0
"""Seconds by which the cluster's clock differs from this machine's from which on it is another time."""


class InspectScreen(ViewerScreen):
    """Describe and YAML of one object."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("i", "turn('describe')", "Describe"),
        Binding("y", "turn('yaml')", "YAML"),
    ]

    def __init__(
        self, kind: str, name: str, what: str, view: AttemptView, describe: Callable[[InspectScreen], None]
    ) -> None:
        """`describe` asks for the description, which comes as `Described`."""
        super().__init__()
        self.kind, self.object_name, self.what = kind, name, what
        self._view = view
        self._describe = describe
        self._described = ""
        self._times = ""
        """How the times of the description relate to the cluster's clock."""
        self._version: object = None

    def begin(self) -> None:
        """Show what was asked for; look again while it is open."""
        self.set_interval(AGAIN, self._again)
        self.action_turn(self.what)

    def see(self, view: AttemptView) -> None:
        """The cluster moved: of an object that did not, the YAML is not made again."""
        before = self._object()
        self._view = view
        if self.what == YAML and self._object() is not before:
            self._show()

    def action_turn(self, what: str) -> None:
        """To the description, or to the YAML."""
        self.what = what
        if what == DESCRIBE and self._view.back is None and not self._described:
            self._ask()
        self._show()

    def on_described(self, message: Described) -> None:
        """Show what kubectl answered."""
        self._described, self._times = message.text, _times(self._view)
        self._show()

    def _again(self) -> None:
        obj = self._object()
        version = obj["metadata"].get("resourceVersion") if obj is not None else None
        events = len(self._view.live.events) if self._view.live is not None else 0
        if self.what == DESCRIBE and self._view.back is None and (version, events) != self._version:
            self._ask()
            self._version = (version, events)

    def _ask(self) -> None:
        self._describe(self)

    def _object(self) -> Object | None:
        live = self._view.live
        found = live.objects.get(self.kind, ()) if live is not None else ()
        return next((one for one in found if one["metadata"]["name"] == self.object_name), None)

    def _show(self) -> None:
        from lab.attempt.inspecting import as_yaml  # noqa: PLC0415 (the screen is rarely opened)

        back, note = self._view.back, ""
        when = "as it is now" if back is None else f"as it was at {clock_time(back.moment)}"
        if self.what == DESCRIBE:
            text = self._described or f"kubectl describe {self.kind.lower()} {self.object_name} …"
            note = self._times
            if back is not None:
                text, note = "kubectl can describe the present only. y shows the object as it was then.", ""
        else:
            obj = self._object()
            text = as_yaml(obj) if obj is not None else "It is not there (any more, or yet)."
        self.head(f"{self.what.upper()}  {self.kind.lower()}/{self.object_name}, {when}", note)
        self.text.take(text.splitlines())


def _times(view: AttemptView) -> str:
    """Of a cluster whose time is not this machine's: what kubectl's times are in the cluster's."""
    clock = view.clock
    if clock is None or abs(clock.host - clock.now) < APART:
        return ""
    return (
        "Its times are kubectl's, by this machine's clock: "
        f"{wall_time(clock.host)} there is {clock_time(clock.now)} in the cluster."
    )

"""The card of the tour, above the keys: one step, until what it asks for was done."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message
from textual.widgets import Static

from lab.tui import tour
from lab.tui.choices import DONE

KEYS = "[b]F3[/b] goes on · [b]F4[/b] ends the tour"
ASKING_KEYS = "[b]F3[/b] skips this step · [b]F4[/b] ends the tour"
LAST_KEYS = "[b]F3[/b] or [b]F4[/b] ends the tour"


class TourCard(Static):
    """Shows the step a learner is at; hidden when there is none."""

    @dataclass
    class Moved(Message):
        """The learner is at another step; to be kept."""

        kept: str

    def __init__(self, kept: str) -> None:
        """`kept`: how far the learner got; `choices.DONE`: there is no tour."""
        super().__init__(id="tour")
        self._step = tour.step(kept)
        self._aside = False

    def on_mount(self) -> None:
        """Say where one is."""
        self._draw()

    @property
    def under_way(self) -> bool:
        """Whether there is a step to show."""
        return self._step is not None

    def tell(self, what: str) -> None:
        """The learner did this: looked at a panel, got a verdict, applied the files."""
        if self._step is not None and self._step.over == what:
            self.go_on()

    def go_on(self) -> None:
        """The step is over."""
        if self._step is not None:
            self._keep(tour.after(self._step.name))

    def end(self) -> None:
        """No more of it."""
        self._keep(DONE)

    def step_aside(self, wanted: bool) -> None:
        """Out of view while somebody types, but for the steps that are for then."""
        self._aside = wanted
        self._draw()

    def _keep(self, kept: str) -> None:
        self._step = tour.step(kept)
        self._draw()
        self.post_message(self.Moved(kept))

    def _draw(self) -> None:
        step = self._step
        self.display = step is not None and not (self._aside and step.name not in tour.WHILE_TYPING)
        if step is not None:
            self.border_title = tour.place(step.name)
            self.update(f"{step.text}\n[dim]{_keys(step)}[/dim]")


def _keys(step: tour.Step) -> str:
    """What F3 and F4 do there."""
    if step is tour.STEPS[-1]:
        return LAST_KEYS
    return ASKING_KEYS if step.over else KEYS

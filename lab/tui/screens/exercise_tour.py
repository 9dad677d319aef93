"""The tour on the exercise screen: when there is one, what it hears of, its two keys. A mixin."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType

from lab.model.progress import Standing
from lab.tui.choices import DONE
from lab.tui.screens.base import LabScreen
from lab.tui.widgets.console import Console
from lab.tui.widgets.files import FilesPanel
from lab.tui.widgets.tour import TourCard

if TYPE_CHECKING:
    from lab.tui.app import PodlabApp


def kept(app: PodlabApp) -> str:
    """How far the learner got; whoever solved something already needs no tour that was never begun."""
    chosen = app.preferences.chosen
    records = app.lab.progress().records.values()
    if not chosen.toured and any(record.standing is Standing.SOLVED for record in records):
        return DONE
    return chosen.toured


class Tour(LabScreen):
    """The tour's part of the exercise screen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f3", "tour_on", "Tour: go on", show=False, tooltip="The next step of the tour"),
        Binding("f4", "tour_end", "Tour: end", show=False, tooltip="The settings have it again"),
    ]

    _card: TourCard | None = None

    def tour_card(self) -> TourCard:
        """The card, for the screen to compose."""
        self._card = TourCard(kept(self.lab_app))
        return self._card

    def tell_tour(self, what: str) -> None:
        """The learner did something that a step may have asked for."""
        if self._card is not None:
            self._card.tell(what)

    @property
    def touring(self) -> bool:
        """Whether a step is shown."""
        return self._card is not None and self._card.under_way

    @on(TourCard.Moved)
    def _tour_moved(self, event: TourCard.Moved) -> None:
        self.lab_app.preferences.keep(toured=event.kept)
        self.refresh_bindings()

    @on(FilesPanel.Toggled)
    @on(Console.Opened)
    @on(Console.Closed)
    def _room_wanted(self) -> None:
        typing = self.query_one(FilesPanel).editing or self.query_one(Console).is_open
        self.query_one(TourCard).step_aside(typing and self.has_class("-low"))

    def action_tour_on(self) -> None:
        """The next step."""
        self.query_one(TourCard).go_on()

    def action_tour_end(self) -> None:
        """No more of it."""
        self.query_one(TourCard).end()
        self.notify("The settings (S) have the tour again, if you want it.")

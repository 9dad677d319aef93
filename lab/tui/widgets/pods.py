"""The pods as `kubectl get pods` tells them, live; below, a line each for workloads and Services."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.text import Text
from textual import on
from textual.message import Message
from textual.widgets import DataTable, Static

from lab.tui.widgets.panel import Empty, Panel, empty_or
from lab.tui.wording import Tone, human_duration, pod_tone, restarts

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from lab.attempt.views import LiveView, PodRow
    from lab.tui.view import AttemptView

COLUMNS = ("", "NAME", "READY", "STATUS", "RESTARTS", "AGE")
_SIGN = {Tone.GOOD: "●", Tone.WAIT: "◌", Tone.BAD: "✗", Tone.QUIET: "-"}


class PodsPanel(Panel):
    """A table with one row a pod, keyed by UID; cells change in place."""

    NAME = "Pods"

    @dataclass
    class Highlighted(Message):
        """The cursor is on another pod: its logs are wanted in view."""

        pod: PodRow

    @dataclass
    class Opened(Message):
        """Enter on a pod: show its logs."""

        pod: PodRow

    def __init__(self, *, id: str) -> None:  # noqa: A002 (Textual's own name)
        super().__init__(id=id)
        self._live: LiveView | None = None
        self._cells: dict[str, tuple[str, ...]] = {}

    def compose(self) -> ComposeResult:
        """The table, its empty state, the workloads below."""
        table: DataTable[Text | str] = DataTable(cursor_type="row", cell_padding=0)
        for column in COLUMNS:
            table.add_column(f"{column} ", key=column)
        yield table
        yield Empty()
        yield Static(id="workloads", markup=False)

    @property
    def _table(self) -> DataTable[Text | str]:
        return self.query_one(DataTable)

    def show(self, view: AttemptView) -> None:
        """Bring the rows in line with the live view."""
        live = view.live
        if live is self._live and live is not None:
            return
        self._live = live
        empty_or(self, self._table, self.query_one(Empty), _why_empty(live))
        if live is None:
            return
        self._update(live.pods)
        lines = [f"{row.kind.lower()}/{row.name}  {row.summary}" for row in live.workloads if row.summary]
        workloads = self.query_one("#workloads", Static)
        workloads.display = bool(lines)
        workloads.update("\n".join(lines))

    def _update(self, pods: tuple[PodRow, ...]) -> None:
        table = self._table
        for gone in self._cells.keys() - {pod.uid for pod in pods}:
            table.remove_row(gone)
            del self._cells[gone]
        for pod in pods:
            cells = _cells(pod)
            before = self._cells.get(pod.uid)
            if before is None:
                table.add_row(*_styled(cells, pod_tone(pod)), key=pod.uid)
            elif before != cells:
                for column, old, new, styled in zip(
                    COLUMNS, before, cells, _styled(cells, pod_tone(pod)), strict=True
                ):
                    if old != new:
                        table.update_cell(pod.uid, column, styled, update_width=True)
            self._cells[pod.uid] = cells

    def pod(self, uid: str | None) -> PodRow | None:
        """The pod with that UID in the latest view."""
        return next((pod for pod in self._live.pods if pod.uid == uid), None) if self._live else None

    @on(DataTable.RowHighlighted)
    def _row_highlighted(self, event: DataTable.RowHighlighted) -> None:
        event.stop()
        pod = self.pod(event.row_key.value)
        if pod is not None:
            self.post_message(self.Highlighted(pod))

    @on(DataTable.RowSelected)
    def _row_selected(self, event: DataTable.RowSelected) -> None:
        event.stop()
        pod = self.pod(event.row_key.value)
        if pod is not None:
            self.post_message(self.Opened(pod))


def _cells(pod: PodRow) -> tuple[str, ...]:
    """The columns; a space behind each keeps them apart in as little room as possible."""
    cells = (_SIGN[pod_tone(pod)], pod.name, pod.ready, pod.status, restarts(pod), human_duration(pod.age))
    return tuple(f"{cell} " for cell in cells)


def _styled(cells: tuple[str, ...], tone: Tone) -> list[Text | str]:
    """Sign and status carry the tone; the rest reads plain."""
    weight = "bold" if tone is Tone.BAD else ""
    return [
        Text(cell, style=weight) if index in {0, 3} and weight else cell for index, cell in enumerate(cells)
    ]


def _why_empty(live: LiveView | None) -> str:
    if live is None:
        return "Looking at the cluster…"
    if live.pods:
        return ""
    if live.lost:
        return f"{live.lost[:1].upper()}{live.lost[1:]}, so nothing is known of its pods. R brings it up."
    return "No pods yet. Ctrl+S in [b]2 Files[/b] applies your files; [b]4 Events[/b] tells why none come up."

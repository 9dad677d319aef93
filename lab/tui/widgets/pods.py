"""The pods as `kubectl get pods` tells them, live; below, a line each for workloads, Services and the rest.

The cursor goes over all of them: what it is on is described or shown as YAML, and a pod is followed in logs
and timeline.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.message import Message

from lab.tui.widgets.panel import Empty, Panel, empty_or
from lab.tui.widgets.row_list import Row, RowList
from lab.tui.wording import Tone, human_duration, pod_tone, restarts

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from lab.attempt.views import LiveView, PodRow, WorkloadRow
    from lab.tui.view import AttemptView

TITLES = ("", "NAME", "READY", "STATUS", "RESTARTS", "AGE")
MORE_TITLES = (*TITLES, "IP", "NODE")
"""Where there is room, as `-o wide`."""
MORE_CELLS = 96
"""Cells of width from which on there is."""
_SIGN = {Tone.GOOD: "●", Tone.WAIT: "◌", Tone.BAD: "✗", Tone.QUIET: "-"}


class PodsPanel(Panel):
    """A row a pod, keyed by UID; then a row a workload, keyed by kind and name."""

    NAME = "Pods"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("i", "inspect('describe')", "Describe", tooltip="What kubectl describe says of it"),
        Binding("y", "inspect('yaml')", "YAML", tooltip="The object under the cursor, as YAML"),
    ]

    @dataclass
    class Highlighted(Message):
        """The cursor is on another pod: its logs are wanted in view."""

        pod: PodRow

    @dataclass
    class Opened(Message):
        """Enter on a pod: show its logs."""

        pod: PodRow

    @dataclass
    class Inspected(Message):
        """An object is to be shown."""

        what: str
        """`describe` or `yaml`."""
        kind: str
        name: str

    def __init__(self, *, id: str) -> None:  # noqa: A002 (Textual's own name)
        super().__init__(id=id)
        self._live: LiveView | None = None

    def compose(self) -> ComposeResult:
        """The rows and their empty state."""
        yield RowList(TITLES, gives_way=1)
        yield Empty()

    @property
    def rows(self) -> RowList:
        """The list."""
        return self.query_one(RowList)

    def show(self, view: AttemptView) -> None:
        """Bring the rows in line with the live view."""
        live = view.live
        if live is self._live and live is not None:
            return
        self._live = live
        empty_or(self, self.rows, self.query_one(Empty), _why_empty(live))
        if live is not None:
            self._update(live)

    def _update(self, live: LiveView) -> None:
        wide = self.rows.size.width >= MORE_CELLS
        rows = [_pod_row(pod, wide=wide) for pod in live.pods]
        rows += [_workload_row(one) for one in live.workloads]
        self.rows.show(rows, MORE_TITLES if wide else TITLES)

    def on_resize(self) -> None:
        """More columns, or fewer."""
        if self._live is not None:
            self._update(self._live)

    def pod(self, uid: str | None) -> PodRow | None:
        """The pod with that UID in the latest view."""
        return next((pod for pod in self._live.pods if pod.uid == uid), None) if self._live else None

    @on(RowList.Highlighted)
    def _row_highlighted(self, event: RowList.Highlighted) -> None:
        event.stop()
        pod = self.pod(event.key)
        if pod is not None:
            self.post_message(self.Highlighted(pod))

    @on(RowList.Opened)
    def _row_opened(self, event: RowList.Opened) -> None:
        event.stop()
        pod = self.pod(event.key)
        if pod is not None:
            self.post_message(self.Opened(pod))
        else:
            self.action_inspect("describe")

    def action_inspect(self, what: str) -> None:
        """Describe what is under the cursor, or show it as YAML."""
        key = self.rows.cursor
        pod = self.pod(key)
        if pod is not None:
            self.post_message(self.Inspected(what, "Pod", pod.name))
        elif key is not None:
            kind, _, name = key.partition("/")
            self.post_message(self.Inspected(what, kind, name))


def _pod_row(pod: PodRow, *, wide: bool) -> Row:
    tone = pod_tone(pod)
    cells: tuple[str, ...] = (
        _SIGN[tone],
        pod.name,
        pod.ready,
        pod.status,
        restarts(pod),
        human_duration(pod.age),
    )
    if wide:
        spec, status = pod.object.get("spec") or {}, pod.object.get("status") or {}
        cells += (status.get("podIP") or "<none>", spec.get("nodeName") or "<none>")
    return Row(pod.uid, cells, bold=tone is Tone.BAD)


def _workload_row(one: WorkloadRow) -> Row:
    name = f"{one.kind.lower()}/{one.name}"
    said = "  ".join(filter(None, (name, one.summary, human_duration(one.age))))
    return Row(f"{one.kind}/{one.name}", ("", said), quiet=True)


def _why_empty(live: LiveView | None) -> str:
    if live is None:
        return "Looking at the cluster…"
    if live.pods:
        return ""
    if live.lost:
        return f"{live.lost[:1].upper()}{live.lost[1:]}, so nothing is known of its pods. R brings it up."
    return "No pods yet. Ctrl+S in [b]2 Files[/b] applies your files; [b]4 Events[/b] tells why none come up."

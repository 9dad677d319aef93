"""Time on the exercise screen: the keys that move the cluster's, and those that look back. A mixin."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from textual import on
from textual.binding import Binding, BindingType

from lab.attempt import differences
from lab.attempt.clock import FASTEST
from lab.tui.screens.base import LabScreen
from lab.tui.view import AttemptView, Back
from lab.tui.widgets.banner import Banner
from lab.tui.widgets.chart import Chart
from lab.tui.wording import human_duration

if TYPE_CHECKING:
    from lab.attempt.views import LiveView
    from lab.tui.clockwork import Clockwork
    from lab.tui.feed import Feed
    from lab.tui.messages import ClockStopped, ClockWorks
    from lab.tui.view import LogSource

STEP_TOLD = 3
"""So much of what a step brought is told."""
STEP_VIEWS = 3
"""So many views after a step are waited for what it brought."""
RATES = (0.0, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 100.0, FASTEST)
"""Cluster seconds a host second that the keys step through."""

PAST_KEYS: list[BindingType] = [
    Binding("b", "back_in_time(-1)", "Before", show=False, tooltip="All panels as they were a change ago"),
    Binding("f", "back_in_time(1)", "After", show=False, tooltip="All panels one change later"),
    Binding("l", "live", "Live", show=False, tooltip="All panels as things are now"),
]  # fmt: skip


class TimeActions(LabScreen):
    """Keys of time."""

    view: AttemptView
    feed: Feed | None
    clockwork: Clockwork
    busy: str
    moment: float | None = None
    """The panels show this moment; None: how things are now."""
    log_source: LogSource | None = None
    _seen: tuple[float, LiveView] | None = None
    _changed: tuple[str, ...] = ()
    """What is different from the moment before that."""
    _before_step: LiveView | None = None
    """What there was when a step was asked for that is under way."""
    _stepped: tuple[LiveView, float, int] | None = None
    """What there was before a step that has ended, how long it took, and with which view to wait no more."""

    def push(self, view: AttemptView) -> None:
        """Hand a view to the panels; the screen does it."""
        raise NotImplementedError

    # --- moving the cluster's time ----------------------------------------------------------------------

    def _movable(self) -> bool:
        """Whether the clock can be moved now; if not, the reason was said."""
        clock, running = self.view.clock, self.lab_app.bridge.running
        if clock is None:
            self.notify("The cluster's clock was not read yet.", severity="warning")
        elif not clock.controllable:
            self.notify(
                f"The time of {self.view.provider} is real and cannot be moved; the embedded cluster's can.",
                severity="warning",
            )
        elif running is not None and self.lab_app.bridge.has_the_clock:
            self.notify(f"{running.title} has the clock: Esc cancels that.", severity="warning")
        else:
            return True
        return False

    def action_pause(self) -> None:
        """Stop the cluster's clock, or let it go on."""
        clock = self.view.clock
        if self._movable() and clock is not None:
            self.set_rate(1.0 if clock.rate == 0 else 0.0)

    def action_faster(self) -> None:
        """The next higher rate; from a standstill as fast as the clock on the wall."""
        clock = self.view.clock
        if self._movable() and clock is not None:
            faster = next((rate for rate in RATES if rate > clock.rate), RATES[-1])
            self.set_rate(faster if clock.rate else 1.0)

    def action_slower(self) -> None:
        """The next lower rate; the lowest is a standstill."""
        clock = self.view.clock
        if self._movable() and clock is not None:
            self.set_rate(next((rate for rate in reversed(RATES) if rate < clock.rate), 0.0))

    def set_rate(self, rate: float) -> None:
        """Let time run at another rate; the view has it at once, for the next key."""
        clock = self.view.clock
        if clock is not None:
            self.push(replace(self.view, clock=replace(clock, rate=rate)))
        self.clockwork.set_rate(rate)

    def action_skip(self, seconds: int) -> None:
        """Let cluster time pass at once."""
        if self._movable():
            self.clockwork.skip(float(seconds))

    def action_step(self) -> None:
        """Let cluster time pass until the next thing happens."""
        if self._movable():
            self._before_step = self._before_step or self.view.live
            self.clockwork.step()

    def action_skip_to_restart(self) -> None:
        """Let cluster time pass until something restarts."""
        if self._movable():
            self.clockwork.to_restart()

    def on_clock_works(self, message: ClockWorks) -> None:
        """Time is on its way, or has arrived."""
        if self.lab_app.bridge.running is None:
            self.busy = message.doing
            self.query_one(Banner).say(self.view, self.busy)
        if not message.doing and self.feed is not None:
            self.feed.refresh()

    def on_clock_stopped(self, message: ClockStopped) -> None:
        """One key's worth is over: say what came of it, if that cannot be seen."""
        if message.problem:
            severity: Literal["information", "warning"] = "information" if message.called_off else "warning"
            text = f"{message.problem}. {message.remedy}" if message.remedy else message.problem
            self.notify(text[:1].upper() + text[1:], severity=severity)
        elif message.skipped is not None:
            skipped = message.skipped
            passed = human_duration(skipped.seconds)
            what = "restart" if skipped.until == "restart" else "event"
            if not skipped.happened:
                text = f"No {what} within {passed} of cluster time: none is in sight."
                self.notify(text, severity="warning")
            elif skipped.until == "restart":
                self.notify(f"A restart, after {passed} of cluster time", timeout=2)
            elif self._before_step is not None:
                until = self._before_step.generation if self.view.live is None else self.view.live.generation
                self._stepped = (self._before_step, skipped.seconds, until + STEP_VIEWS)
                self._tell_step(self.view)
        if message.problem or (message.skipped is not None and message.skipped.until == "change"):
            self._before_step = None

    def _tell_step(self, view: AttemptView) -> None:
        """Say what a step brought, as soon as it is in view: what is seen comes a moment after the clock."""
        if self._stepped is None or view.live is None:
            return
        before, took, until = self._stepped
        if view.live.generation > until:
            self._stepped = None  # it was nothing that is watched
        elif came := differences.told(before, view.live):
            self._stepped = None
            more = f" (and {len(came) - STEP_TOLD} more)" if len(came) > STEP_TOLD else ""
            said = "\n".join(came[:STEP_TOLD])
            self.notify(f"After {human_duration(took)}: {said}{more}", markup=False)

    # --- looking back -----------------------------------------------------------------------------------

    def as_shown(self, view: AttemptView) -> AttemptView:
        """The view the panels are given: now's, or that of the moment looked at."""
        self._tell_step(view)
        past = self.feed.past if self.feed is not None else None
        if self.moment is None or past is None or view.live is None:
            return view
        if self._seen is None or self._seen[0] != self.moment:
            here, before = past.view(self.moment), past.change_before(self.moment)
            known = past.since if before is None else before
            earlier = known is not None and known < self.moment
            self._changed = differences.told(past.view(known or 0.0), here) if earlier else ()
            self._seen = (self.moment, here)
        then = replace(self._seen[1], tracks=view.live.tracks, whole_probes=view.live.whole_probes)
        log = view.log
        if self.log_source is not None and self.feed is not None:
            source = self.log_source
            pod = next((pod for pod in then.pods if pod.name == source.pod), None)
            log = self.feed.logs.as_of(source, pod, self.moment)
        back = Back(self.moment, view.live.now, past.since or self.moment, self._changed)
        return replace(view, live=then, log=log, back=back)

    def look_at(self, moment: float | None) -> None:
        """Have the panels show a moment; None: now."""
        past = self.feed.past if self.feed is not None else None
        since = past.since if past is not None else None
        if moment is not None and since is None:
            self.notify("Nothing is remembered yet.", severity="warning")
            return
        if moment is not None and since is not None and moment < since:
            self.notify("Of before you came only the timeline tells.", severity="warning")
            moment = since
        self.moment = moment
        self.push(self.view)

    def action_back_in_time(self, by: int) -> None:
        """To the change before the moment shown, or the one after; after the last one is now."""
        past = self.feed.past if self.feed is not None else None
        live = self.view.live
        if past is None or live is None:
            return
        here = live.now if self.moment is None else self.moment
        if by < 0:
            before = past.change_before(here)
            self.look_at(past.since if before is None else before)
        elif self.moment is not None:
            self.look_at(past.change_after(here))

    def action_cancel(self) -> None:
        """Cancel what runs; else back to now; else put away what the banner says."""
        if self.lab_app.bridge.cancel():
            self.lab_app.bridge.say_meanwhile("Cancelling…")
        elif self.moment is not None:
            self.look_at(None)
        else:
            self.query_one(Banner).put_away()

    def action_live(self) -> None:
        """All panels as things are now."""
        self.look_at(None)

    @on(Chart.Looked)
    def _looked(self, event: Chart.Looked) -> None:
        event.stop()
        live = self.view.live
        self.look_at(None if live is not None and event.moment >= live.now else event.moment)

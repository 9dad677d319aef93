"""Verdicts on the exercise screen: whoever gave them, and whether the cluster is as it was then. A mixin."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lab.attempt import last_verdict
from lab.model.verdict import State
from lab.tui.screens.base import LabScreen
from lab.tui.view import Judging

if TYPE_CHECKING:
    from lab.attempt.last_verdict import Kept
    from lab.model.verdict import Verdict
    from lab.tui.messages import VerdictRead
    from lab.tui.view import AttemptView


class Verdicts(LabScreen):
    """Takes verdicts in."""

    view: AttemptView

    def change(self, **parts: Any) -> None:
        """Replace parts of the view; the screen does it."""
        raise NotImplementedError

    def judged(self, verdict: Verdict, kept: Kept | None) -> None:
        """This is the verdict now."""
        judging = Judging(findings=tuple(verdict.findings), verdict=verdict, kept=kept)
        self.change(judging=judging, solved_before=self.view.solved_before or judging.solved)

    def on_verdict_read(self, message: VerdictRead) -> None:
        """A verdict was kept: by a check of ours, in a shell, or by a lab that is gone."""
        kept, judging = message.kept, self.view.judging
        ours = judging.kept is not None and judging.kept.at == kept.at
        # That it was solved in an earlier sitting is told by itself, and is all there is to say of it.
        if not ours and not judging.running and not (message.before and kept.verdict.state is State.PASSED):
            self.judged(kept.verdict, kept)

    def as_judged(self, view: AttemptView) -> AttemptView:
        """The view with what makes the verdict older than the cluster, if anything does."""
        judging, live = view.judging, view.live
        if judging.kept is None or live is None or live.lost:
            return view
        moved = last_verdict.older(judging.kept, live)
        return view if moved == judging.moved else replace(view, judging=replace(judging, moved=moved))

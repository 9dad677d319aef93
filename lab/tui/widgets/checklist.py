"""The checks: what is asked, what came out, and of the one under the cursor everything that is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.markup import escape
from textual.message import Message
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from lab.model.verdict import Evidence, Finding, State
from lab.report.wording import worded
from lab.tui.widgets.panel import Panel
from lab.tui.widgets.quiet_scroll import QuietColumn
from lab.tui.wording import KEYS, STATE_SIGN, clock_time, day_time

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from lab.model.debrief import Solved
    from lab.model.exercise import Header
    from lab.tui.view import AttemptView, Judging


@dataclass(frozen=True)
class Planned:
    """A check of the exercise before anybody looked."""

    id: str
    title: str
    kind: str


def planned(header: Header) -> tuple[Planned, ...]:
    """What a verification of this exercise will ask, in order."""
    checks = [Planned(spec.id, spec.title or _words(spec.id), "check") for spec in header.checks]
    trials = [
        Planned(trial.id, trial.title or _words(trial.id), "experiment") for trial in header.experiments
    ]
    asked = [Planned(header.question.id, header.question.text, "question")] if header.question else []
    return (*checks, *trials, *asked)


class EvidenceList(OptionList):
    """What a finding rests on, a piece a row; Enter opens it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "Open", tooltip="Show the evidence where it is"),
        Binding("escape,left", "leave", "Checks", tooltip="Back to the list of checks"),
    ]

    pieces: tuple[Evidence, ...] = ()

    class Left(Message):
        """The keyboard goes back to the checks."""

    def show(self, pieces: tuple[Evidence, ...]) -> None:
        """These, and no others."""
        if pieces == self.pieces:
            return
        self.pieces = pieces
        self.clear_options()
        self.add_options([Option(evidence_line(one)) for one in pieces])
        self.display = bool(pieces)

    def on_focus(self) -> None:
        """Begin at the first."""
        if self.highlighted is None and self.pieces:
            self.highlighted = 0

    def action_leave(self) -> None:
        """Back to the checks."""
        self.post_message(self.Left())


class ChecklistPanel(Panel):
    """A list of checks above, the finding under the cursor below."""

    NAME = "Checks"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "evidence", "Evidence", show=False, tooltip="From a check to what shows it"),
    ]

    @dataclass
    class QuestionOpened(Message):
        """Enter on the diagnosis question."""

    @dataclass
    class EvidenceOpened(Message):
        """Enter on a piece of evidence: show it."""

        evidence: Evidence
        solved_at: float | None = None
        """When it was written down (host time), if that was when it was solved; None: it was just now."""

    def __init__(self, plan: tuple[Planned, ...], *, id: str) -> None:  # noqa: A002 (Textual's own name)
        super().__init__(id=id)
        self._plan = plan
        self._judging: Judging | None = None
        self._earlier = False
        """Whether all there is to say is that it was solved before."""
        self._then: Solved | None = None
        """What was found then."""
        self._findings: dict[str, Finding] = {}
        self._kept: dict[str, Finding] = {}
        """What was found then, by the checks' ids."""
        self._kinds = {one.id: one.kind for one in plan}

    def compose(self) -> ComposeResult:
        """List and detail."""
        yield OptionList(*[Option(_plan_line(one), id=one.id) for one in self._plan], id="plan")
        with QuietColumn(id="finding"):
            yield Static(id="finding-text")
            yield EvidenceList(id="evidence")

    def show(self, view: AttemptView) -> None:
        """Bring list and detail in line with what was found so far."""
        earlier = view.only_solved_before
        then = view.solved_then if earlier else None
        if view.judging is self._judging and earlier is self._earlier and then is self._then:
            return
        before, self._judging, self._earlier, self._then = self._judging, view.judging, earlier, then
        self._kept = {finding.id: finding for finding in then.findings} if then is not None else {}
        self._findings = {finding.id: finding for finding in view.judging.findings}
        choices = self.query_one("#plan", OptionList)
        known = {option.id for option in choices.options}
        for one in self._plan:
            finding = self._findings.get(one.id)
            choices.replace_option_prompt(
                one.id, _line(finding) if finding else _plan_line(one, earlier=earlier)
            )
        for finding in view.judging.findings:
            if finding.id in known and finding.id not in self._kinds:
                choices.replace_option_prompt(finding.id, _line(finding))
            elif finding.id not in known:
                choices.add_option(Option(_line(finding), id=finding.id))
        for extra in known - self._kinds.keys() - self._findings.keys():
            choices.remove_option(str(extra))
        self.border_subtitle = outdated(view.judging)
        ended = before is not None and before.running and not view.judging.running
        if ended:
            self._to_first_trouble()
        self._detail()

    def go_to(self, check: str) -> None:
        """Put the cursor on a check."""
        choices = self.query_one("#plan", OptionList)
        if any(option.id == check for option in choices.options):
            choices.highlighted = choices.get_option_index(check)

    def _to_first_trouble(self) -> None:
        choices = self.query_one("#plan", OptionList)
        for index, option in enumerate(choices.options):
            finding = self._findings.get(str(option.id))
            if finding and finding.state in {State.FAILED, State.UNKNOWN, State.WAITING}:
                choices.highlighted = index
                return

    @on(OptionList.OptionHighlighted, "#plan")
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        self._detail()

    @on(OptionList.OptionSelected, "#evidence")
    def _evidence_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        piece = self.query_one(EvidenceList).pieces[event.option_index]
        then = self._then if self._checked not in self._findings else None
        self.post_message(self.EvidenceOpened(piece, then.at if then is not None else None))

    @on(EvidenceList.Left)
    def _evidence_left(self, event: EvidenceList.Left) -> None:
        event.stop()
        self.query_one("#plan").focus()

    @on(OptionList.OptionSelected, "#plan")
    def _selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if self._kinds.get(str(event.option_id)) == "question":
            self.post_message(self.QuestionOpened())
        else:
            self.action_evidence()

    def action_evidence(self) -> None:
        """To the evidence of the check under the cursor, or to what there is to say instead."""
        pieces = self.query_one(EvidenceList)
        (pieces if pieces.pieces else self.query_one("#finding")).focus()

    @property
    def _checked(self) -> str:
        """Id of the check under the cursor; empty: none is."""
        option = self.query_one("#plan", OptionList).highlighted_option
        return str(option.id) if option else ""

    def _detail(self) -> None:
        text = self.query_one("#finding-text", Static)
        check = self._checked
        finding, kept = self._findings.get(check), self._kept.get(check)
        shown = finding or kept
        self.query_one(EvidenceList).show(tuple(shown.evidence) if shown else ())
        if finding is not None:
            text.update(describe(finding))
        elif kept is not None and self._then is not None:
            when = f"[dim]Found when it was solved, {day_time(self._then.at)};[/]"
            text.update(f"{describe(kept)}\n\n{when} [b]c[/b] [dim]checks again.[/]")
        elif self._judging is not None and self._judging.running:
            text.update("[dim]Being looked at…[/dim]")
        elif self._kinds.get(check) == "question":
            text.update("Enter answers the question.")
        elif self._earlier:
            text.update("Solved earlier; [b]c[/b] checks the live cluster again.")
        else:
            text.update("Not looked at yet. [b]c[/b] checks the live cluster; nothing is applied by it.")


def outdated(judging: Judging) -> str:
    """What stands below signs that speak of an earlier state of the cluster; empty: they do not."""
    if not judging.is_older:
        return ""
    return f"as it was before: {escape(judging.moved or 'something changed')} since"


def describe(finding: Finding, *, enter: str = "goes to it; Enter there opens it") -> str:
    """A finding in full, as markup, but for its evidence, which is listed below: what Enter does with it."""
    sign, tone, word = STATE_SIGN[finding.state]
    parts = [f"[{tone.value}][b]{sign} {word}[/b][/]  {escape(finding.title)}"]
    if finding.state is State.WAITING and finding.budget:
        parts.append(f"waited {_waited(finding)} of cluster time")
    if finding.why:
        parts.append(f"[b]{escape(worded(finding.why, KEYS))}[/b]")
    parts.append(
        f"[dim]expected[/dim]  {escape(finding.expected)}\n[dim]observed[/dim]  {escape(finding.observed)}"
    )
    if finding.look_at:
        parts.append(f"[dim]look at[/dim]   [b]{escape(finding.look_at)}[/b]")
    if finding.evidence:
        parts.append(f"[dim]evidence  (Enter {enter})[/dim]")
    return "\n\n".join(parts)


def evidence_line(evidence: Evidence) -> str:
    """When, where and what, as markup."""
    at = f"{clock_time(evidence.at)} " if evidence.at is not None else ""
    place = f"{evidence.object} {evidence.field}".rstrip()
    value = f"\n      {escape(evidence.value)}" if evidence.value else ""
    return f"• {at}{escape(place)}{value}"


def _plan_line(one: Planned, *, earlier: bool = False) -> str:
    sign = "?" if one.kind == "question" else "✓" if earlier else "○"
    solved = "  [dim]solved earlier[/dim]" if sign == "✓" else ""
    return f"[dim]{sign}[/dim] {escape(one.title)}{solved}"


def _line(finding: Finding) -> str:
    sign, tone, word = STATE_SIGN[finding.state]
    plain = "" if finding.state is State.PASSED else f"  [dim]{word}[/dim]"
    if finding.state is State.WAITING and finding.budget:
        plain = f"  [dim]{_waited(finding)}[/dim]"
    return f"[{tone.value}]{sign}[/] {escape(finding.title)}{plain}"


def _waited(finding: Finding) -> str:
    return f"{int(max(finding.waited, 0))} of {finding.budget:.0f} s"


def _words(identifier: str) -> str:
    return identifier.replace("-", " ").capitalize()

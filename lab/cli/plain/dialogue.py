"""The conversation: a line in, lines out, until `quit` or the end of the input.

Most words are the command line's own commands, run for the exercise that is open; the rest are here. Nothing
that fails ends the conversation.
"""

from __future__ import annotations

import contextlib
import difflib
from typing import TYPE_CHECKING

import click

from lab.attempt import edits
from lab.cli.catalogue import TRACKS
from lab.cli.exits import ExitCode
from lab.cli.plain import telling
from lab.cli.plain.sight import Sight
from lab.cli.plain.voice import Voice
from lab.cli.watch import say_undone
from lab.errors import Cancelled, LabError, NotAbleError, UsageError
from lab.model.progress import Standing

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.attempt.attempt import Attempt
    from lab.attempt.views import ApplyResult, LiveView
    from lab.cli.session import Session

WORDS = {
    "list": "the exercises, numbered",
    "start": "start NUMBER or NAME: begin one, or take it up again; a number alone does the same",
    "brief": "what is wrong, and what must hold in the end",
    "files": "where your files are; edit them in any editor, or with: edit FILE",
    "status": "pods and workloads as they are now",
    "events": "what the cluster reported",
    "logs": "what the pods write; logs previous: before the last restart",
    "kubectl": "kubectl ARGUMENTS: the real one, set up for this exercise",
    "wait": "wait SECONDS: let that much cluster time pass at once",
    "check": "judge what runs; your edits are applied first, unless that undoes what you did with kubectl",
    "apply": "apply your files, also over what you did with kubectl; asks first then",
    "hint": "the next of three hints",
    "answer": "the diagnosis question, if the exercise has one; answer CHOICE answers it",
    "solution": "a solution; asks first",
    "reset": "files and cluster as at the start; asks first",
    "debrief": "once solved: what it was, the evidence, what you changed",
    "next": "start the next exercise that is not solved",
    "quiet": "no longer tell what changes in the cluster; tell: tell it again",
    "quit": "leave; everything is kept",
}
"""Every word, and what it does; `help` lists them."""

_STANDING = {Standing.NEW: "Not started", Standing.STARTED: "Begun", Standing.SOLVED: "Solved"}

_COMMANDS = frozenset({"hint", "solution", "reset", "debrief"})
"""Words that are commands of the command line, with the exercise's name behind them."""


class Dialogue:
    """One conversation."""

    def __init__(self, session: Session, run: Callable[[list[str]], object]) -> None:
        """`run` runs a command of the command line in this session; it raises what that raises."""
        self._session, self._run = session, run
        self._attempt: Attempt | None = None
        self._voice = Voice(session.console)
        self._say = self._voice.say
        self._sight = Sight(self._voice.tell)

    def hold(self, name: str | None) -> int:
        """Hold the conversation; with a name, begin with that exercise."""
        self._say("Podlab, in plain lines. Type help for the words, quit to leave.")
        if name:
            self._answer(f"start {name}")
        else:
            self._list()
            current = self._session.lab.progress().current
            if current:
                self._say(f"You were at {current}; start {current} takes it up again.")
        try:
            while (line := self._voice.ask(self._where)) is not None:
                if line in {"quit", "exit", "q"}:
                    break
                self._answer(line)
        finally:
            self._leave()
        self._say("Everything is kept. Goodbye.")
        return ExitCode.PASSED

    def _answer(self, line: str) -> None:
        """Do what a line asks; what goes wrong is said."""
        word, _, rest = line.partition(" ")
        try:
            self._do(word.lower(), rest.strip())
        except (Cancelled, KeyboardInterrupt, click.Abort):
            self._say("stopped; nothing was left half done")
        except LabError as error:
            self._session.console.lab_error(error)
        except click.ClickException as error:
            self._session.console.error(error.format_message())
        except OSError as error:
            self._session.console.error(str(error))

    def _do(self, word: str, rest: str) -> None:
        if not word:
            return
        if word.isdecimal():
            word, rest = "start", word
        if word in _COMMANDS:
            with self._sight.held():
                self._run([word, self._open.exercise.name])
            return
        own: dict[str, Callable[[str], object]] = {
            "help": self._help,
            "?": self._help,
            "list": lambda _: self._list(),
            "start": self._start,
            "next": lambda _: self._next(),
            "brief": lambda _: self._brief(),
            "files": lambda _: self._files(),
            "edit": self._edit,
            "status": lambda _: self._status(),
            "events": lambda _: self._events(),
            "logs": self._logs,
            "kubectl": self._kubectl,
            "wait": self._wait,
            "check": lambda _: self._check(),
            "apply": lambda _: self._apply(),
            "answer": self._question,
            "quiet": lambda _: self._hush(quiet=True),
            "tell": lambda _: self._hush(quiet=False),
        }
        if word not in own:
            near = difflib.get_close_matches(word, [*own, *_COMMANDS], n=1)
            meant = f"did you mean {near[0]}? " if near else ""
            raise UsageError(f"there is no word {word!r}", remedy=f"{meant}help lists them all")
        own[word](rest)

    @property
    def _where(self) -> str:
        return self._attempt.exercise.name if self._attempt is not None else "podlab"

    @property
    def _open(self) -> Attempt:
        if self._attempt is None:
            raise UsageError("no exercise is open", remedy="list shows them; start NUMBER opens one")
        return self._attempt

    # --- exercises ------------------------------------------------------------------------------------------

    def _help(self, which: str) -> None:
        """All words that mean something here, or one of them."""
        if which and which not in WORDS:
            raise UsageError(f"there is no word {which!r}", remedy="help lists them all")
        here = self._attempt
        asks = here is None or here.exercise.header.question is not None
        for word, about in WORDS.items():
            if which == word or (not which and (asks or word != "answer")):
                self._say(f"{word}: {about}")

    def _list(self) -> None:
        lab = self._session.lab
        progress, track = lab.progress(), ""
        for number, one in enumerate(lab.exercises(), 1):
            if one.track != track:
                track = one.track
                self._say(f"Track: {TRACKS.get(track, track)}")
            standing = _STANDING[progress.of(one.name).standing]
            self._say(
                f"{number}. {one.title}. {standing}. Difficulty {one.header.difficulty} of 5, "
                f"{one.header.minutes} minutes. Name: {one.name}"
            )
        for notice in lab.notices():
            self._say(f"note: {notice}")

    def _start(self, which: str) -> None:
        lab = self._session.lab
        names = [one.name for one in lab.exercises()]
        name = names[int(which) - 1] if which.isdecimal() and 0 < int(which) <= len(names) else which
        exercise = lab.exercise(name)
        begun = lab.progress().of(name).standing is not Standing.NEW
        console = self._session.console
        self._leave()
        if begun:
            attempt = lab.take_up(name)
            self._session.awaken(attempt)
        else:
            with console.working(f"starting {name}") as cancel:
                attempt = lab.start(name, narrate=console.narrate, cancel=cancel)
        self._attempt = attempt
        self._say(exercise.title)
        self._brief()
        self._files()
        if attempt.record().standing is Standing.SOLVED:
            self._say("You have solved this one; debrief tells of it.")
        self._say("Words for now: status, check, hint, next, help.")
        self._sight.follow(attempt)

    def _next(self) -> None:
        lab, attempt = self._session.lab, self._attempt
        if attempt is not None:
            ahead = lab.ahead(attempt.exercise.name, attempt.provider)
        else:
            ahead = lab.ahead(lab.progress().current)
        if not ahead.name:
            self._say("All exercises are solved.")
            return
        if ahead.passed:
            self._say(f"Passed over, not solved yet: {', '.join(ahead.passed)}.")
        self._start(ahead.name)

    def _brief(self) -> None:
        exercise = self._open.exercise
        for line in telling.prose(exercise.brief, exercise.title):
            self._say(line)

    def _files(self) -> None:
        attempt = self._open
        self._say(f"Your files are in {attempt.workspace}:")
        for file in attempt.files():
            self._say(f"{file.name}, {file.state.value}")

    def _edit(self, name: str) -> None:
        from lab.tui.handoff import TerminalHandoff

        attempt = self._open
        found = [one for one in attempt.files() if not name or one.name == name]
        if not found:
            raise UsageError(f"there is no file {name!r}", remedy="files lists them")
        handoff = TerminalHandoff(attempt.settings.home)
        command = handoff.editor()
        if not command:
            raise UsageError("no editor is set", remedy=f"set EDITOR, or open {found[0].path} in your own")
        try:
            with self._sight.held():
                handoff.edit(found[0].path, command)
        except NotAbleError as error:
            error.remedy = f"set EDITOR to an editor you have, or open {found[0].path} in your own"
            raise
        self._say("check applies and judges it.")

    # --- the cluster ----------------------------------------------------------------------------------------

    def _hush(self, *, quiet: bool) -> None:
        self._sight.quiet = quiet
        self._say("Quiet: status tells how things are." if quiet else "What changes is told again.")

    def _view(self) -> LiveView:
        attempt = self._open
        attempt.client.now()  # says that the cluster is away, and how it comes back
        return self._sight.view()

    def _status(self) -> None:
        for line in telling.status(self._view()):
            self._say(line)

    def _events(self) -> None:
        events = self._view().events
        for one in events[-20:]:
            self._say(telling.event(one))
        if not events:
            self._say("no events")

    def _logs(self, which: str) -> None:
        attempt = self._open
        for pod in self._view().pods:
            for container in pod.containers:
                self._say(f"pod {pod.name}, container {container}:")
                try:
                    text = attempt.logs(pod.name, container, previous=which == "previous", tail=30)
                except UsageError as error:
                    text = error.what
                self._say(text.strip() or "nothing", whole=True)

    def _kubectl(self, line: str) -> None:
        import subprocess

        from lab.attempt.kubectl import Console

        console = Console(self._open)
        command = console.judge(line)
        with contextlib.suppress(KeyboardInterrupt):
            subprocess.run(
                console.argv(command), env=console.environment(), cwd=self._open.workspace, check=False
            )

    def _wait(self, seconds: str) -> None:
        from lab.attempt.clock import Clock

        try:
            wanted = float(seconds)
        except ValueError:
            raise UsageError("wait needs a number of seconds", remedy="for example: wait 60") from None
        Clock.of(self._open).advance(wanted)
        self._say(f"{wanted:g} seconds of cluster time have passed.")

    # --- judging --------------------------------------------------------------------------------------------

    def _check(self) -> None:
        """What somebody changed with kubectl is judged as it is: only edits are applied, not over it."""
        attempt, console = self._open, self._session.console
        with console.working("applying") as cancel:
            result = attempt.apply_edits(console.narrate, cancel)
        self._warn(result)
        if result.undone:
            say_undone(self._session, result.undone)
        self._run(["check", attempt.exercise.name])

    def _apply(self) -> None:
        attempt, console = self._open, self._session.console
        undone = attempt.overwritten({})
        if undone:
            self._say("Applying your files undoes what was changed in the cluster:")
            self._say(edits.named(undone))
            with self._sight.held():
                agreed = console.confirm("apply them?", yes=False)
            if not agreed:
                self._say("Nothing was applied.")
                return
        with console.working("applying") as cancel:
            result = attempt.apply(console.narrate, cancel)
        self._warn(result)
        self._say("Applied." if result.changed else "The cluster has it all: nothing to apply.")

    def _warn(self, result: ApplyResult) -> None:
        for warning in result.warnings:
            self._session.console.narrate(f"warning: {warning}")

    def _question(self, choice: str) -> None:
        name = self._open.exercise.name
        self._run(["answer", "--exercise", name, *choice.split()])

    def _leave(self) -> None:
        self._sight.close()
        self._attempt = None

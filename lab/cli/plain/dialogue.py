"""The conversation: a line in, lines out, until `quit` or the end of the input.

Most words are the command line's own commands, run for the exercise that is open; the rest are here. Nothing
that fails ends the conversation.
"""

from __future__ import annotations

import contextlib
from functools import partial
from typing import TYPE_CHECKING

import click

from lab.attempt import edits
from lab.cli.catalogue import STANDINGS
from lab.cli.exits import ExitCode
from lab.cli.main import COMMANDS
from lab.cli.plain import editing, telling, words
from lab.cli.plain.sight import Sight
from lab.cli.plain.voice import Voice
from lab.cli.saves import Saves
from lab.cli.watch import matters, say_undone
from lab.errors import Cancelled, LabError, UsageError
from lab.model.card import TRACKS
from lab.model.progress import Standing

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.attempt.attempt import Attempt
    from lab.attempt.views import ApplyResult, LiveView
    from lab.cli.session import Session


class Dialogue:
    """One conversation."""

    def __init__(self, session: Session, run: Callable[[list[str]], object]) -> None:
        """`run` runs a command of the command line in this session; it raises what that raises."""
        self._session, self._run = session, run
        self._attempt: Attempt | None = None
        self._voice = Voice(session.console)
        self._say = self._voice.say
        session.console.asks = self._voice.answer
        self._sight = Sight(self._voice.tell)
        self._watching = contextlib.ExitStack()
        """What is to end with the exercise that is open."""

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
        try:
            self._do(*words.unfolded(line))
        except (Cancelled, KeyboardInterrupt, click.Abort):
            self._say("stopped; nothing was left half done")
        except LabError as error:
            self._session.console.lab_error(error)
        except click.ClickException as error:
            context = getattr(error, "ctx", None)
            remedy = f"{context.info_name} --help tells what it takes" if context is not None else ""
            self._session.console.error(error.format_message(), remedy=remedy)
        except OSError as error:
            self._session.console.error(str(error))

    def _do(self, word: str, rest: str) -> None:
        if not word:
            return
        taking: dict[str, Callable[[str], object]] = {
            "help": self._help,
            "?": self._help,
            "start": self._start,
            "edit": self._edit,
            "logs": self._logs,
            "kubectl": self._kubectl,
            "wait": self._wait,
            "check": self._check,
        }
        single: dict[str, Callable[[], object]] = {
            "list": self._list,
            "next": self._next,
            "brief": self._brief,
            "files": self._files,
            "status": self._status,
            "events": self._events,
            "apply": self._apply,
            "evidence": self._evidence,
            "quiet": lambda: self._hush(quiet=True),
            "tell": lambda: self._hush(quiet=False),
        }
        if word in taking:
            taking[word](rest)
        elif word in single and not (word in COMMANDS and rest.startswith("-")):
            words.alone(word, rest)
            single[word]()
        elif word in COMMANDS:
            self._command(word, rest)
        else:
            raise words.unknown(word, [*taking, *single, *COMMANDS])

    def _command(self, word: str, rest: str) -> None:
        """One of the command line's, about the exercise that is open where it is about one."""
        given = self._of_the_open(word, rest) if word in words.OF_THE_OPEN else words.arguments(rest)
        with self._sight.held():
            self._run([word, *given])

    def _of_the_open(self, word: str, rest: str) -> list[str]:
        """What a command about the open exercise is given; see `words.of_the_open`."""
        given, opened = words.arguments(rest), self._open.exercise.name
        return words.of_the_open(word, given, opened, {one.name for one in self._session.lab.exercises()})

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
        known = {name: entry.help for name, entry in COMMANDS.items()} | words.WORDS
        if which:
            if which not in known:
                raise words.unknown(which, known)
            self._say(f"{which}: {known[which]}")
            return
        for word, about in words.WORDS.items():
            if word != "answer" or self._asks:
                self._say(f"{word}: {about}")
        others = [name for name in COMMANDS if name not in words.WORDS]
        self._say(f"Other commands of podlab are understood as well: {', '.join(others)}.")

    @property
    def _asks(self) -> bool:
        """Whether there may be a question to answer."""
        return self._attempt is None or self._attempt.exercise.header.question is not None

    def _list(self) -> None:
        lab = self._session.lab
        progress, track = lab.progress(), ""
        for number, one in enumerate(lab.exercises(), 1):
            if one.track != track:
                track = one.track
                self._say(f"Track: {TRACKS.get(track, track)}")
            standing = STANDINGS[progress.of(one.name).standing].capitalize()
            self._say(
                f"{number}. {one.title}. {standing}. Difficulty {one.header.difficulty} of 5, "
                f"{one.header.minutes} minutes. Name: {one.name}"
            )
        for notice in lab.notices():
            self._say(f"note: {notice}")

    def _start(self, which: str) -> None:
        lab = self._session.lab
        names = [one.name for one in lab.exercises()]
        if not which or " " in which:
            remedy = "list shows them; for example: start 1"
            raise UsageError("start takes the number or the name of one exercise", remedy=remedy)
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
        self._attempt, self._session.opened = attempt, name
        self._say(exercise.title)
        self._brief()
        self._files()
        if attempt.record().standing is Standing.SOLVED:
            self._say("You have solved this one; debrief tells of it.")
        answer = "answer, " if exercise.header.question is not None else ""
        self._say(f"Words for now: status, logs, kubectl, edit, check, {answer}hint, next, help.")
        self._sight.follow(attempt)
        saves = Saves(attempt.workspace, self._saved, poll=False, matters=partial(matters, attempt))
        self._watching.enter_context(saves)

    def _saved(self, names: str) -> None:
        """Told on a thread of its own."""
        if not self._sight.silent:
            self._voice.tell([f"saved: {names}; check applies and judges it"])

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
        with contextlib.suppress(LabError):  # a cluster that is away, or files that are wrong: no telling
            changed = dict.fromkeys(one.object for one in attempt.drift())
            if changed:
                self._say(f"What runs differs from your files in {', '.join(changed)}.")

    def _edit(self, name: str) -> None:
        attempt = self._open
        found = [one for one in attempt.files() if not name or one.name == name]
        if not found:
            raise UsageError(f"there is no file {name!r}", remedy="files lists them")
        with self._sight.held():
            editing.edit(found[0].path, attempt.settings, self._voice)

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
        if which not in {"", "previous"}:
            remedy = "logs, or logs previous; kubectl logs NAME reads those of one pod"
            raise UsageError(f"logs takes only the word previous, and not {which}", remedy=remedy)
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

    def _check(self, rest: str) -> None:
        """What somebody changed with kubectl is judged as it is: only edits are applied, not over it."""
        attempt, console = self._open, self._session.console
        given = self._of_the_open("check", rest)
        with console.working("applying") as cancel:
            result = attempt.apply_edits(console.narrate, cancel)
        self._warn(result)
        if result.undone:
            say_undone(self._session, result.undone)
        self._run(["check", *given])

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

    def _evidence(self) -> None:
        from lab.attempt import solved
        from lab.report import debrief

        attempt = self._open
        if attempt.record().standing is not Standing.SOLVED:
            raise UsageError(f"{attempt.exercise.name} is not solved yet", remedy="check judges it")
        for line in debrief.evidence_of(solved.of(attempt), self._session.console.style).splitlines():
            self._say(line, whole=True)

    def _leave(self) -> None:
        self._watching.close()
        self._sight.close()
        self._attempt, self._session.opened = None, ""

"""What every command starts from: settings, console and the opened lab."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import PurePath
from typing import TYPE_CHECKING

from lab.cli.console import Console

if TYPE_CHECKING:
    from lab.attempt.attempt import Attempt
    from lab.attempt.lab import Lab
    from lab.settings import Settings


@dataclass
class Session:
    """One run of the command line."""

    settings: Settings
    console: Console = field(default_factory=Console)
    conversation: bool = False
    """Whether commands are the words of a conversation (`--plain`)."""
    opened: str = ""
    """The exercise the conversation is about: meant where a command names none."""
    _said: set[str] = field(default_factory=set, init=False, repr=False)

    @cached_property
    def lab(self) -> Lab:
        """The lab, opened when first needed; what it has to say is said."""
        from lab.attempt.lab import Lab

        opened = Lab.open(self.settings)
        opened.progress()
        self.say_notices(opened)
        return opened

    def say_notices(self, lab: Lab | None = None) -> None:
        """Say what the lab has to say of its own state, each thing once."""
        known = lab or self.__dict__.get("lab")
        for notice in known.notices() if known is not None else ():
            if notice not in self._said:
                self._said.add(notice)
                self.console.narrate(f"note: {notice}")

    def resume(self, name: str | None, provider: str | None = None, *, awake: bool = True) -> Attempt:
        """The attempt at a started exercise, its cluster `awake`: a start on the way is said, never silent.

        Said is also that this shell is set up for it while another one was started later.

        Raises:
            UsageError: it was never started.
            NotAbleError: the lab's own cluster cannot be started.
        """
        attempt = self.on(provider).lab.resume(name or self.opened or None)
        latest = self.lab.progress().current
        if not (name or self.opened) and latest not in {"", attempt.exercise.name}:
            self._say_behind(attempt.exercise.name, latest)
        if awake:
            self.awaken(attempt)
        return attempt

    def _say_behind(self, name: str, latest: str) -> None:
        """Say, once in a terminal, that its shell means an exercise that is not the one started last."""
        from lab.cli import noted

        note = f"note: this shell is set up for {name}, and {latest} was started later; to move it:"
        if noted.anew(self.settings.home, note):
            self.console.narrate(f"{note}\n  {self.moving_line(latest)}")

    @property
    def shell_exercise(self) -> str:
        """The exercise this shell was set up for by `podlab env`; empty when for none."""
        return self.settings.environment.get("PODLAB_EXERCISE", "")

    @property
    def shell_syntax(self) -> str:
        """What the user's shell understands: `posix` or `fish`."""
        return "fish" if PurePath(self.settings.shell).name == "fish" else "posix"

    def moving_line(self, name: str) -> str:
        """What sets the user's shell up for an exercise."""
        if self.shell_syntax == "fish":
            return f"podlab env {name} | source"
        return f'eval "$(podlab env {name})"'

    def line(self, command: str, name: str) -> str:
        """How a command about an exercise is typed where this is read."""
        return command if self.conversation else f"podlab {command} {name}"

    def awaken(self, attempt: Attempt) -> None:
        """Start the lab's own cluster where it was stopped or killed, and say so.

        Raises:
            NotAbleError: it cannot be started.
        """
        from lab.attempt import clusters

        clusters.awaken(attempt.provider, self.console.narrate)

    def on(self, provider: str | None) -> Session:
        """This session, with another provider than the settings' where one was named."""
        if provider is not None:
            self.settings = replace(self.settings, provider=provider)
        return self

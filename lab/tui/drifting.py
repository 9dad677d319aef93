"""Whether somebody changed in the cluster what the learner's files say: looked for when the objects change.

Part of the bridge: it touches no widget, and posts what it found. One look at a time; of several that are
asked for meanwhile one more is taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

from textual.message import Message

from lab.errors import LabError
from lab.tui.looking import Looking

if TYPE_CHECKING:
    from textual.message_pump import MessagePump

    from lab.attempt.attempt import Attempt
    from lab.attempt.views import LiveView

_MADE_BY_OTHERS = frozenset({"Pod", "ReplicaSet", "Endpoints", "EndpointSlice", "Event", "Node"})
"""Kinds whose objects change all the time, and are hardly ever a file's."""

Stand = frozenset[tuple[str, str, str]]
"""How far the objects are that files may declare."""


@dataclass
class Drifted(Message):
    """The files, by name, whose objects somebody changed in the cluster since the last apply."""

    names: frozenset[str]


def stand(live: LiveView) -> Stand:
    """Kind, name and generation of what files may declare: a status that moves is no change of theirs."""
    return frozenset(
        (
            kind,
            one["metadata"]["name"],
            str(one["metadata"].get("generation") or one["metadata"].get("resourceVersion")),
        )
        for kind, objects in live.objects.items()
        if kind not in _MADE_BY_OTHERS
        for one in objects
    )


class Drifting:
    """Looks for one exercise."""

    def __init__(self, attempt: Attempt, reply_to: MessagePump) -> None:
        self._attempt, self._reply_to = attempt, reply_to
        self._looking: Looking[None] = Looking("drift", self._look)

    def look(self) -> None:
        """Look soon, and once for all that was asked meanwhile."""
        self._looking.ask("", None)

    def _look(self, _name: str, _given: None) -> None:
        try:
            found = self._attempt.overwritten({})
        except LabError:
            return  # a broken file, a lost cluster: others say so
        self._reply_to.post_message(Drifted(frozenset(PurePath(one.file).name for one in found)))

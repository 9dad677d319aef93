"""Commands in messages, by the names they have where the message is read. Pure.

What the lab says of a way out it says with a command of the command line: `podlab hint`. In the conversation
that is the word `hint`, on the screens a key. So one text serves all, and names nothing its reader has not.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_COMMAND = re.compile(r"\bpodlab ([a-z]+)\b")


def worded(text: str, words: Mapping[str, str]) -> str:
    """The text with each command that `words` has called as they call it."""
    return _COMMAND.sub(lambda found: words.get(found[1], found[0]), text)

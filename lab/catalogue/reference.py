"""The format's reference, made from the schema itself: `python -m lab.catalogue.reference docs/exercises.md`.

The part of the file between the two markers is replaced; everything else is written by hand.
"""

from __future__ import annotations

import dataclasses
import inspect
import sys
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

from lab.catalogue.decode import fields_of, variants_of, wanted
from lab.model import checks, exercise, predicates

BEGIN = "<!-- generated: python -m lab.catalogue.reference docs/exercises.md -->"
END = "<!-- end of the generated part -->"

_UNIONS = (
    ("Checks", "Judged in order; a check that does not pass ends the look.", checks.Check),
    ("Injections", "What an experiment does to the workload; each undoes itself.", checks.Injection),
    ("Expectations", "What an experiment must see, within its time or for its time.", checks.Expectation),
    ("Predicates", "What guards, questions and the symptom look at.", predicates.Predicate),
)
_PARTS = (
    ("exercise.yaml", exercise.Header),
    ("symptom", exercise.Symptom),
    ("experiments", checks.Experiment),
    ("guards", exercise.Guard),
    ("question", exercise.Question),
    ("options of a question", exercise.Option),
    ("cheats", exercise.Failure),
    ("build", exercise.Build),
)


def reference() -> str:
    """The reference in Markdown."""
    lines = [BEGIN, "", "### Keys", ""]
    for title, cls in _PARTS:
        lines += [f"#### `{title}`", "", _summary(cls), "", *_table(cls), ""]
    for title, text, union in _UNIONS:
        lines += [f"### {title}", "", text, ""]
        for kind, variant in variants_of(union).items():
            lines += [f"#### `kind: {kind}`", "", _summary(variant), "", *_table(variant), ""]
    return "\n".join([*lines, END])


def replaced(text: str) -> str:
    """A document with its generated part made anew; ValueError when the markers are missing."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the markers {BEGIN!r} and {END!r} are not in the document")
    return before + reference() + after


def _summary(cls: type) -> str:
    return " ".join((inspect.getdoc(cls) or "").split())


def _table(cls: type) -> list[str]:
    defaults = {item.name: item.default for item in dataclasses.fields(cls)}
    rows = []
    for name, (hint, text, required) in fields_of(cls).items():
        default = "required" if required else f"`{_default(defaults[name])}`"
        rows.append(f"| `{name}` | {_type(hint)} | {default} | {text.replace('|', chr(92) + '|')} |")
    return ["| key | value | default | meaning |", "|---|---|---|---|", *rows] if rows else []


def _default(value: Any) -> str:
    if value is None:
        return "none"
    if value is dataclasses.MISSING or value == ():
        return "empty"
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value) or "empty"


def _type(hint: Any) -> str:
    while get_origin(hint) is Annotated:
        hint = hint.__origin__
    if get_origin(hint) is tuple:
        return f"list of {_type(get_args(hint)[0])}"
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return "mapping"
    kinds = [member for member in get_args(hint) if dataclasses.is_dataclass(member)]
    if kinds:
        return "mapping with `kind`" if len(kinds) > 1 else "mapping"
    return "any" if hint is Any else wanted(hint).replace("|", "or")


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        document = Path(argument)
        document.write_text(replaced(document.read_text(encoding="utf-8")), encoding="utf-8")

"""Results as JUnit XML, which CI servers show: a suite an exercise, a case a finding."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from lab.model.verdict import Finding, State, Verdict
from lab.report import text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lab.model.grade import Grade

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters XML 1.0 cannot carry; container logs may hold them."""


def verdict(result: Verdict) -> str:
    """A verdict as one suite."""
    return document([suite(result.exercise, result)])


def grades(results: Sequence[Grade]) -> str:
    """Graded submissions, one suite each."""
    return document([_grade(one) for one in results])


def document(suites: Iterable[TestSuite]) -> str:
    """The XML document with these suites."""
    xml = JUnitXml("podlab")
    for one in suites:
        xml.add_testsuite(one)
    xml.update_statistics()  # type: ignore[no-untyped-call]
    content = xml.tostring()  # type: ignore[no-untyped-call]
    return (content.decode("utf-8") if isinstance(content, bytes) else content).rstrip() + "\n"


def suite(name: str, result: Verdict) -> TestSuite:
    """A verdict as a suite called `name`."""
    made = TestSuite(_legal(name))
    made.add_property("provider", result.provider)
    made.add_property("namespace", result.namespace)
    made.add_property("cluster-seconds", f"{result.cluster_seconds:.3f}")
    for one in result.findings:
        made.add_testcase(_case(result.exercise, one))
    return made


def case(
    name: str, group: str, *, failure: str = "", error: str = "", skipped: str = "", detail: str = ""
) -> TestCase:
    """A case that passed, or failed, could not be decided, or was left out."""
    made = TestCase(_legal(name), _legal(group), 0)
    if failure:
        made.result = [_with_text(Failure(_legal(failure), "failed"), detail)]
    elif error:
        made.result = [_with_text(Error(_legal(error), "unknown"), detail)]
    elif skipped:
        made.result = [Skipped(_legal(skipped))]
    return made


def _grade(one: Grade) -> TestSuite:
    if one.verdict is not None:
        return suite(f"{one.submission} ({one.exercise})", one.verdict)
    made = TestSuite(_legal(f"{one.submission} ({one.exercise or 'unknown exercise'})"))
    detail = "\n".join(map(str, one.problems))
    decided = one.outcome.decided
    made.add_testcase(
        case(
            "submission",
            one.exercise,
            failure=one.headline if decided else "",
            error="" if decided else one.headline,
            detail=detail,
        )
    )
    return made


def _case(exercise: str, one: Finding) -> TestCase:
    made = TestCase(_legal(one.title or one.id), _legal(exercise), one.waited)
    detail = "\n".join(line.strip() for line in text.finding(one)[1:])
    if one.state is State.FAILED:
        made.result = [_with_text(Failure(_legal(one.observed), one.code), detail)]
    elif one.state in {State.UNKNOWN, State.WAITING}:
        made.result = [_with_text(Error(_legal(one.observed), one.code), detail)]
    elif one.state is State.SKIPPED:
        made.result = [Skipped(_legal(one.observed))]
    return made


def _with_text(result: Any, detail: str) -> Any:
    result.text = _legal(detail)
    return result


def _legal(value: str) -> str:
    return _ILLEGAL.sub("\ufffd", value)

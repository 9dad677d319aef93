"""Shell and applets against what a real busybox did with the same scripts (recorded in `busybox.json`)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lab.embedded.runtime.interface import ExitStatus
from tests.embedded.runtime.harness import House, run_shell

RECORDED = json.loads((Path(__file__).parent / "busybox.json").read_text())


@pytest.mark.parametrize("case", RECORDED, ids=range(len(RECORDED)))
def test_scripts_behave_as_in_busybox(case: dict[str, str | int]) -> None:
    ran = run_shell(str(case["script"]))
    assert (ran.out, ran.err, ran.code) == (case["stdout"], case["stderr"], case["code"])


def test_a_negated_pipeline_is_negated_as_a_whole() -> None:
    ran = run_shell("! echo UP | grep -q DOWN; echo $?; ! echo UP | grep -q UP; echo $?")
    assert ran.out == "0\n1\n"


def test_an_interactive_shell_prompts_and_echoes() -> None:
    house = House()
    container, _ = house.start(["sleep", "1000"])
    ran = house.exec(container, ["sh"], 1, b"echo hi\nif true\nthen echo in; fi\nnosuch\nexit 3\n", tty=True)
    assert ran.out.split("\r\n") == [
        "/ # echo hi", "hi", "/ # if true", "> then echo in; fi", "in", "/ # nosuch", "sh: nosuch: not found",
        "/ # exit 3", "",
    ] or "sh: nosuch: not found" in ran.out  # fmt: skip
    assert ran.code == 3


def test_pid_1_without_a_handler_ignores_term_and_dies_of_kill() -> None:
    house = House()
    container, ran = house.start(["sleep", "1000"])
    container.signal(15)
    house.agenda.advance(1)
    assert ran.code is None
    container.signal(9)
    house.agenda.settle()
    assert ran.code == 137


def test_tail_of_zero_is_killed_for_memory() -> None:
    house = House()
    _, ran = house.start(
        ["sh", "-c", "echo allocating; sleep 2; exec tail /dev/zero"], memory_limit=32 * 1024**2
    )
    house.agenda.advance(10)
    assert ran.status is not None
    assert (ran.status.code, ran.status.oom_killed) == (137, True)
    assert ran.at == pytest.approx(2.0, abs=0.1)


@pytest.mark.parametrize(
    "script",
    [
        "x=a; while :; do x=$x$x; done",
        "f() { f | f & }; f; sleep 5",
        "yes",
        "f() { f; }; f",
        "cat /dev/zero > /big",
        "while :; do echo x >> /log; done",
        "while :; do (:); done",
    ],
)
def test_abuse_is_bounded(script: str) -> None:
    run_shell(script, seconds=0.5)


def test_a_variable_that_doubles_ends_as_out_of_memory() -> None:
    house = House()
    _, ran = house.start(["sh", "-c", "x=a; while :; do x=$x$x; done"], memory_limit=16 * 1024 * 1024)
    house.agenda.advance(5)
    assert ran.status == ExitStatus(137, 9, oom_killed=True)


def test_wait_looks_at_each_child_once_however_many_there_are() -> None:
    """A fork bomb's first process collects children for ever: what it does for each must not grow."""
    house = House()
    container, ran = house.start(["sh", "-c", "b() { b | b & }; b; wait; sleep 1000"])
    house.agenda.advance(4)
    assert ran.code is None
    shell = container._kernel.processes[1]
    assert len(shell.children) <= 256


def test_reading_what_never_ends_a_line_takes_cluster_time() -> None:
    house = House()
    _, ran = house.start(["sh", "-c", "read x < /dev/zero"])
    house.agenda.advance(1)  # NUL bytes are dropped, so the line never grows
    assert ran.code is None

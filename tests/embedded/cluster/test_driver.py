"""The cluster thread: pace, settle points, and a part that fails without taking the cluster along."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING, Any

import pytest

from lab.embedded.cluster import Cluster, Driver
from lab.embedded.server.messages import Answer, Request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lab.embedded.clock.agenda import Agenda


def soon(agenda: Agenda, done: list[float]) -> None:
    agenda.call_soon(lambda: done.append(agenda.now()))


@pytest.fixture
def driven() -> Iterator[Callable[[float], Driver]]:
    made: list[Driver] = []

    def make(rate: float) -> Driver:
        made.append(Driver(Cluster(), rate))
        made[-1].start()
        return made[-1]

    yield make
    for driver in made:
        driver.stop()


def ask(driver: Driver, request: Request) -> tuple[Any, dict[str, str]]:
    answers: queue.SimpleQueue[Any] = queue.SimpleQueue()
    driver.submit(request, lambda answer, headers: answers.put((answer, dict(headers))))
    answer, headers = answers.get(timeout=20)
    return answer, headers


def run(driver: Driver, task: Callable[[], Any]) -> Any:
    """What a task on the cluster thread returns."""
    results: queue.SimpleQueue[Any] = queue.SimpleQueue()
    driver.post(lambda: results.put(task()))
    return results.get(timeout=20)


def test_at_rate_0_what_is_due_settles_before_the_answer_and_time_stands_still(
    driven: Callable[[float], Driver],
) -> None:
    driver = driven(0)
    agenda = driver.cluster.agenda
    done: list[float] = []
    run(driver, lambda: agenda.call_soon(lambda: soon(agenda, done)))
    run(driver, lambda: agenda.call_after(1, lambda: done.append(agenda.now())))
    _, headers = ask(driver, Request("GET", "/version"))
    assert done == [0.0]
    assert headers["Podlab-Now"] == "1767225600.000000"
    ask(driver, Request("POST", "/podlab/advance", body=b'{"seconds": 2}'))
    assert done == [0.0, 1.0]
    assert driver.faults == []


def test_a_fast_clock_reaches_a_far_timer_by_itself(driven: Callable[[float], Driver]) -> None:
    driver = driven(10_000)
    agenda = driver.cluster.agenda
    reached = threading.Event()
    run(driver, lambda: agenda.call_after(600, reached.set))
    assert reached.wait(timeout=20)


def test_an_advance_leaves_the_pace_as_it_was(driven: Callable[[float], Driver]) -> None:
    driver = driven(1)
    before = run(driver, driver.cluster.now)
    ask(driver, Request("POST", "/podlab/advance", body=b'{"seconds": 3600}'))
    after = run(driver, driver.cluster.now)
    assert 3600 <= after - before < 3660
    answer, _ = ask(driver, Request("PUT", "/podlab/clock", body=b'{"rate": 0}'))
    assert isinstance(answer, Answer)
    assert b'"rate":0' in answer.body
    assert run(driver, driver.cluster.now) == run(driver, driver.cluster.now)


def test_a_failing_part_is_noted_and_the_cluster_lives_on(driven: Callable[[float], Driver]) -> None:
    driver = driven(0)
    agenda = driver.cluster.agenda
    done: list[str] = []

    def fail() -> None:
        raise ZeroDivisionError("planted")

    def plant() -> None:
        agenda.call_soon(fail)
        agenda.call_soon(lambda: done.append("after"))

    run(driver, plant)
    run(driver, lambda: driver.post(fail))
    answer, _ = ask(driver, Request("GET", "/podlab/status"))
    assert done == ["after"]
    assert b'"degraded":true' in answer.body
    assert driver.faults == ["ZeroDivisionError: planted"] * 2


def test_a_full_disk_is_one_fault_until_there_is_room_again(
    driven: Callable[[float], Driver], monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = driven(0)

    def full() -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as short:
        short.setattr(driver.cluster, "persist", full)
        for _ in range(3):
            answer, _ = ask(driver, Request("GET", "/podlab/status"))
        assert b'"degraded":true' in answer.body
        assert driver.faults == ["OSError: [Errno 28] No space left on device"]
    run(driver, lambda: None)
    answer, _ = ask(driver, Request("GET", "/podlab/status"))
    assert b'"degraded":false' in answer.body

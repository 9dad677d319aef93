"""Timestamps on the wire: what is shifted, what is the user's own text, and how steady the shift is."""

from __future__ import annotations

import orjson
import pytest

from lab.embedded.server.timeshift import LogShift, Shift, shift_json


def test_moves_every_time_of_an_object_and_nothing_else() -> None:
    pod = {
        "metadata": {
            "creationTimestamp": "2026-01-01T00:00:05Z",
            "deletionTimestamp": None,
            "annotations": {"kubectl.kubernetes.io/restartedAt": "2026-01-01T00:00:05Z"},
            "managedFields": [{"time": "2026-01-01T00:00:06Z"}],
        },
        "status": {
            "startTime": "2026-01-01T00:00:07Z",
            "conditions": [{"type": "Ready", "lastTransitionTime": "2026-01-01T00:59:59Z"}],
            "containerStatuses": [{"state": {"running": {"startedAt": "2026-01-01T23:59:59Z"}}}],
        },
        "eventTime": "2026-01-01T00:00:05.250000Z",
        "message": "at 2026-01-01T00:00:05Z",
    }
    shifted = orjson.loads(shift_json(orjson.dumps(pod), 3600))
    assert shifted["metadata"]["creationTimestamp"] == "2026-01-01T01:00:05Z"
    assert shifted["metadata"]["annotations"] == pod["metadata"]["annotations"]  # type: ignore[index]
    assert shifted["metadata"]["managedFields"] == [{"time": "2026-01-01T01:00:06Z"}]
    assert shifted["status"]["conditions"][0]["lastTransitionTime"] == "2026-01-01T01:59:59Z"
    started = shifted["status"]["containerStatuses"][0]["state"]["running"]["startedAt"]
    assert started == "2026-01-02T00:59:59Z"
    assert shifted["eventTime"] == "2026-01-01T01:00:05.250000Z"
    assert shifted["message"] == pod["message"]
    assert orjson.loads(shift_json(orjson.dumps(shifted), -3600)) == pod


def test_moves_the_time_that_a_row_shows_as_it_is() -> None:
    body = b'{"rows":[{"cells":["limits","2026-01-01T00:00:05Z"],"object":null}]}'
    assert b'["limits","2026-01-01T00:01:05Z"]' in shift_json(body, 60, "limitranges")
    assert shift_json(body, 60, "services") == body


def test_leaves_the_free_form_data_of_a_config_map_alone() -> None:
    time = "2026-01-01T00:00:00Z"
    body = orjson.dumps({"metadata": {"creationTimestamp": time}, "data": {"startTime": time}})
    shifted = orjson.loads(shift_json(body, 60, "configmaps"))
    assert shifted["metadata"]["creationTimestamp"] == "2026-01-01T00:01:00Z"
    assert shifted["data"]["startTime"] == "2026-01-01T00:00:00Z"


@pytest.mark.parametrize("wobble", [0.0, 0.4, -0.04, 0.99])
def test_the_shift_is_steady_while_the_clocks_run_side_by_side(wobble: float) -> None:
    host = [1000.0]
    shift = Shift(lambda: host[0], lambda: 100.0)
    assert shift.seconds() == 900
    host[0] += wobble
    assert shift.seconds() == 900


def test_the_shift_follows_a_jump_and_never_shows_the_future() -> None:
    host = [1000.9]
    shift = Shift(lambda: host[0], lambda: 100.0)
    assert shift.seconds() == 900
    host[0] = 1002.5
    assert shift.seconds() == 902


def test_one_client_sees_one_shift_while_the_cluster_stands_still() -> None:
    host, cluster = [1000.0], [100.0]
    shift = Shift(lambda: host[0], lambda: cluster[0])

    def told(client: int) -> int:
        with shift.for_client(client):
            return shift.seconds()

    assert told(1) == 900
    host[0] += 4
    assert (told(1), told(2), shift.seconds()) == (900, 904, 904)
    cluster[0] += 1  # an advance: ages are right at once
    assert told(1) == 903
    host[0] += 11
    assert told(1) == 914


def test_stamps_of_log_lines_are_moved() -> None:
    class Stream:
        def start(self, send, end) -> None:  # type: ignore[no-untyped-def]
            send(b"2026-01-01T00:00:01.000000001Z one\n2026-01-01T00:00:02.5Z two\n")
            end()

        def stop(self) -> None:
            pass

    got: list[bytes] = []
    LogShift(Stream(), 60).start(got.append, lambda: None)
    assert got == [b"2026-01-01T00:01:01.000000001Z one\n2026-01-01T00:01:02.5Z two\n"]

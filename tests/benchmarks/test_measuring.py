"""Figures, their table, and the real control plane's side with stand-ins for its commands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import __main__ as program
from benchmarks import clusters
from benchmarks.measure import Figure, Missing, Ratio, side_by_side, table


def _executable(path: Path, text: str) -> str:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def stand_ins(tmp_path: Path) -> dict[str, str]:
    """A kubectl that finds a Ready node once `up` ran and before `down` did; `up` leaves a process behind."""
    state, pid = tmp_path / "kubeconfig", tmp_path / "pid"
    return {
        "kubectl": _executable(tmp_path / "kubectl", f"[ -s {state} ] && echo True"),
        "PODLAB_BENCH_REAL_UP": _executable(tmp_path / "up", f"sleep 300 & echo $! >{pid}; echo up >{state}"),
        "PODLAB_BENCH_REAL_DOWN": _executable(tmp_path / "down", f"kill $(cat {pid}); rm {state}"),
        "PODLAB_BENCH_REAL_KUBECONFIG": str(state),
    }


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="processes are read from /proc")
def test_the_real_side_is_started_measured_and_ended(stand_ins: dict[str, str], tmp_path: Path) -> None:
    seconds, megabytes = clusters._real(stand_ins["kubectl"], stand_ins)
    assert seconds > 0
    assert megabytes > 0, "the process that `up` left in the background is found by its mark"
    assert not (tmp_path / "kubeconfig").exists()


def test_a_cluster_that_runs_already_is_left_alone(stand_ins: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "kubeconfig").write_text("somebody's\n")
    with pytest.raises(clusters.NotReadyError, match="not ours to restart"):
        clusters._real(stand_ins["kubectl"], stand_ins)
    assert (tmp_path / "kubeconfig").exists()


def test_without_a_real_control_plane_the_way_to_name_one_is_told() -> None:
    with pytest.raises(clusters.NotReadyError, match="PODLAB_BENCH_REAL_UP, _DOWN and _KUBECONFIG"):
        clusters._real("kubectl", {})


def test_sides_are_measured_alternately_and_the_median_counts() -> None:
    order: list[str] = []
    ours = iter([100.0, 1.0, 9.0, 2.0])

    def one() -> float:
        order.append("ours")
        return next(ours)

    def other() -> float:
        order.append("beside")
        return 4.0

    assert side_by_side(one, other, rounds=3) == (2.0, 4.0)
    assert order == ["ours", "beside"] * 4


def test_the_table_and_the_json_hold_every_figure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    figures: list[Figure] = [Ratio("a", 1.0, 2.0, "b"), Missing("c", "no engine")]
    lines = table(figures).splitlines()
    assert lines[1].split() == ["a", "1", "s", "2", "s", "0.5", "b"]
    assert lines[2].endswith("not measured: no engine")
    monkeypatch.setattr(program, "MEASUREMENTS", {"x": lambda: figures})
    assert program.main(["--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told[0]["ratio"] == 0.5
    assert told[1]["missing"] == "no engine"

"""What a proof costs: CPU time of one trial of one exercise, against the cluster time it watches."""

from __future__ import annotations

import time

from benchmarks.measure import Figure, Missing, Ratio
from lab.attempt.proving import try_variant, variants_of
from lab.catalogue.locate import locate
from lab.catalogue.parse import load
from lab.providers.embedded.inprocess import InProcessProvider
from lab.settings import Settings

EXERCISE = "http-probe"
"""It has checks, an experiment with a fault and two probes: the usual amount of work."""


def measure() -> Figure:
    """The exercise's solution, in-process, imports included: a cold trial as `author prove NAME` begins."""
    title = f"one proof trial ({EXERCISE}, its solution), CPU"
    kubectl = Settings.from_environment().kubectl
    exercise = next(item for item in load(locate()) if item.name == EXERCISE)
    variant = next(item for item in variants_of(exercise) if item.name == "solution")
    begun, cpu = time.perf_counter(), time.process_time()
    with InProcessProvider() as provider:
        started = provider.clock().now()
        trial = try_variant(exercise, variant, provider, kubectl=kubectl)
        passed = provider.clock().now() - started
    cpu, wall = time.process_time() - cpu, time.perf_counter() - begun
    if not trial.held:
        return Missing(title, f"the trial did not hold: {trial.observed} {trial.problem}")
    return Ratio(title, cpu, passed, "the cluster time it watched", note=f"{wall:.3g} s of wall time")

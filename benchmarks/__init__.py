"""Measurements, each beside something to compare with. `python -m benchmarks` prints them as ratios."""

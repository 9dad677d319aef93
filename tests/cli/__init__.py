"""Tests of lab/cli."""

"""Tests of lab.tui."""

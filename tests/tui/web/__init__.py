"""Tests of lab.tui.web."""

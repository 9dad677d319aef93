"""Tests of kubectl in place."""

"""Tests of lab/attempt."""

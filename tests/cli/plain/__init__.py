"""Tests of lab.cli.plain."""

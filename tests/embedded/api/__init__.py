"""Tests of `lab.embedded.api`."""

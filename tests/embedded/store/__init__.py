"""Tests of `lab.embedded.store`."""

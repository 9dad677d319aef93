"""Tests of `lab.embedded.objects`."""

"""Tests of controllers and scheduler."""

"""Tests; the tree mirrors lab/."""

"""Tests of the lab as a whole, in a real terminal."""

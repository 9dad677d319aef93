"""Schemas of the served kinds: strict checking, merge keys and `kubectl explain` from the same data."""

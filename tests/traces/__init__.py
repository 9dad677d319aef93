"""Recordings of a real kubelet, replayed."""

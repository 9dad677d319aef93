"""Tests of looking at manifests as they are typed."""

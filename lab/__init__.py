"""Podlab: exercises on broken Kubernetes workloads, and a verifier that says why a fix holds."""

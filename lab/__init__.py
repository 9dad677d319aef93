"""Podlab: exercises on broken Kubernetes workloads, a cluster to meet them on, and a verifier that says why."""

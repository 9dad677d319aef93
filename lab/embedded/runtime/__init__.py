"""The container runtime: programs, shell, file systems and network, in cluster time."""

"""A simulated Kubernetes: API server, controllers, scheduler and kubelet on one agenda of cluster time.

An island: it imports nothing else of `lab`, and could be taken out as a package of its own. What holds
everywhere below `server`: one thread, one clock object, no host time, no host I/O; a run is a function of
(manifests, commands, seed).
"""

"""Where a pod may go, and where it goes best: the scheduler's plugins as pure functions.

Follows `pkg/scheduler/framework/plugins` of v1.36.
"""

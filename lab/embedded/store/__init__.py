"""The cluster's memory: objects by resource, namespace and name, and the log of their changes."""

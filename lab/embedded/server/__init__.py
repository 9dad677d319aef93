"""The wire: HTTP requests in the API server's dialect, answered from the cluster."""

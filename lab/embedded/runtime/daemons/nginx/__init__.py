"""nginx: reading its configuration, answering requests, and the master process with its signals."""

"""Redis: its keys, its server with configuration, logs and persistence, its protocol, and redis-cli."""

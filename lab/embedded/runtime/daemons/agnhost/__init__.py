"""agnhost's subcommands, after `test/images/agnhost` of Kubernetes: their answers, logs and exit codes."""

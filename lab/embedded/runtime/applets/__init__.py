"""The commands of busybox: each a small program, all registered in `table.APPLETS`."""

"""The cluster as a whole: thread, journal, reboot."""

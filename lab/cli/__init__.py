"""The command line. Only this floor prints, asks and exits; stdout is data, stderr is narration."""

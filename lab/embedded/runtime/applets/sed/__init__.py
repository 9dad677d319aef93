"""sed, as busybox edits streams."""

"""awk: the language as busybox plays it. Text is latin-1: one character a byte, as there without a locale."""

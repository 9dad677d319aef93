"""POSIX regular expressions, as glibc reads them, searched in a time that no pattern can blow up."""

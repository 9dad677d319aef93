"""The lab in a browser: a page, a socket, and a process of the lab's own for each that is open."""

"""Tests of the lab's images, of how they are built, and of what the embedded cluster makes of them."""

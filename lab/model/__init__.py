"""The lab's facts: frozen values that all floors above share. No I/O, no clock, no cluster client."""

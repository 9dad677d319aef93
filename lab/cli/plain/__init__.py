"""The lab as a conversation in plain lines: for screen readers, braille lines, and simple terminals.

The steps are those of the screens, and what runs them are the commands of the command line. Nothing moves a
cursor, nothing is redrawn, nothing is said by colour, and no line is longer than a terminal is wide.
"""

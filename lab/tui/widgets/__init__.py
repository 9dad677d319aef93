"""The parts of the screens: each draws one slice of the view and owns its messages and its style sheet."""

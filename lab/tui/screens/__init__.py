"""The screens: they compose widgets, turn keys into requests to the bridge, and keep the view."""

"""The long-running programs of the modelled images: what their containers do until they are stopped."""

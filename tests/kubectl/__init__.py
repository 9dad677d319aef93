"""The real kubectl against embedded clusters."""

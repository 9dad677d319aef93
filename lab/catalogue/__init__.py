"""Exercise files: found, read into the model with every error at its line, and checked for completeness."""

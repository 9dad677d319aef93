"""Exercise files: found, read into the model with every error at its line, and checked for completeness."""

from lab.catalogue.lint import lint
from lab.catalogue.locate import locate
from lab.catalogue.parse import load, load_sound, parse
from lab.catalogue.problems import ContentProblems

__all__ = ["ContentProblems", "lint", "load", "load_sound", "locate", "parse"]

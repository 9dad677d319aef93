"""What happens in a namespace, seen through the API: a recorder's timeline, and snapshots of it."""

from lab.observe.normalise import without_secrets
from lab.observe.recorder import Recorder

__all__ = ["Recorder", "without_secrets"]

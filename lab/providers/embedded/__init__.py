"""The embedded provider: a simulated Kubernetes of the lab's own, in a background process or in this one.

This package alone opens `lab.embedded`, and only where a cluster is really run (`daemon`, `foreground`,
`inprocess`); whoever just looks or asks pays for none of it.
"""

from lab.providers.embedded.client import Connection, advance
from lab.providers.embedded.foreground import serve_foreground
from lab.providers.embedded.inprocess import InProcessProvider
from lab.providers.embedded.provider import EmbeddedProvider

__all__ = ["Connection", "EmbeddedProvider", "InProcessProvider", "advance", "serve_foreground"]

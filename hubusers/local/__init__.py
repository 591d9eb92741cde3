"""The JupyterHub that runs on your own machine: real hub, proxy and database, and servers that cost nothing."""

from hubusers.local.hub import LocalHub, LocalHubError

__all__ = ["LocalHub", "LocalHubError"]

"""A JupyterHub on your own machine: a real hub, proxy and database, with servers that cost almost nothing."""

from hubusers.local.hub import LocalHub, LocalHubError

__all__ = ["LocalHub", "LocalHubError"]

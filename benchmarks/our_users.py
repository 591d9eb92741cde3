"""Our own locustfile, with a report of the CPU time that it took."""

from benchmarks import cpu_report  # noqa: F401  # its import is what switches it on
from locustfile import NotebookUser, ServerLifecycleUser

__all__ = ["NotebookUser", "ServerLifecycleUser"]

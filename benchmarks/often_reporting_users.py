"""Our users, whose workers report to the master 15 times as often as Locust has them do: two, ten times a second."""

from locust import runners

from benchmarks.our_users import ServerLifecycleUser

runners.WORKER_REPORT_INTERVAL = 0.2

__all__ = ["ServerLifecycleUser"]

"""hubusers: load tests for JupyterHub.

The package itself exports the functions for scripts and notebooks. The Locust users are in `hubusers.users`; a
locustfile also needs `hubusers.plugin.switch_on`.
"""

from hubusers.functions.accounts import create_users, delete_users, find_stress_test_users, purge_users
from hubusers.functions.defaults import seconds_from_environment
from hubusers.functions.starting import start_server, start_servers, wait_for_server_to_start, wait_for_servers_to_start
from hubusers.functions.stopping import stop_server, stop_servers, wait_for_server_to_stop, wait_for_servers_to_stop
from hubusers.functions.timing import timeit
from hubusers.http.session import get_session

SERVER_LIFECYCLE_TIMEOUT: float = seconds_from_environment("SERVER_LIFECYCLE_TIMEOUT", 60.0)
"""Seconds that a wait for a server may take. It is read when a wait begins, so a script may change it."""

__all__ = [
    "SERVER_LIFECYCLE_TIMEOUT",
    "create_users",
    "delete_users",
    "find_stress_test_users",
    "get_session",
    "purge_users",
    "start_server",
    "start_servers",
    "stop_server",
    "stop_servers",
    "timeit",
    "wait_for_server_to_start",
    "wait_for_server_to_stop",
    "wait_for_servers_to_start",
    "wait_for_servers_to_stop",
]

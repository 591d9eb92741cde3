"""hubusers: load tests for JupyterHub.

The package itself exports the functions for scripts and notebooks. The Locust users are in `hubusers.users`; a
locustfile also needs `hubusers.plugin.switch_on`.
"""

import importlib
from typing import TYPE_CHECKING, Any

from hubusers.functions.defaults import seconds_from_environment

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

if TYPE_CHECKING:
    __version__: str
    from hubusers.functions.accounts import create_users, delete_users, find_stress_test_users, purge_users
    from hubusers.functions.starting import (
        start_server,
        start_servers,
        wait_for_server_to_start,
        wait_for_servers_to_start,
    )
    from hubusers.functions.stopping import stop_server, stop_servers, wait_for_server_to_stop, wait_for_servers_to_stop
    from hubusers.functions.timing import timeit
    from hubusers.http.session import get_session
else:
    _MODULES = ("functions.accounts", "functions.starting", "functions.stopping", "functions.timing", "http.session")

    def __getattr__(name: str) -> Any:
        """Import a function when it is first asked for.

        Not before, because the functions import `requests`, and a script that goes on to import Locust, or
        `hubusers.users`, must not have done so: gevent could no longer patch it.
        """
        if name == "__version__":
            return importlib.import_module("hubusers.version").version()
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        for module in _MODULES:
            function = getattr(importlib.import_module(f"{__name__}.{module}"), name, None)
            if function is not None:
                break
        globals()[name] = function
        return function

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})

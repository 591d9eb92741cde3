"""Services that use the hub's API much, or wrongly: `python -m MODULE WHAT`, started by the hub as managed services."""

import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
from requests.adapters import HTTPAdapter

_PAGE = 200
"""Accounts in one answer: the most that the hub gives."""

_ALL = 100_000
"""More accounts than the hub has."""

_REPORTS = 5
"""Reports of each server that are under way together."""

_LONGEST_AGE = timedelta(seconds=15)
"""After so long a server is stopped, whether it is used or not."""


class Hub:
    """The hub's API, with the token that the hub gives to the service."""

    def __init__(self) -> None:
        self._url = os.environ["JUPYTERHUB_API_URL"]
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.mount("http://", HTTPAdapter(pool_maxsize=200))
        self._session.headers["Authorization"] = f"token {os.environ['JUPYTERHUB_API_TOKEN']}"

    def request(self, method: str, path: str, **more: Any) -> requests.Response:
        return self._session.request(method, f"{self._url}{path}", timeout=60, **more)

    def users(self, state: str = "") -> Iterator[dict[str, Any]]:
        """Yield all users, or those in a state, page by page."""
        offset: int | None = 0
        while offset is not None:
            query = {"limit": _PAGE, "offset": offset} | ({"state": state} if state else {})
            headers = {"Accept": "application/jupyterhub-pagination+json"}
            answer = self.request("GET", "/users", params=query, headers=headers).json()
            yield from answer["items"]
            following = answer["_pagination"]["next"]
            offset = following and following["offset"]


def list_all_users(hub: Hub) -> None:
    """A dashboard: it lists all users in one request, and begins again at once."""
    hub.request("GET", "/users", params={"limit": _ALL})


def stop_old_servers(hub: Hub) -> None:
    """A culler that goes by the age of servers, each second."""
    time.sleep(1)
    for user in hub.users("ready"):
        for server in user["servers"].values():
            if datetime.now(UTC) - datetime.fromisoformat(server["started"]) > _LONGEST_AGE:
                hub.request("DELETE", f"/users/{user['name']}/server")


def report_activity(hub: Hub) -> None:
    """What many servers do together that report too often that they are used: each report is a write."""
    now = datetime.now(UTC).isoformat()

    def report(user: dict[str, Any]) -> None:
        servers = {name: {"last_activity": now} for name in user["servers"]}
        hub.request("POST", f"/users/{user['name']}/activity", json={"last_activity": now, "servers": servers})

    users = list(hub.users("ready"))
    with ThreadPoolExecutor(max_workers=max(1, _REPORTS * len(users))) as pool:
        list(pool.map(report, users * _REPORTS))


_WHAT = {action.__name__: action for action in (list_all_users, stop_old_servers, report_activity)}


def _main(what: str) -> None:
    hub = Hub()
    while True:
        try:
            _WHAT[what](hub)
        except (requests.RequestException, ValueError, KeyError):
            time.sleep(0.5)  # the hub is away, or does not answer as it should; a service tries again


if __name__ == "__main__":
    _main(sys.argv[1])

"""The kinds of session that all functions accept, and the rows that Locust's sessions report."""

from locust.clients import HttpSession
from locust.contrib.fasthttp import FastHttpSession
from locust.event import EventHook

from collections.abc import Callable
from typing import Any

import requests

import hubusers

Row = tuple[str, str, str | None]


def http_session(url: str, event: EventHook, token: str) -> Any:
    session = HttpSession(url, event, None)
    session.headers["Authorization"] = f"token {token}"
    return session


def fast_http_session(url: str, event: EventHook, token: str) -> Any:
    headers = {"Authorization": f"token {token}"}
    # With the timeouts of a FastHttpUser, in place of five seconds.
    return FastHttpSession(url, event, None, network_timeout=60.0, connection_timeout=60.0, headers=headers)


def requests_session(url: str, event: EventHook, token: str) -> requests.Session:
    return hubusers.get_session(token)


Make = Callable[[str, EventHook, str], Any]
LOCUST_S = [http_session, fast_http_session]
ALL = [*LOCUST_S, requests_session]

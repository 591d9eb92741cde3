"""What tests of sessions share."""

from locust.event import EventHook

from collections.abc import Iterator
from typing import Any

import pytest
import requests

import hubusers
from tests.hub.sessions import Row


@pytest.fixture
def rows() -> list[Row]:
    return []


@pytest.fixture
def event(rows: list[Row]) -> EventHook:
    event = EventHook()

    def note(request_type: str, name: str, exception: Exception | None, **_: Any) -> None:
        rows.append((request_type, name, str(exception) if exception else None))

    event.add_listener(note)
    return event


@pytest.fixture
def any_session() -> Iterator[requests.Session]:
    with hubusers.get_session("0123456789abcdef") as session:
        yield session

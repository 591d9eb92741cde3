"""All that a run measured: targets, report and live page read from here."""

from typing import Any

from hubusers.results.examples import Examples
from hubusers.results.hub_samples import HubSample, Probe
from hubusers.results.people import People
from hubusers.results.records import Records
from hubusers.results.request_log import RequestLog
from hubusers.results.start_diaries import StartDiaries
from hubusers.results.start_messages import MessageLog


class Results:
    """The measurements of one process or, in the master, of the whole run.

    Args:
        keeps: Whether steps and requests are kept once they are handed over; a worker needs them no more.
    """

    def __init__(self, *, keeps: bool = True) -> None:
        self.records = Records(keeps=keeps)
        self.people = People(self.records)
        self.requests = RequestLog(keeps=keeps)
        self.examples = Examples()
        self.messages = MessageLog()
        self.diaries = StartDiaries()
        self.probes: list[Probe] = []
        self.hub_samples: list[HubSample] = []

    def take_new(self) -> dict[str, list[tuple[Any, ...]]]:
        """Return what users measured since the last call, as a message from a worker to the master."""
        return {name: getattr(self, name).take_new() for name in _OF_USERS}

    def add(self, message: dict[str, list[tuple[Any, ...]]]) -> None:
        """Take in a worker's message."""
        for name in _OF_USERS:
            getattr(self, name).add(message[name])


_OF_USERS = ("records", "requests", "examples", "messages", "diaries")

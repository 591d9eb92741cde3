"""What is known of a run besides its measurements, as its run.json has it."""

import datetime
from dataclasses import dataclass, field
from typing import Any

from pydantic import ConfigDict

from hubusers.how_installed import NOT_INSTALLED
from hubusers.results.hub_absences import HubAbsence
from hubusers.results.late_processes import LateProcess

LATEST_MOMENT = datetime.datetime(9000, 1, 1, tzinfo=datetime.UTC).timestamp()
"""Seconds since the epoch up to which a moment can be drawn and written as a date."""


def known_moment(seconds: float) -> float:
    """Return a moment of a run, in seconds since the epoch.

    Raises:
        ValueError: No run took place then.
    """
    if not 0 < seconds < LATEST_MOMENT:
        raise ValueError(f"{seconds:g} is not a moment of a run, in seconds since the epoch")
    return seconds


@dataclass
class RunInfo:
    """What is known of a run besides its measurements. It never holds a token."""

    __pydantic_config__ = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)

    run_id: str
    hub: str  # its URL
    began: float  # seconds since the epoch: when people could come, after all accounts were made
    ended: float = 0.0  # when the last user had left, before the clean-up
    title: str = ""  # of the event
    hub_version: str = ""
    spawner: str = ""  # its class; "" where the token may not read it
    planned_people: int | None = None  # of the event; None without one
    users: int | None = None  # how many were asked for (`-u`); None with an event, like the next two
    spawn_rate: float | None = None  # users that come in a second (`-r`)
    run_time: float | None = None  # seconds (`-t`); None also where it had no end
    user_classes: list[str] = field(default_factory=list)  # those that took part
    people_came: int | None = None  # asked for a server or not; None where only those who did are known
    people_lost: int = 0  # people who had not come, or had not left, when their worker died
    workers: int = 0  # 0: one process did everything
    generator: str = ""  # a sentence: for how long the load generator was late, and what to do; "" when it was not
    late_processes: list[LateProcess] = field(default_factory=list)  # of the load generator
    hub_absences: list[HubAbsence] = field(default_factory=list)  # as the run itself found them
    ended_because: str = ""  # a sentence: why it ended early; "" when it did not
    was_interrupted: bool = False  # by Ctrl-C or SIGTERM, at a moment that says nothing of the hub
    clean_up: str = ""  # the last line of the run
    left_behind: int = 0  # accounts that could not be removed
    versions: dict[str, str] = field(default_factory=dict)  # of hubusers, Locust, gevent, Python
    options: dict[str, Any] = field(default_factory=dict)
    changed_options: list[str] | None = None  # those that are not as by default; None in early runs
    notes: list[str] = field(default_factory=list)  # sentences: what could not be measured, and why
    rows: dict[str, int] = field(default_factory=dict)  # how many each file has; empty until the end, and in early runs

    @property
    def lacked_an_extra(self) -> bool:
        """Whether the run ended because of what is not installed here, which says nothing of the hub."""
        return self.ended_because.startswith(NOT_INSTALLED)


STOPPED_BY_SOMEBODY = "Somebody stopped the run."
"""Why a run ended early, where it would have ended by itself: Ctrl-C, SIGTERM, or the web UI's button for an event."""

LOCUST_ENDED = "Locust ended in the middle of it, by an error or by an exit in the locustfile or in what it imports."
"""Why a run ended early, where Locust did not stop it before."""

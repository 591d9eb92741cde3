"""The hub's list of active servers, read once per interval for all waiting users of this process."""

import math
from collections.abc import Generator
from dataclasses import dataclass

import gevent
from gevent.event import Event

from hubusers.hub.answers import State, UserServers
from hubusers.hub.client import HubClient
from hubusers.hub.deadline import Deadline, beats
from hubusers.hub.errors import HubError
from hubusers.hub.sightings import Sighting, active_servers, look_at

_PENDING = {State.STARTING, State.STOPPING}

_RECENT = 2
"""Intervals for which a reading tells of users who do not wait."""


class _Waiting:
    """One waiting user, and what the list said of that user when it was last read."""

    def __init__(self, known: float) -> None:
        self.woken = Event()
        self.listed: UserServers | None = None
        self.known = known  # until when, on the clock, nothing had changed


@dataclass(frozen=True)
class _BeginningWith:
    """The names that begin in some way."""

    prefix: str

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.startswith(self.prefix)


class SharedListing:
    """Reads the list in rhythm while users wait, and wakes those users for whom it has news.

    The list may be filtered or late, and users may come and go while its pages are read. So a user that is not in it,
    or every user when there is no list, is looked at directly. This confirms that a server is gone, and finds failed
    spawns.

    Args:
        client: Reads the list.
        prefix: What the names of all users of this process begin with.
        interval: Seconds between two readings.
    """

    def __init__(self, client: HubClient, prefix: str, interval: float) -> None:
        self._client = client
        self._prefix = prefix
        self._interval = interval
        self._waiting: dict[str, _Waiting] = {}
        self._reader: gevent.Greenlet[..., None] | None = None
        self._ready: set[str] = set()  # whose default servers were ready when the list was last read
        self._read: Deadline | None = None  # from when that reading began

    def has_just_listed(self, username: str) -> bool:
        """Say whether the list had a ready server of this user, if it was read within the last two intervals."""
        is_recent = self._read is not None and self._read.elapsed() < _RECENT * self._interval
        return is_recent and username in self._ready

    def sightings(self, client: HubClient, username: str, deadline: Deadline) -> Generator[Sighting]:
        """Return what the list says of one user, whenever its server is neither starting nor stopping.

        Args:
            client: Looks at the user, to confirm.
            username: The user's name.
            deadline: When to end.

        Raises:
            MissingScope: The token may not see servers.
        """
        waiting = self._waiting[username] = _Waiting(deadline.clock.monotonic())
        if not self._reader:
            self._reader = gevent.spawn(self._read_in_rhythm)
        try:
            while waiting.woken.wait(max(0.0, deadline.remaining())):
                waiting.woken.clear()
                asked = deadline.clock.monotonic()
                if servers := waiting.listed or look_at(client, username, deadline):
                    now = deadline.clock.monotonic()
                    yield Sighting(servers, deadline.elapsed(), now - waiting.known)
                    waiting.known = max(waiting.known, asked)
        finally:
            del self._waiting[username]

    def _read_in_rhythm(self) -> None:
        endless = Deadline(math.inf)
        for late in beats(endless, self._interval):
            if not self._waiting:
                break
            self._client.note_lateness(late)
            self._read_once(endless.clock.monotonic())
        self._reader = None

    def _read_once(self, began: float) -> None:
        # A user that comes while the pages are read may be on a page that was read before.
        waiting, reading = dict(self._waiting), Deadline(math.inf)
        try:
            listed = active_servers(self._client, self._prefix, _BeginningWith(self._prefix))
            self._ready = {name for name, servers in listed.items() if servers.state() is State.READY}
            self._read = reading
        except HubError as error:
            self._client.note_odd_answer(error)
            listed = {}
        for username, user in waiting.items():
            servers = listed.get(username)
            if servers and servers.state() in _PENDING:
                user.known = began
            else:
                user.listed = servers
                user.woken.set()

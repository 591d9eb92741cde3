"""A start that is under way: what is said of it, what it waits for, and what becomes of that in the results."""

import itertools
import time
from collections.abc import Iterable
from functools import partial

import gevent

from hubusers.hub.client import HubClient
from hubusers.hub.diary import Diary
from hubusers.hub.errors import HubUsersError, SpawnFailed
from hubusers.hub.progress import Event, hear_once
from hubusers.results.records import Record
from hubusers.results.start_diaries import StartDiary
from hubusers.results.start_messages import StartMessage
from hubusers.run.run import Run
from hubusers.start_parts import PARTS, SPAWNING

LISTENS = 2.0
"""Seconds for which the hub is listened to where it is asked only once."""

_STILL_WAITED = "the hub answered with an error while it still waited for the server"
"""What JupyterHub 5.5 and 6.1 do, with a bare 500, where a server has ended by itself within `slow_spawn_timeout`."""

_LONGEST_MESSAGE = 300
"""Characters of a message in a diary; a longer one is cut."""


class PendingStart:
    """A start from the click until it is over; a context manager.

    Args:
        run: The run, which counts what its pending starts wait for.
        username: Whose server.
        server_name: Which server; "" is the default one.
        began: When it was due, on the monotonic clock.
        cohort: Of the person; "" without an event.
        secrets: The person's, which nothing that is said of the start repeats: as for `without_secrets`.
    """

    def __init__(
        self,
        run: Run,
        username: str,
        server_name: str,
        began: float,
        cohort: str = "",
        *,
        secrets: Iterable[str] = (),
    ) -> None:
        self._run = run
        self._counts = run.cohorts[cohort]
        self._username = username
        self._server_name = server_name
        self._began = began
        self._diary = Diary(username, server_name, secrets=secrets)
        self._counted_for = ""
        self._asking: gevent.Greenlet[..., str] | None = None

    def __enter__(self) -> "PendingStart":
        self._counts.pending += 1
        self._run.pending_since[self] = self._began
        self._count_for(self._part)
        return self

    def __exit__(self, *_: object) -> None:
        if self._asking:
            self._asking.kill()
        self._counts.pending -= 1
        del self._run.pending_since[self]
        self._count_for("")

    def waits_for(self, part: str) -> None:
        """Note that it waits from now on for something that no progress stream tells."""
        self._diary.wait_for(part, self._elapsed)
        self._count_for(self._part)

    def hears(self, event: Event) -> None:
        """Take in an event of its progress stream."""
        self._diary.note(event, self._elapsed)
        self._count_for(self._part)

    def ask_when_late(self, client: HubClient, seconds: float) -> None:
        """Ask the hub once what it can tell, should the start not be over after some seconds.

        Args:
            client: The hub.
            seconds: From now.
        """
        self._asking = gevent.spawn_later(seconds, partial(self.ask_once, client))

    def ask_once(self, client: HubClient) -> str:
        """Ask the hub what it can tell of the start; return the message of its failure, "" if it tells none."""
        return hear_once(client, self._username, LISTENS, self.hears, self._server_name)

    def told_of_failure(self, client: HubClient, error: HubUsersError) -> str:
        """Return what the hub last said of a start that failed, or was late, in a way that told nothing itself."""
        if self._diary.entries():  # and so everything of a start that is late, too
            return self.last_words
        said = self.ask_once(client) or self.last_words
        has_pending_spawn = not said and bool(self._diary.entries())
        return _STILL_WAITED if has_pending_spawn and isinstance(error, SpawnFailed) else said

    @property
    def last_words(self) -> str:
        """The last message that tells more than that the spawner works; "" if there was none."""
        said = (entry.message for entry in reversed(self._diary.entries()) if entry.part != SPAWNING)
        return next(said, "")

    def parts(self, seconds: float) -> tuple[tuple[str, float], ...]:
        """Return what the start waited for, with the seconds of each, if it was over after so many seconds."""
        parts: dict[str, float] = {}
        for part, spent in self._diary.parts(seconds):
            name = self._name_of(part)
            parts[name] = round(parts.get(name, 0.0) + spent, 3)
        return tuple(parts.items())

    def note_in_results(self, record: Record) -> None:
        """Count the messages, and keep the diary if it is one of the slowest, or the first that failed in its way."""
        results, entries = self._run.results, self._diary.entries()
        counted = set[tuple[str, str]]()  # a start counts once, however often it was said of it
        for entry, following in itertools.zip_longest(entries, entries[1:]):
            seconds = max(0.0, (following.seconds if following else record.seconds) - entry.seconds)
            moment = record.began + entry.seconds
            part = self._name_of(entry.part)
            text = entry.message[:_LONGEST_MESSAGE]
            is_first = (entry.template, part) not in counted
            counted.add((entry.template, part))
            failed = int(record.failed and is_first)
            results.messages.note(StartMessage(entry.template, part, 1, seconds, seconds, moment, moment, text, failed))
        if results.diaries.wants(record.seconds, record.failure, record.reason):
            said = tuple((one.seconds, one.message[:_LONGEST_MESSAGE], self._name_of(one.part)) for one in entries)
            facts = (record.username, record.began, record.seconds, record.failure, record.reason)
            results.diaries.note(StartDiary(*facts, record.cohort, record.profile, said))

    @property
    def _elapsed(self) -> float:
        return time.monotonic() - self._began

    @property
    def _part(self) -> str:
        return self._name_of(self._diary.part)

    def _name_of(self, part: str) -> str:
        return part if part in PARTS else self._run.other_parts(part)

    def _count_for(self, part: str) -> None:
        pending_for = self._run.pending_for
        if self._counted_for:
            pending_for[self._counted_for] -= 1
        if part:
            pending_for[part] += 1
        self._counted_for = part

"""Looks after failed spawns: what is said of a hub that goes away, comes back, or is only busy."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import gevent
import pytest

from hubusers.hub.client import HubClient
from hubusers.results.hub_samples import Probe
from hubusers.run import hub_presence
from hubusers.run.hub_presence import HubPresence
from hubusers.settings.access import Access
from tests.fake_clock import FakeClock
from tests.scripted_hub import Scripted, ScriptedHub
from tests.waiting import wait_until

HERE = Scripted(200, {"version": "6.1.1"})
AWAY = Scripted(503, "<html>Service Unavailable</html>")


class Told:
    def __init__(self, hub: ScriptedHub) -> None:
        self.said: list[str] = []
        self.away: list[None] = []
        self.stopped_because: list[str] = []
        client = HubClient(hub.endpoint, Access("0123456789abcdef").session)
        self.presence = HubPresence(
            client, self.said.append, lambda: self.away.append(None), self.stopped_because.append, patience=20.0
        )


class Clock(FakeClock):
    """One clock for all whom it has spawned; others have their turn while somebody sleeps.

    Looks that an earlier test has left behind ask it for the time as well, but do not move it.
    """

    def __init__(self) -> None:
        super().__init__()
        self._spawned: list[object] = []

    def spawn(self, *arguments: Any) -> object:
        self._spawned.append(gevent.spawn(*arguments))
        return self._spawned[-1]

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        if gevent.getcurrent() not in self._spawned:
            gevent.sleep(seconds)
            return
        super().sleep(seconds)
        gevent.sleep(0)


@pytest.fixture
def told(scripted_hub: ScriptedHub, monkeypatch: pytest.MonkeyPatch) -> Iterator[Told]:
    clock = Clock()
    monkeypatch.setattr(hub_presence, "_TIMEOUT", 60.0)  # real seconds, of which a slow machine may need more
    monkeypatch.setattr(hub_presence, "time", clock)
    monkeypatch.setattr(hub_presence, "gevent", SimpleNamespace(spawn=clock.spawn, sleep=clock.sleep))
    scripted_hub.script(HERE)
    told = Told(scripted_hub)
    yield told
    told.presence.end()


def test_a_hub_that_is_there_is_looked_at_for_a_while_and_nothing_is_said(
    told: Told, scripted_hub: ScriptedHub
) -> None:
    for failed in range(1, 1001):
        told.presence.note_failed_in_a_row(failed)
    now = vars(hub_presence)["time"].monotonic  # the clock of `told`
    over = now() + hub_presence.LOOKS_FOR
    wait_until(lambda: now() >= over)  # `end` waits for real seconds, which a slow machine may need more of
    told.presence.end()
    assert len(scripted_hub.asked) == 6  # one a second, and not for each failure
    assert told.said == []


def test_a_hub_that_goes_away_and_comes_back(told: Told, scripted_hub: ScriptedHub) -> None:
    told.presence.note_failed_in_a_row(5)
    scripted_hub.script(AWAY)
    wait_until(lambda: len(told.said) == 1)
    assert told.said[0].startswith("The hub has not answered since ")
    assert told.said[0].endswith(", after 5 spawns in a row had failed: with consecutive_failure_limit it exits then.")
    scripted_hub.script(HERE)
    wait_until(lambda: len(told.said) == 2)
    assert told.said[1].startswith("The hub answers again after ")
    assert len(told.away) >= 2
    [absence] = told.presence.absences
    assert absence.back
    assert absence.began < absence.back
    assert told.stopped_because == []


def test_a_hub_that_stays_away_ends_the_run_once(told: Told, scripted_hub: ScriptedHub) -> None:
    told.presence.note_failed_in_a_row(1)
    scripted_hub.script(AWAY)
    wait_until(lambda: len(told.stopped_because) == 1)
    gevent.sleep(0.3)
    (reason,) = told.stopped_because
    assert reason.startswith("The hub has not answered for 20 s, so the run ends: it went away at ")
    assert reason.endswith(", after a spawn had failed.")


def test_one_look_that_fails_proves_nothing(told: Told, scripted_hub: ScriptedHub) -> None:
    scripted_hub.script(AWAY, HERE)
    told.presence.note_failed_in_a_row(1)
    told.presence.end()
    assert told.said == []


@pytest.mark.parametrize("answer", [Scripted(500, "no"), Scripted(404)])
def test_a_hub_that_answers_badly_is_not_away(told: Told, scripted_hub: ScriptedHub, answer: Scripted) -> None:
    scripted_hub.script(answer)
    told.presence.note_failed_in_a_row(1)
    told.presence.end()
    assert told.said == []


def test_a_probe_that_finds_no_hub_is_followed_up_without_blaming_spawns(told: Told, scripted_hub: ScriptedHub) -> None:
    scripted_hub.script(AWAY)
    told.presence.note_probe(Probe(0.0, 0.1, "timed out"))
    gevent.sleep(0.2)
    assert scripted_hub.asked == []
    told.presence.note_probe(Probe(0.0, 0.1, "HTTP 503"))
    wait_until(lambda: len(told.said) == 1)
    assert told.said[0].startswith("The hub has not answered since ")
    assert "spawn" not in told.said[0]
    gevent.sleep(0.7)
    assert told.stopped_because == []


def test_at_the_end_of_the_run_the_spell_is_awaited(
    told: Told, scripted_hub: ScriptedHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_presence, "LOOKS_FOR", 60.0)  # `end` waits for as many real seconds, at most
    told.presence.note_failed_in_a_row(5)
    scripted_hub.script(HERE, AWAY, AWAY, AWAY, HERE)
    told.presence.end()
    assert [sentence.partition(" since ")[0].partition(" after ")[0] for sentence in told.said] == [
        "The hub has not answered",
        "The hub answers again",
    ]

"""Whether somebody has the page Hub open."""

import gevent
import pytest

from hubusers.plugin.lookers import Lookers


def test_who_says_when_to_ask_again_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("hubusers.plugin.lookers.time.monotonic", lambda: now)
    some = Lookers()
    assert not some.are_there()
    some.note(60.0)
    some.note(2.0)  # from another tab
    now += 74
    assert some.are_there()
    now += 2
    assert not some.are_there()
    some.note(1e9)  # nobody can say so much
    now += 76
    assert not some.are_there()


def test_who_looks_gets_to_see_the_last_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hubusers.plugin.lookers._LAST_LOOK", 600.0)
    some = Lookers()
    with gevent.Timeout(60):
        some.show_last()  # to nobody
    some.note(600.0)
    showing = gevent.spawn(some.show_last)
    gevent.sleep(0.15)
    assert not showing.ready()
    some.note(600.0)
    showing.join(60)
    assert showing.ready()

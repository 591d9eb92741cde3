"""The gate before each start: who is held back, for how long, and in which order they are let in."""

import gevent
import pytest

from hubusers.run.start_gate import Held, StartGate, Turn, kind_of_start

DEFAULT = kind_of_start(None)
LARGE = kind_of_start({"profile": "large"})


class Class:
    """People who ask for their servers at a gate, one after the other."""

    def __init__(self, gate: StartGate) -> None:
        self.gate = gate
        self.let_in: list[str] = []
        self.people: dict[str, gevent.Greenlet[..., None]] = {}

    def come(self, *names: str, kind: str = DEFAULT) -> None:
        for name in names:
            self.people[name] = gevent.spawn(self._enter, name, kind)
            gevent.idle()

    def _enter(self, name: str, kind: str) -> None:
        if self.gate.enter(kind) is not None:
            self.let_in.append(name)


def test_while_spawns_succeed_nobody_is_held_back() -> None:
    gate = StartGate(4, tried=[DEFAULT])
    people = Class(gate)
    people.come(*"abcdefgh")
    assert people.let_in == list("abcdefgh")
    assert gate.held == Held()


def test_without_a_limit_nobody_is_ever_held_back() -> None:
    gate = StartGate(0)
    gate.set_failed(10)
    people = Class(gate)
    people.come(*"abcdef")
    assert people.let_in == list("abcdef")


@pytest.mark.parametrize("failed", [1, 2, 3])
def test_starts_under_way_and_failures_in_a_row_stay_within_the_limit(failed: int) -> None:
    gate = StartGate(4, tried=[DEFAULT])
    gate.set_failed(failed)
    people = Class(gate)
    people.come(*"abcdef")
    assert len(people.let_in) == 4 - failed
    gate.leave(DEFAULT)
    gevent.idle()
    assert len(people.let_in) == 4 - failed + 1


def test_those_who_were_under_way_before_the_first_failure_count() -> None:
    gate = StartGate(4, tried=[DEFAULT])
    people = Class(gate)
    people.come(*"abcde")
    gate.set_failed(1)
    gate.leave(DEFAULT)
    people.come("late")
    assert "late" not in people.let_in
    for _ in range(2):
        gate.leave(DEFAULT)
    gevent.idle()
    assert "late" in people.let_in


def test_a_spawn_that_succeeds_lets_everybody_in_in_their_order() -> None:
    gate = StartGate(4, tried=[DEFAULT])
    gate.set_failed(3)
    people = Class(gate)
    people.come(*"abcdef")
    assert people.let_in == ["a"]
    gate.note_ready(DEFAULT)
    gate.leave(DEFAULT)
    gevent.idle()
    assert people.let_in == list("abcdef")
    assert gate.held.starts == 5
    assert gate.held.in_vain == 0


def test_that_people_wait_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    gate = StartGate(1, tried=[DEFAULT])
    people = Class(gate)
    for names in ("ab", "cd"):
        gate.set_failed(1)
        people.come(*names)
        gate.set_failed(0)
        gevent.idle()
    assert people.let_in == list("abcd")
    (said,) = caplog.messages
    assert said.startswith("A spawn has failed, so only a few people at a time may ask for a server until one has ")


def test_at_the_limit_nobody_is_let_in() -> None:
    gate = StartGate(4, tried=[DEFAULT])
    gate.set_failed(4)
    people = Class(gate)
    people.come("a")
    assert people.let_in == []


def test_a_kind_that_nobody_has_tried_is_doubtful_until_it_has_succeeded() -> None:
    gate = StartGate(2, tried=[DEFAULT])
    people = Class(gate)
    people.come(*"abc", kind=LARGE)
    people.come(*"defg")
    assert people.let_in == ["a", "b", "d", "e", "f", "g"]
    gate.note_ready(LARGE)
    gevent.idle()
    assert people.let_in[-1] == "c"


def test_kinds_that_nobody_has_tried_count_together() -> None:
    gate = StartGate(2)
    people = Class(gate)
    people.come("a", kind=DEFAULT)
    people.come("b", "c", kind=LARGE)
    assert people.let_in == ["a", "b"]


def test_workers_have_a_share_each_and_one_start_at_least() -> None:
    for processes, allowed in ((1, 8), (2, 4), (3, 2), (20, 1)):
        people = Class(StartGate(8, processes=processes))
        people.come(*"abcdefghij")
        assert len(people.let_in) == allowed


def test_people_who_are_ended_at_the_gate_are_forgotten_there() -> None:
    gate = StartGate(1, tried=[DEFAULT])
    gate.set_failed(1)
    people = Class(gate)
    people.come(*"ab")
    people.people["a"].kill()
    gate.set_failed(0)
    gevent.idle()
    assert people.let_in == ["b"]
    assert gate.held.starts == 2
    assert gate.held.in_vain == 1


def test_somebody_who_is_ended_in_the_moment_of_being_let_in_makes_room_for_the_next() -> None:
    gate = StartGate(2, tried=[DEFAULT])
    gate.set_failed(1)
    people = Class(gate)
    people.come(*"abc")
    assert people.let_in == ["a"]
    people.people["b"].kill(block=False)
    gate.leave(DEFAULT)  # lets b in, which hears of its end first
    gevent.idle()
    assert people.let_in == ["a", "c"]


def test_a_wait_that_is_too_long_is_given_up() -> None:
    gate = StartGate(1, tried=[DEFAULT])
    gate.set_failed(1)
    turn = Turn(gate, DEFAULT)
    assert turn.take(0.05) is None
    turn.give_back()
    gate.set_failed(0)
    assert turn.take() == 0.0


def test_a_turn_is_taken_and_given_back_once() -> None:
    gate = StartGate(1)
    turn, other = Turn(gate, DEFAULT), Turn(gate, DEFAULT)
    assert turn.take() == turn.take() == 0.0
    assert other.take(0.01) is None
    turn.give_back()
    turn.give_back()
    assert other.take(0.01) == 0.0
    assert turn.take(0.01) is None


def test_what_is_said_of_those_who_were_held_back() -> None:
    together = Held(2, 3.25, 1) + Held(5, 1.0, 0)
    assert together == Held(7, 3.25, 1)
    assert str(together).startswith("7 starts were held back, for at most 3.2 s: after a failed spawn, and before")
    assert str(together).endswith("1 of them never asked for a server, because the run ended.")
    assert "never asked" not in str(Held(1, 2.0))

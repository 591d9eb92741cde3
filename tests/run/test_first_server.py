"""The first server, interrupted at any step, and when more than one thing goes wrong."""

import itertools
import logging
from collections.abc import Callable
from typing import Any
from unittest import mock

import gevent
import pytest
from gevent import GreenletExit

from hubusers.accounts.ledger import Ledger
from hubusers.http.messages import CONNECTION_LOST, Answer, Request
from hubusers.hub.errors import WaitTimeout
from hubusers.report.causes.explained import kind_of
from hubusers.run.first_server import try_one_server
from hubusers.run.run import Run
from hubusers.settings.hub_check import LeftBehind, PreflightError
from tests.run.model_hub import ModelHub, VirtualClock, refusal, run_on_a_model


class Interrupt(GreenletExit):
    """Stands for Ctrl-C, which would end the test as well."""


def pass_while(clock: VirtualClock, greenlet: "gevent.Greenlet[..., Any]") -> None:
    clock.pass_until(lambda: greenlet.dead, 1000)
    assert greenlet.dead


def tried(run: Run, clock: VirtualClock) -> BaseException | None:
    """Try a server; return what came out."""

    def attempt() -> BaseException | None:
        try:
            try_one_server(run, None)
        except (Interrupt, PreflightError) as error:
            return error
        return None

    trying = gevent.spawn(attempt)
    pass_while(clock, trying)
    outcome: BaseException | None = trying.get()
    return outcome


def interrupted_at(hub: ModelHub, number: int, *, arrives: bool) -> Callable[[Request], Answer]:
    """Return a `send` that is interrupted at one of its requests, before or after the hub has carried it out."""
    send, numbers = hub.send, itertools.count()

    def interrupted(request: Request) -> Answer:
        if next(numbers) == number:
            if arrives:
                hub.carry_out(request)
            raise Interrupt
        return send(request)

    return interrupted


@pytest.mark.parametrize("arrives", [False, True], ids=["before the hub", "after the hub"])
@pytest.mark.parametrize("version", [4, 6])
def test_whatever_interrupts_it_the_ledger_has_what_is_on_the_hub(version: int, arrives: bool) -> None:
    for number in itertools.count():
        with run_on_a_model(version) as (run, hub, clock):
            with mock.patch.object(hub, "send", interrupted_at(hub, number, arrives=arrives)):
                outcome = tried(run, clock)
            assert set(hub.accounts) <= set(run.ledger.left())
            pass_while(clock, gevent.spawn(run.clean_up_everything))
            assert not hub.accounts
            assert not run.ledger.left()
        if outcome is None:  # it needs no more requests
            break
        assert isinstance(outcome, Interrupt)
    assert number > 5


def test_an_interrupt_between_the_removal_and_the_ledger_leaves_the_entry() -> None:
    with run_on_a_model(6) as (run, hub, clock):
        with mock.patch.object(Ledger, "removed", side_effect=Interrupt):
            assert isinstance(tried(run, clock), Interrupt)
        assert not hub.accounts
        assert len(run.ledger.left()) == 1


def test_what_failed_first_is_told_before_what_could_not_be_removed() -> None:
    with run_on_a_model(6) as (run, hub, clock):
        hub.spawns = itertools.cycle([True])
        with mock.patch.object(run.accounts, "remove", side_effect=WaitTimeout("could not remove the user ann")):
            outcome = tried(run, clock)
    assert isinstance(outcome, LeftBehind)
    text = str(outcome)
    assert text.startswith("4 spawns in a row failed")
    assert "The first server could not be removed again: could not remove the user ann. Give it more time" in text
    assert "hubusers purge" in text
    assert isinstance(outcome.__cause__, PreflightError)


def test_an_account_that_the_hub_refuses_is_one_sentence_and_nothing_is_removed() -> None:
    with run_on_a_model(6) as (run, hub, clock):
        hub.faults = [(refusal(400, "no such thing"), "not")] * 9
        outcome = tried(run, clock)
        assert str(outcome).startswith("Creating the account hub-stress-test-k3x9qa-0-0: HTTP 400")
        assert str(outcome).endswith(".")
        assert not isinstance(outcome, LeftBehind)
        assert not run.ledger.left()
        assert len(hub.faults) == 8


def test_one_lost_answer_does_not_end_it(caplog: pytest.LogCaptureFixture) -> None:
    with run_on_a_model(6) as (run, hub, clock):
        hub.faults = [(Answer(0, error=CONNECTION_LOST), "too")]
        with caplog.at_level(logging.INFO, "hubusers"):
            assert tried(run, clock) is None
    assert "A first server was ready after" in caplog.text


@pytest.mark.parametrize("odd", [Answer(0, error=CONNECTION_LOST), refusal(502, "no upstream"), refusal(503, "away")])
@pytest.mark.parametrize("times", [1, 3])
def test_one_odd_answer_to_the_start_does_not_end_it_but_three_do(odd: Answer, times: int) -> None:
    with run_on_a_model(6) as (run, hub, clock):
        send, answers = hub.send, [odd] * times

        def send_or_not(request: Request) -> Answer:
            is_start = request.method == "POST" and request.url.endswith("/server")
            return answers.pop() if is_start and answers else send(request)

        with mock.patch.object(hub, "send", send_or_not):
            outcome = tried(run, clock)
        assert (outcome is None) == (times == 1)
        assert isinstance(outcome, PreflightError) == (times == 3)


def test_the_same_reason_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    with run_on_a_model(6) as (run, hub, clock):
        hub.spawns = itertools.cycle([True])
        assert isinstance(tried(run, clock), PreflightError)
    warnings = [record.getMessage() for record in caplog.records if "failed to start (" in record.getMessage()]
    assert "(1 of 4): the server of hub-stress-test-" in warnings[0]
    assert [warning.partition(": ")[2] for warning in warnings[1:]] == ["the same again"] * 3


def test_an_error_while_the_hub_still_waits_for_the_server_means_that_it_has_ended() -> None:
    with run_on_a_model(6) as (run, hub, clock):
        send = hub.send

        def send_or_fail(request: Request) -> Answer:
            answer = send(request)
            is_start = request.method == "POST" and request.url.endswith("/server")
            return refusal(500, "Internal Server Error") if is_start else answer

        with mock.patch.object(hub, "send", send_or_fail):
            tried(run, clock)
        [record, *_] = run.results.records
    assert record.reason == "the hub answered with an error while it still waited for the server"
    assert kind_of(record, {}) == "server-exits"

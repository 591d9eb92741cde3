"""Users are stopped at any step, and the hub fails at any step: once the hub answers again, nothing of theirs is left.

Everything above the network is real. The hub is a model, and time is virtual: a run of minutes takes milliseconds.
"""

from locust.exception import RescheduleTask, StopUser

import itertools
import logging
import re
from collections.abc import Iterator

import gevent
import pytest
from gevent import GreenletExit
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from benchmarks.hub_rules import ServerState
from hubusers.http.messages import CONNECTION_LOST, TIMED_OUT, Answer
from hubusers.http.session import REQUEST_TIMEOUT
from hubusers.run.run import Run
from hubusers.run.start_gate import StartGate
from hubusers.settings.options import Wait
from hubusers.users import ServerLifecycleUser
from tests.run.model_hub import Account, ModelHub, VirtualClock, refusal, run_on_a_model
from tests.users.people import People

FAULTS = [
    Answer(0, error=CONNECTION_LOST),
    Answer(0, error=TIMED_OUT),
    Answer(500, "<html>Internal Server Error</html>"),
    Answer(502, "<html>Bad Gateway</html>"),
    Answer(503),
    Answer(504, "<html>Gateway Time-out</html>"),
    Answer(403, "<html>Blocked</html>"),
    Answer(200, "<html>Please log in</html>"),
    Answer(302, "", {"Location": "https://login.example.org"}),
    Answer(429, "", {"Retry-After": "7"}),
    Answer(200, '{"name": '),
]
REFUSALS_OF_THE_HUB = {403, 429}
"""With these answers nothing is carried out."""


LIST_SECONDS = 120.0
"""How long the last look at the hub's list may take, with pauses between its tries and seven seconds after each 429."""


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Thousands of faults would fill the log."""
    logger = logging.getLogger("hubusers")
    logger.setLevel(logging.CRITICAL)
    yield
    logger.setLevel(logging.NOTSET)


def finish(run: Run, clock: VirtualClock) -> None:
    """Clean up, in no more time than docs/how-to/clean-up.md says."""
    started, bound = clock.now, run.settings.server_timeout + len(run.ledger.left())
    cleaning = gevent.spawn(run.clean_up_everything)
    clock.pass_until(lambda: cleaning.dead, 10_000)
    cleaning.get(block=False)
    assert clock.now - started <= bound + REQUEST_TIMEOUT + LIST_SECONDS


class Faults(RuleBasedStateMachine):
    @initialize(
        version=st.sampled_from([4, 5, 6]),
        wait=st.sampled_from(["poll", "progress"]),
        spawns=st.lists(st.booleans(), min_size=1, max_size=4),
    )
    def begin(self, version: int, wait: Wait, spawns: list[bool]) -> None:
        self.model = run_on_a_model(version, wait)
        self.tested, self.hub, self.clock = self.model.__enter__()
        self.hub.spawns = itertools.cycle(spawns)
        self.tested.gate = StartGate(0)  # a run would end when four spawns in a row have failed; this one goes on
        self.visitors = People(self.tested)
        self.people: list[gevent.Greenlet[..., None]] = []
        run_id = self.tested.settings.run_id
        self.strangers = {"ann", f"hub-stress-test-{run_id}", f"hub-stress-test-{run_id}-ann", "hub-stress-test-x-0-0"}
        self.hub.accounts = {name: Account(ServerState.READY) for name in self.strangers}

    @rule()
    def somebody_comes(self) -> None:
        self.people.append(gevent.spawn(self.live, self.visitors.comes(ServerLifecycleUser)))

    def live(self, person: ServerLifecycleUser) -> None:
        """Do what Locust does with a user."""
        try:
            person.on_start()
            while True:
                try:
                    with person.server():
                        self.clock.sleep(2)
                except RescheduleTask:
                    pass
                self.clock.sleep(1)
        except (GreenletExit, StopUser):
            person.on_stop()

    @precondition(lambda self: self.people)
    @rule(which=st.integers(0, 9))
    def somebody_is_stopped(self, which: int) -> None:
        self.people.pop(which % len(self.people)).kill(block=False)

    @rule(seconds=st.sampled_from([0.0, 0.5, 1.0, 3.0, 10.0, 70.0]))
    def time_passes(self, seconds: float) -> None:
        self.clock.pass_until(lambda: False, seconds)

    @rule(answer=st.sampled_from(FAULTS), carried_out=st.sampled_from(["not", "too", "late"]), times=st.integers(1, 4))
    def the_next_requests_go_wrong(self, answer: Answer, carried_out: str, times: int) -> None:
        how = "not" if answer.status in REFUSALS_OF_THE_HUB else carried_out
        self.hub.faults += [(answer, how)] * times

    @rule()
    def the_hub_goes_down_or_comes_back(self) -> None:
        self.hub.is_up = not self.hub.is_up
        self.hub.restart()

    @rule(which=st.integers(0, 9))
    def somebody_else_deletes_a_user(self, which: int) -> None:
        ours = sorted(self.hub.accounts.keys() - self.strangers)
        if ours:
            del self.hub.accounts[ours[which % len(ours)]]

    @rule(which=st.integers(0, 9))
    def somebody_else_stops_a_server(self, which: int) -> None:
        ours = sorted(self.hub.accounts.keys() - self.strangers)
        if ours:
            self.hub.accounts[ours[which % len(ours)]].server = ServerState.NONE

    @rule()
    def the_run_is_cleaned_up_after_while_the_hub_fails(self) -> None:
        self.end_run()
        # Accounts that the hub made after their removal are known only from the hub's list, which failed here.
        left = self.hub.accounts.keys() - self.strangers - self.hub.arrived_late
        assert left <= set(self.tested.ledger.left())

    def end_run(self) -> None:
        """End as Locust does: stop everybody, then clean up."""
        for person in self.people:
            person.kill(block=False)
        self.people = []
        gevent.idle()
        finish(self.tested, self.clock)

    def teardown(self) -> None:
        if not hasattr(self, "model"):
            return
        try:
            self.hub.is_up, self.hub.faults = True, []
            self.end_run()
            assert self.hub.accounts.keys() == self.strangers
            assert not self.strangers & set(self.hub.changed)
            totals = self.tested.ledger.totals()
            assert (totals.users_left, totals.servers_left) == (0, 0)
            assert totals.users_created >= len(self.hub.ever_created)
            assert all(re.fullmatch(r"hub-stress-test-k3x9qa-0-\d+", name) for name in self.hub.ever_created)
        finally:
            self.model.__exit__(None, None, None)


TestFaults = Faults.TestCase
TestFaults.settings = settings(stateful_step_count=30)


def made(run: Run, hub: ModelHub, count: int) -> None:
    for name in (run.accounts.take().key for _ in range(count)):
        run.ledger.user_created(name)
        run.ledger.server_started(name)
        hub.accounts[name] = Account(ServerState.READY)


def test_what_could_not_be_removed_is_tried_again_while_there_is_time() -> None:
    with run_on_a_model(6) as (run, hub, clock):
        made(run, hub, 40)
        hub.is_up = False
        cleaning = gevent.spawn(run.clean_up_everything)
        clock.pass_until(lambda: cleaning.dead, 80)  # longer than one user's removal is tried for
        assert not cleaning.dead
        hub.is_up = True
        clock.pass_until(lambda: cleaning.dead, 20)
        assert cleaning.dead
        assert not hub.accounts
        assert not run.ledger.left()


def test_a_hub_that_stays_away_does_not_hold_the_end_of_the_run() -> None:
    with run_on_a_model(6) as (run, hub, clock):
        made(run, hub, 40)
        hub.is_up = False
        started = clock.now
        finish(run, clock)
        assert clock.now - started <= 60 + 40 + 1
        assert run.ledger.left() == sorted(hub.accounts)


NOT_KNOWN = refusal(403, "Missing or invalid credentials.")


def test_the_clean_up_goes_on_while_the_token_is_not_accepted_for_a_while() -> None:
    with run_on_a_model(6) as (run, hub, clock):
        made(run, hub, 40)
        hub.faults = [(NOT_KNOWN, "not")] * 100
        finish(run, clock)
        assert not hub.accounts
        assert not run.ledger.left()


def test_a_token_that_is_accepted_no_more_does_not_hold_the_end_of_the_run() -> None:
    with run_on_a_model(6) as (run, hub, clock):
        made(run, hub, 40)
        hub.faults = [(NOT_KNOWN, "not")] * 100_000
        started = clock.now
        finish(run, clock)
        assert clock.now - started > 60
        assert run.ledger.left() == sorted(hub.accounts)


def test_a_token_that_lacks_a_scope_ends_the_clean_up_at_once() -> None:
    with run_on_a_model(6) as (run, hub, clock):
        made(run, hub, 40)
        hub.faults = [(refusal(403, "Action is not authorized with current scopes"), "not")] * 100
        started = clock.now
        finish(run, clock)
        assert clock.now - started < 2
        assert len(hub.faults) > 50
        assert len(run.ledger.left()) == 40


@pytest.mark.parametrize("trouble", [NOT_KNOWN, Answer(503), Answer(0, error=CONNECTION_LOST)])
def test_a_user_who_seems_to_be_gone_after_trouble_is_asked_about_again(trouble: Answer) -> None:
    with run_on_a_model(6) as (run, hub, clock):
        made(run, hub, 1)
        hub.faults = [(trouble, "not"), (refusal(404, "No such user"), "not")]
        cleaning = gevent.spawn(run.clean_up_own)  # without the look at the hub's list afterwards
        clock.pass_until(lambda: cleaning.dead, 60)
        assert not hub.accounts
        assert not run.ledger.left()


def test_what_is_left_is_looked_for_although_the_token_is_refused_for_a_while() -> None:
    with run_on_a_model(6) as (run, hub, clock):
        made(run, hub, 1)
        run.ledger.removed(*run.ledger.left())
        hub.faults = [(NOT_KNOWN, "not")] * 3
        taking = gevent.spawn(run.take_over)
        clock.pass_until(lambda: taking.dead, 20)
        assert taking.get(block=False)
        assert run.ledger.left() == list(hub.accounts)


def test_the_clean_up_comes_back_when_the_hub_says() -> None:
    with run_on_a_model(6) as (run, hub, clock):
        made(run, hub, 1)
        busy = (Answer(429, "", {"Retry-After": "7"}), "not")
        stopping, stopped, deleting = busy, (Answer(204), "too"), busy
        hub.faults = [stopping, stopped, deleting]
        started = clock.now
        finish(run, clock)
        assert not hub.accounts
        assert clock.now - started == pytest.approx(14, abs=0.5)


def test_an_account_that_may_have_been_made_is_not_forgotten() -> None:
    with run_on_a_model(6) as (run, hub, clock):
        person = People(run).comes(ServerLifecycleUser)
        lost, blocked = Answer(0, error=CONNECTION_LOST), Answer(403, "<html>Blocked</html>")
        hub.faults = [(lost, "too"), (blocked, "not")]
        coming = gevent.spawn(person.on_start)
        clock.pass_until(lambda: coming.dead, 10)
        assert coming.dead
        assert run.ledger.left() == list(hub.accounts) == [person.username]

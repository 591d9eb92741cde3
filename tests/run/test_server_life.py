"""One server's life: what the ledger says of it after each kind of end."""

import pytest

from hubusers.accounts.ledger import Ledger, Totals
from hubusers.browser.form import UnknownOption
from hubusers.browser.page_errors import RedirectLoop, ServerNotRunning
from hubusers.hub import lifecycle
from hubusers.hub.answers import Stop
from hubusers.hub.deadline import Deadline
from hubusers.hub.errors import ComeBackLater, HubError, HubUsersError, SpawnFailed, Throttled, UserGone, WaitTimeout
from hubusers.run import server_life
from tests.fake_clock import FakeClock


def fails(error: HubUsersError) -> str:
    raise error


def never() -> bool:
    """What the hub says of a server that does not run."""
    return False


@pytest.mark.parametrize(
    ("error", "may_run"),
    [
        (HubError(status=403), False),
        (HubError(status=502), True),  # from what stands before the hub, which may have got the request
        (HubError(status=0), True),
        (HubError(status=302), False),
        (RedirectLoop(status=500), False),
        (SpawnFailed(status=500), False),
        (SpawnFailed(status=200), False),  # JupyterHub 4 shows its form again
        (UnknownOption(), False),
        (UserGone(status=404), False),
    ],
)
@pytest.mark.parametrize("runs", [False, True])
def test_a_server_that_was_refused_is_struck_out_if_the_hub_says_so_too(
    error: HubUsersError, may_run: bool, runs: bool
) -> None:
    ledger = Ledger()
    with pytest.raises(type(error)):
        server_life.start(
            ledger, "ann", Deadline(60, FakeClock()), lambda: fails(error), lambda _: "ready", lambda: runs
        )
    assert ledger.has_server("ann") is (may_run or runs)
    assert ledger.totals() == Totals(servers_started=int(may_run or runs))


@pytest.mark.parametrize(
    ("error", "may_run"),
    [(SpawnFailed(), False), (UserGone(), False), (ServerNotRunning(), False), (WaitTimeout(), True)],
)
@pytest.mark.parametrize("runs", [False, True])
def test_a_server_that_failed_later_was_started(error: HubUsersError, may_run: bool, runs: bool) -> None:
    ledger = Ledger()
    with pytest.raises(type(error)):
        server_life.start(
            ledger, "ann", Deadline(60, FakeClock()), lambda: "asked", lambda _: fails(error), lambda: runs
        )
    assert ledger.totals() == Totals(servers_started=1, servers_removed=int(not (may_run or runs)))


def test_it_is_in_the_ledger_before_the_hub_is_asked_and_what_asking_led_to_is_waited_for() -> None:
    ledger = Ledger()

    def ask() -> str:
        assert ledger.has_server("ann")
        return "page"

    ready = server_life.start(
        ledger, "ann", Deadline(60, FakeClock()), ask, lambda page: f"{page} of the server", never
    )
    assert ready == "page of the server"


@pytest.mark.parametrize(("retry_after", "seconds"), [(7.0, 14.0), (None, 10.0)])
def test_who_is_told_to_come_back_later_does(retry_after: float | None, seconds: float) -> None:
    answers = iter([ComeBackLater("busy", retry_after, "a limit")] * 2)
    pauses: list[tuple[float, str]] = []

    def ask() -> float:
        if later := next(answers, None):
            raise later
        return deadline.elapsed()

    deadline = Deadline(60, FakeClock())
    waited = server_life.start(
        Ledger(), "ann", deadline, ask, lambda elapsed: elapsed, never, lambda *pause: pauses.append(pause)
    )
    assert waited == seconds
    assert pauses == [(seconds / 2, "a limit")] * 2


def test_who_would_come_back_too_late_waits_until_the_deadline_in_vain() -> None:
    ledger, deadline, pauses = Ledger(), Deadline(60, FakeClock()), []
    later = ComeBackLater("starting the server of ann: HTTP 429", 90.0, "a limit")
    with pytest.raises(Throttled) as raised:
        server_life.start(
            ledger, "ann", deadline, lambda: fails(later), lambda _: "", never, lambda *pause: pauses.append(pause)
        )
    assert type(raised.value) is Throttled
    assert raised.value.detail == "not let in within 60 seconds; starting the server of ann: HTTP 429"
    assert deadline.elapsed() == 60
    assert pauses == [(60.0, "a limit")]
    assert ledger.totals() == Totals()


def stopping(outcomes: list[Stop | ComeBackLater], ledger: Ledger, deadline: Deadline | None = None) -> list[str]:
    """Stop a server; return what was done."""
    done: list[str] = []

    def ask() -> Stop:
        done.append("asked")
        outcome = outcomes.pop(0) if len(outcomes) > 1 else outcomes[0]
        if isinstance(outcome, ComeBackLater):
            raise outcome
        return outcome

    ledger.server_started("ann")
    server_life.stop(
        ledger,
        "ann",
        deadline or Deadline(5, FakeClock()),
        1,
        ask,
        lambda: done.append("waited"),
        never,
        "the server of ann",
    )
    return done


def test_a_stop_is_asked_for_again_until_the_hub_accepts_it() -> None:
    ledger = Ledger()
    assert stopping([Stop.NOT_NOW, Stop.NOT_NOW, Stop.STOPPING], ledger) == ["asked", "asked", "asked", "waited"]
    assert not ledger.has_server("ann")
    assert stopping([Stop.STOPPED], ledger) == ["asked"]
    assert stopping([Stop.USER_GONE], ledger) == ["asked"]
    with pytest.raises(WaitTimeout) as raised:
        stopping([Stop.NOT_NOW], ledger)
    assert raised.value.detail == "the server of ann could not be stopped within 5 seconds"
    assert ledger.has_server("ann")


def test_a_stop_that_is_throttled_is_asked_for_again_when_the_hub_says() -> None:
    ledger, deadline = Ledger(), Deadline(60, FakeClock())
    later = [ComeBackLater("HTTP 429", seconds, "a limit") for seconds in (20.0, None)]
    assert stopping([*later, Stop.STOPPED], ledger, deadline) == ["asked"] * 3
    assert deadline.elapsed() == 20 + lifecycle.THROTTLED_PAUSE
    with pytest.raises(Throttled) as raised:
        stopping([later[0]], ledger, deadline := Deadline(50, FakeClock()))
    assert raised.value.detail == "the server of ann could not be stopped within 50 seconds; HTTP 429"
    assert deadline.elapsed() == 50
    assert ledger.has_server("ann")

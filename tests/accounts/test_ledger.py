"""The ledger: what was created, what is gone, what is left."""

from hubusers.accounts.ledger import Ledger, Totals


def test_a_life_in_figures() -> None:
    ledger = Ledger()
    ledger.user_created("ann")
    ledger.user_created("bob")
    ledger.server_started("ann")
    ledger.server_started("ann")  # asked again while it was pending
    assert ledger.has_server("ann")
    ledger.server_gone("ann")
    ledger.server_started("ann")
    assert ledger.totals() == Totals(2, 0, 2, 1)
    ledger.removed("ann")
    assert ledger.left() == ["bob"]
    assert ledger.totals() == Totals(2, 1, 2, 2)
    assert str(ledger.totals()) == "users: 2 created, 1 removed, 1 left; servers: 2 started, 2 removed, 0 left"


def test_what_the_hub_refused_was_never_there() -> None:
    ledger = Ledger()
    ledger.user_created("ann")
    ledger.server_started("ann")
    ledger.server_refused("ann")
    ledger.server_refused("ann")
    assert ledger.totals() == Totals(1, 0, 0, 0)


def test_the_workers_figures_add_up() -> None:
    totals = Totals(1, 2, 3, 4) + Totals(10, 20, 30, 40)
    assert totals == Totals(11, 22, 33, 44)
    assert Totals(**totals.as_message()) == totals

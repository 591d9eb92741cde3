"""The person that the next user stands for: one of the event or, without an event, one as the options describe."""

import secrets
from typing import NamedTuple

from hubusers.accounts.account import Account
from hubusers.event.distributions import Spread, Uniform
from hubusers.event.plan import Person
from hubusers.settings.settings import Settings


class NextPerson(NamedTuple):
    """A person, and their account on the hub."""

    person: Person
    account: Account
    has_account: bool  # whether the hub has the account already
    due: float | None = None  # when they should come, on the monotonic clock; None: at any time


def anybody(settings: Settings) -> Person:
    """Return a person whose stays and pauses are as the options say."""
    return Person(
        number=0,
        cohort="",
        user_class="",
        arrives=0.0,
        until=None,
        lifecycles=settings.lifecycles,
        user_options=settings.user_options,
        seed=secrets.token_hex(8),
        stay=_between(*settings.stay),
        pause=_between(*settings.pause),
        thinking=_between(*settings.thinking),
        start_page=settings.first_page,
        leave=settings.leave,
        time_scale=1.0,
    )


def _between(low: float, high: float) -> Spread:
    return low if low == high else Uniform.model_validate({"distribution": "uniform", "from": low, "to": high})

"""Who comes next: a person of the event or, where there is none, anybody as the options describe."""

import secrets
from dataclasses import dataclass

from hubusers.accounts.account import Account
from hubusers.event.durations import Spread, Uniform
from hubusers.event.plan import Person
from hubusers.settings.settings import Settings


@dataclass(frozen=True)
class NextPerson:
    """A person, and how the hub knows them."""

    person: Person
    account: Account
    has_account: bool  # on the hub, already
    due: float | None = None  # when they should come, on the monotonic clock; None: whenever they do


def anybody(settings: Settings) -> Person:
    """Return somebody who lives as the options say."""
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
        leave=settings.leave,
        time_scale=1.0,
    )


def _between(low: float, high: float) -> Spread:
    return low if low == high else Uniform.model_validate({"distribution": "uniform", "from": low, "to": high})

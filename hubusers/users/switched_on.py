"""Refuses a locustfile that has users of hubusers, and does not switch on what they need."""

from locust import User
from locust import events as locust_events
from locust.env import Environment
from locust.event import Events

import sys
from typing import Any
from weakref import WeakSet

from hubusers.exit_codes import EXIT_CANNOT_TEST

SWITCHED_ON: WeakSet[Events] = WeakSet()
"""The events of Locust on which `hubusers.plugin.switch_on` has switched everything on."""

HOW = "Add `from hubusers.plugin import switch_on` and `switch_on()` to the locustfile."


def refuse_unless_switched_on(base: type[User]) -> None:
    """Have the `locust` command end with a sentence where such users would come and nothing is switched on.

    Without that, Locust would end as if all was well: each user is refused, and nothing counts.

    Args:
        base: The class below which users need it.
    """

    def check(environment: Environment, **_: Any) -> None:
        comes = any(issubclass(each, base) for each in environment.user_classes)
        if comes and environment.events not in SWITCHED_ON:
            print(f"Error: {HOW}", file=sys.stderr)
            sys.exit(EXIT_CANNOT_TEST)

    locust_events.init.add_listener(check)

"""How people with a browser leave their server."""

from collections.abc import Mapping
from typing import Literal, get_args

Leaving = Literal["log-out", "close-tab", "walk-away"]
"""log-out: people stop the server and log out. close-tab: the browser closes its connections, and the server goes on.
walk-away: nothing is closed, as when someone shuts the lid; the connections stay open until the run ends."""

WAYS_TO_LEAVE: tuple[Leaving, ...] = get_args(Leaving)

EVERYBODY_LOGS_OUT: Mapping[Leaving, float] = {"log-out": 1.0}

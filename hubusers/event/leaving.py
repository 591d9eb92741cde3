"""How people leave a server that they have used with a browser, and in which shares."""

from collections.abc import Mapping
from typing import Literal, get_args

Leaving = Literal["log-out", "close-tab", "walk-away"]
"""log-out: stop the server, and log out. close-tab: the browser closes its connections; the server is left running.
walk-away: nothing is closed, as when a lid is; the connections stay open until the run ends."""

WAYS_TO_LEAVE: tuple[Leaving, ...] = get_args(Leaving)

EVERYBODY_LOGS_OUT: Mapping[Leaving, float] = {"log-out": 1.0}

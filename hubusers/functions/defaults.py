"""The default timeout (60 seconds) and poll interval (1 second) of the documented functions.

Arguments, in seconds, override them. So does the environment (`SERVER_LIFECYCLE_TIMEOUT` and `SERVER_POLL_INTERVAL`: a
number of seconds, or a duration such as 2m), and a script may set `hubusers.SERVER_LIFECYCLE_TIMEOUT`.
"""

import math
import os

from hubusers.durations import seconds_above_zero
from hubusers.hub.deadline import POLL_INTERVAL
from hubusers.log import get_logger

LOG = get_logger(__name__)


def chosen_timeout(timeout: float | None) -> float:
    """Return the seconds a wait may take: the argument, else `hubusers.SERVER_LIFECYCLE_TIMEOUT` as it is now."""
    if timeout is None:
        # Imported and read here, because scripts change it in the package that they import the functions from.
        import hubusers

        timeout = hubusers.SERVER_LIFECYCLE_TIMEOUT
    return checked_seconds(timeout, "timeout")


def chosen_interval(poll_interval: float | None) -> float:
    """Return the seconds between two polls: the argument, else `SERVER_POLL_INTERVAL` of the environment, else 1."""
    if poll_interval is None:
        poll_interval = seconds_from_environment("SERVER_POLL_INTERVAL", POLL_INTERVAL)
    return checked_seconds(poll_interval, "poll_interval")


def seconds_from_environment(variable: str, default: float) -> float:
    """Return a duration from the environment, in seconds, or `default`, with a WARNING if it is invalid."""
    text = os.environ.get(variable, "").strip()
    if not text:
        return default
    try:
        return seconds_above_zero(text)
    except ValueError as error:
        LOG.warning("%s: %s; using %g seconds", variable, error, default)
        return default


def checked_seconds(seconds: float, what: str) -> float:
    """Return `seconds`; raise TypeError or ValueError if they are not a number above 0."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise TypeError(f"{what} must be a number of seconds, not {type(seconds).__name__}")
    if not (seconds > 0 and math.isfinite(seconds)):
        raise ValueError(f"{what} must be a number of seconds above 0, not {seconds}")
    return float(seconds)

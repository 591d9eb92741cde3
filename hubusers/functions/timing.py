"""The decorator `timeit`."""

import functools
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from hubusers.log import get_logger

LOG = get_logger(__name__)

P = ParamSpec("P")
R = TypeVar("R")


def timeit(function: Callable[P, R]) -> Callable[P, R]:
    """Decorate a function so that each call logs, at INFO, how many seconds it took, even if it raises."""

    @functools.wraps(function)
    def timed(*args: P.args, **kwargs: P.kwargs) -> R:
        started = time.monotonic()
        try:
            return function(*args, **kwargs)
        finally:
            LOG.info("%s took %.3f seconds", function.__name__, time.monotonic() - started)

    return timed

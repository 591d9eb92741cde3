"""A limit for how long something may take."""

from types import TracebackType

import gevent


class TimeLimit(BaseException):  # not an `Exception`, which code in the with-block might take for its own
    """A context manager that breaks off its with-block after some seconds.

    It does what `gevent.Timeout` does, which takes nearly twice as long: each request has a limit, and hardly one
    reaches it.

    Args:
        seconds: More than 0.

    Raises:
        TimeoutError: Out of the with-block, when they are over.
    """

    def __init__(self, seconds: float) -> None:
        self._timer = gevent.get_hub().loop.timer(seconds)

    def __enter__(self) -> None:
        # By the present time, and not by that at which the event loop woke up last: never too early.
        self._timer.start(gevent.getcurrent().throw, self, update=True)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._timer.close()
        if error is self:
            raise TimeoutError from None

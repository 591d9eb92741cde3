"""A database that fails for a while, in the hub's process: errors of the kind that SQLAlchemy raises then."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import Pool

_WRITES = ("INSERT", "UPDATE", "DELETE")


def failing(
    message: str, *, after_starts: int, wait: float = 1.0, seconds: float, only_writes: bool = False
) -> Callable[[Any], None]:
    """Return a hook for `c.Spawner.pre_spawn_hook`: some starts after it was set, the database fails for a while.

    Args:
        message: What the database says.
        after_starts: How many starts must have been asked for.
        wait: Seconds from the last of them until the failure begins.
        seconds: How long it fails.
        only_writes: Whether it can still be read, as when its disk is full.
    """
    starts = 0
    fails_until = 0.0

    def fail(statement: str) -> None:
        if time.monotonic() < fails_until:
            raise OperationalError(statement, None, Exception(message))

    def on_checkout(connection: Any, record: Any, proxy: Any) -> None:
        fail("")

    def on_statement(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        if not only_writes or statement.startswith(_WRITES):
            fail(statement)

    def begin() -> None:
        nonlocal fails_until
        fails_until = time.monotonic() + seconds

    def count(spawner: Any) -> None:
        nonlocal starts
        starts += 1
        if starts == after_starts:
            asyncio.get_running_loop().call_later(wait, begin)

    if not only_writes:
        # Before the hub tests a connection that it has taken: SQLAlchemy would lose one for which that test fails here.
        event.listen(Pool, "checkout", on_checkout)
    event.listen(Engine, "before_cursor_execute", on_statement)
    return count

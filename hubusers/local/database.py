"""How a local hub's SQLite database writes."""

from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine


def never_wait_for_the_disk() -> None:
    """Have every SQLite database that this process opens from now on commit without waiting for the disk.

    As SQLite is made, each commit waits until the disk has written it, and the hub stands still meanwhile: on a machine
    with a slow disk it served a fifth of the people that it serves without that (`python -m benchmarks.local_hub`).
    What is lost in this way is lost only when the whole machine fails, and then nobody needs a local hub's database any
    more. A hub that is killed loses nothing.
    """
    event.listen(Engine, "connect", _set_up)


def _set_up(connection: Any, record: Any) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = OFF")

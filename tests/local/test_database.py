"""A local hub's database does not wait for the disk."""

from pathlib import Path

from sqlalchemy import create_engine, event
from sqlalchemy.engine import Engine

from hubusers.local import LocalHub, database


def test_a_commit_does_not_wait_for_the_disk(tmp_path: Path) -> None:
    database.never_wait_for_the_disk()
    try:
        engine = create_engine(f"sqlite:///{tmp_path / 'any.sqlite'}")
        with engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 0
        engine.dispose()
    finally:
        event.remove(Engine, "connect", database._set_up)


def test_a_local_hub_s_is_one(local_hub: LocalHub) -> None:
    assert (local_hub.folder / "jupyterhub.sqlite-wal").exists()

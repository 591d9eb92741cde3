"""A hub that has been used for years: its database knows many people."""

from pathlib import Path

from jupyterhub import orm


def remember_many(count: int, database: str) -> None:
    """Write so many accounts into the hub's database, unless it exists already.

    Args:
        count: How many.
        database: The URL of an SQLite database.
    """
    if Path(database.removeprefix("sqlite:///")).exists():
        return
    with orm.new_session_factory(database)() as session:
        # With the role that the hub gives to everybody: for accounts without one it takes long to start.
        role = orm.Role(name="user", scopes=["self"])
        session.add_all(orm.User(name=f"somebody-{number}", roles=[role]) for number in range(count))
        session.commit()

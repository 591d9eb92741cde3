"""People who are on a hub before it starts for the first time."""

from datetime import UTC, datetime, timedelta

from jupyterhub import orm

from hubusers.local.incidents import Incident

_SINCE = timedelta(days=1)
"""How long ago the returning people were there."""


def remember_people(incident: Incident, database: str) -> None:
    """Write an incident's people into a new database of the hub: the returning ones with a server that they have had.

    Args:
        incident: The incident.
        database: The URL of the database.
    """
    then = (datetime.now(UTC) - _SINCE).replace(tzinfo=None)  # as the hub keeps times
    with orm.new_session_factory(database)() as session:
        for name in incident.returning_people:
            user = orm.User(name=name, created=then, last_activity=then)
            session.add(orm.Spawner(name="", user=user, last_activity=then))
        session.add_all(orm.User(name=name) for name in incident.new_people)
        session.commit()

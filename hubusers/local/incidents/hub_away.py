"""A hub that restarts in the middle, and one whose database fails."""

from hubusers.local.incidents.incident import Incident, Kill
from hubusers.local.incidents.students import students

_EVENT = """\
title = "{title}"

[[cohorts]]
name = "students"
people = 24
arrivals = {{ pattern = "evenly", over = "24s" }}
stay = "20s"

[[targets]]
measure = "start to ready"
percentile = 95
at_most = "5s"

[[targets]]
measure = "failed starts"
at_most = 0
"""

_LOG_IN_EVENT = """\
title = "A class whose database is full"

[[cohorts]]
name = "students"
people = 8
user_class = "NotebookUser"
arrivals = { pattern = "evenly", over = "40s" }
stay = "30s"
thinking = "4s"
leave = { log-out = "100 %" }

[[targets]]
measure = "failed starts"
at_most = 0
"""

_FAILING = """\
from hubusers.local.incidents.mechanisms import database
c.Spawner.pre_spawn_hook = database.failing({})
"""

INCIDENTS = (
    Incident(
        name="hub-restarts",
        title="The hub is killed in the middle of the arrivals, and takes a while to come back",
        source="Berkeley, incident report of 26 January 2018 (the hub starts up very slowly); JupyterHub, issue 2928",
        what_happens="With many servers running, the hub's process is killed. It starts again after some seconds, and "
        "must then look at its 3,000 accounts and at all servers before it answers. Servers go on, but nobody can "
        "start one, and starts that were under way are lost.",
        finds=("hub-restarted",),
        event=_EVENT.format(title="A class whose hub restarts"),
        hub={"spawn_seconds": (1, 2)},
        proxy_apart=True,
        config="""\
from hubusers.local.incidents.mechanisms.accounts import remember_many
remember_many(3000, c.JupyterHub.db_url)
""",
        kills=(Kill("hub", after_starts=14, seconds=1, back_after=4),),
    ),
    Incident(
        name="database-fails",
        title="The hub's database drops its connections for some seconds",
        source="JupyterHub, issues 450, 1482 and 1626 (the database goes away for a moment)",
        what_happens="For four seconds each look into the database fails. The hub answers good tokens with 403 "
        "*Missing or invalid credentials*, and is well again afterwards.",
        finds=("database-errors",),
        event=_EVENT.format(title="A class whose database fails"),
        hub={"spawn_seconds": (1, 2)},
        config=_FAILING.format("'server closed the connection unexpectedly', after_starts=12, seconds=4"),
    ),
    Incident(
        name="database-full",
        title="The disk of the hub's database is full",
        source="2i2c, incident report of 31 October 2022 (Toronto: 500 for logins and starts; those who were in went "
        "on)",
        what_happens="For twenty-five seconds the database can be read but not written. Nobody can log in or start a "
        "server; those who have one go on.",
        finds=("database-errors",),
        event=_LOG_IN_EVENT,
        hub={"servers": "lab"},
        new_people=students(8),
        config=_FAILING.format("'database or disk is full', after_starts=4, wait=10, seconds=25, only_writes=True"),
    ),
)

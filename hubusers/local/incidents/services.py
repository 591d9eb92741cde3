"""Services that use the hub's API much, or wrongly."""

from hubusers.local.incidents.incident import Incident

_EVENT = """\
title = "{title}"

[[cohorts]]
name = "students"
people = 20
arrivals = {{ pattern = "evenly", over = "20s" }}
stay = "{stay}"

[[targets]]
measure = "start to ready"
percentile = 95
at_most = "4s"
"""

_SERVICE = """\
import sys
from hubusers.local.settings import FOLDER_VARIABLE
c.JupyterHub.services.append(
    {{
        "name": "{name}",
        "command": [sys.executable, "-m", "hubusers.local.incidents.mechanisms.services", "{what}"],
        "environment": {{FOLDER_VARIABLE: settings.folder}},
    }}
)
c.JupyterHub.load_roles.append({{"name": "{name}", "services": ["{name}"], "scopes": {scopes}}})
"""

_MANY_ACCOUNTS = """\
from hubusers.local.incidents.mechanisms.accounts import remember_many
remember_many(2000, c.JupyterHub.db_url)
c.JupyterHub.api_page_max_limit = 100_000
"""

INCIDENTS = (
    Incident(
        name="dashboard-lists-all",
        title="A dashboard lists all users again and again",
        source="JupyterHub, issue 2954 of 27 February 2020 (a culler lists 50,000 users; the hub answers nobody)",
        what_happens="The hub knows 2,000 people. A service asks for all of them in one request, as the hub once "
        "allowed everybody, and begins again at once. While the hub puts that answer together, it answers nobody else.",
        finds=("other-load",),
        event=_EVENT.format(title="A class beside a dashboard", stay="20s"),
        hub={"spawn_seconds": (0.5, 1)},
        config=_MANY_ACCOUNTS
        + _SERVICE.format(name="dashboard", what="list_all_users", scopes=["list:users", "read:users", "read:servers"]),
    ),
    Incident(
        name="activity-reports",
        title="Servers report too often that they are used",
        source="Rubin Observatory, talk SQR-104 of 2025 (reports of activity held up the hub's only thread)",
        what_happens="Reports that running servers are in use come without a pause, several at a time, and each is "
        "written to the database. The more servers run, the less time the hub has for people who come.",
        finds=("other-load",),
        event=_EVENT.format(title="A class of busy servers", stay="40s"),
        hub={"spawn_seconds": (0.5, 1)},
        config="c.JupyterHub.activity_resolution = 0\n"
        + _SERVICE.format(
            name="reports",
            what="report_activity",
            scopes=["list:users", "read:users", "read:servers", "users:activity"],
        ),
    ),
    Incident(
        name="servers-culled",
        title="A culler stops servers that are in use",
        source="JupyterHub's idle culler, issue 43 of 28 January 2022; The Littlest JupyterHub, issue 877 of 2023",
        what_happens="A service stops each server fifteen seconds after its start, whether it is used or not. People "
        "lose their server in the middle of their stay.",
        finds=("servers-culled",),
        event=_EVENT.format(title="A class with a culler", stay="40s"),
        hub={"spawn_seconds": (0.5, 1)},
        config=_SERVICE.format(
            name="culler",
            what="stop_old_servers",
            scopes=["list:users", "read:users", "read:servers", "delete:servers"],
        ),
    ),
)

"""Logins that are refused, broken or slow, and sessions that end."""

from hubusers.local.incidents.incident import Incident
from hubusers.local.incidents.students import students

_EVENT = """\
title = "{title}"

[[cohorts]]
name = "students"
people = {people}
user_class = "NotebookUser"
arrivals = {{ pattern = "evenly", over = "12s" }}
stay = "{stay}"
thinking = "2s"
leave = {{ log-out = "100 %" }}

[[targets]]
measure = "login"
percentile = 95
at_most = "4s"
"""

INCIDENTS = (
    Incident(
        name="login-refused",
        title="The hub lets nobody in, because it was not told whom to allow",
        source="changelog of JupyterHub 5.0 (only users who are allowed may log in); hubtraf, issue 21",
        what_happens="Since version 5 a hub lets nobody in unless its configuration says whom. Each login is answered "
        "with *Invalid username or password*, though the API starts servers as ever.",
        finds=("login-refused",),
        event=_EVENT.format(title="A class that nobody allowed", people=12, stay="15s"),
        hub={"servers": "lab"},
        new_people=students(12),
        config="c.Authenticator.allow_all = False",
    ),
    Incident(
        name="login-broken",
        title="The identity provider fails, so most logins are answered with 500",
        source="2i2c, incident report of 6 September 2022 (Toronto: 500 for everybody who logs in) and issue 2628 of "
        "8 June 2023",
        what_happens="Two of three logins fail at the identity provider; the hub answers them with 500. Those who get "
        "in work without trouble.",
        finds=("login-broken",),
        event=_EVENT.format(title="A class that cannot log in", people=12, stay="15s"),
        hub={"servers": "lab"},
        new_people=students(12),
        config="c.JupyterHub.authenticator_class = 'hubusers.local.incidents.mechanisms.authenticators.BrokenProvider'",
    ),
    Incident(
        name="login-slow",
        title="The identity provider takes its time",
        source="JupyterHub's LDAP authenticator, issue 124 of 21 May 2019",
        what_happens="Each login waits six seconds for the identity provider. The hub does its other work meanwhile, "
        "and everything after the login is fast.",
        finds=("login-slow",),
        event=_EVENT.format(title="A class that waits at the login", people=5, stay="15s"),
        hub={"servers": "lab"},
        new_people=students(5),
        config="c.JupyterHub.authenticator_class = 'hubusers.local.incidents.mechanisms.authenticators.SlowProvider'",
    ),
    Incident(
        name="sessions-expire",
        title="Sessions end in the middle of a class",
        source="JupyterHub, pull request 3411 of 9 April 2021 (sessions with a server ended after one hour)",
        what_happens="People's sessions with their server last twenty seconds. After that the server refuses people "
        "who still work, until they load the page again.",
        finds=("session-lost",),
        event=_EVENT.format(title="A class that works longer than its sessions", people=4, stay="40s"),
        hub={"servers": "lab"},
        new_people=students(4),
        config="c.JupyterHub.oauth_token_expires_in = 20\nc.Spawner.args = ['--HubOAuth.cache_max_age=1']",
    ),
)

"""A proxy that does not know where the servers are: for a while, or never."""

from hubusers.local.incidents.incident import Incident, Kill
from hubusers.local.incidents.students import students

_EVENT = """\
title = "{title}"

[[cohorts]]
name = "students"
people = {people}
user_class = "NotebookUser"
arrivals = {{ pattern = "evenly", over = "{over}" }}
stay = "40s"
thinking = "{thinking}"
leave = {{ log-out = "100 %" }}

[[targets]]
measure = "failed cells"
at_most = 0
"""

INCIDENTS = (
    Incident(
        name="proxy-loses-routes",
        title="The proxy is killed in the middle of a class and comes back without its routes",
        source="2i2c, incident reports of 13 January 2026 (LEAP: login loops) and 29 January 2026 (Temple); Berkeley, "
        "incident report of 24 February 2017",
        what_happens="While people work the proxy is killed twice, as happens when its memory runs out. It is back "
        "within seconds, but knows no server any more. Requests to servers that run go to the hub, which sends them "
        "back to the server, in circles, until the hub looks at the routes again and restores them.",
        finds=("proxy-routes-lost",),
        event=_EVENT.format(title="The proxy restarts in a class", people=10, over="50s", thinking="12s"),
        hub={"servers": "lab"},
        new_people=students(10),
        proxy_apart=True,
        # As in the chart. The second kill follows so soon that one of the two is long before the hub's next look.
        config="c.JupyterHub.last_activity_interval = 60",
        kills=(
            Kill("proxy", after_starts=5, seconds=15, back_after=1.5),
            Kill("proxy", after_starts=5, seconds=27, back_after=1.5),
        ),
    ),
    Incident(
        name="redirect-loop",
        title="The hub and the server's address lead to each other",
        source="JupyterHub, issues 1217 (too many redirects at scale) and 2429",
        what_happens="The proxy never gets the routes to the servers. It sends requests for a server to the hub; for "
        "the hub the server is ready, so it sends them back to the server's address. Browsers give up after some "
        "rounds.",
        finds=("redirect-loop",),
        event=_EVENT.format(title="A class whose servers have no route", people=6, over="12s", thinking="2s"),
        hub={"servers": "lab"},
        new_people=students(6),
        config="c.JupyterHub.proxy_class = 'hubusers.local.incidents.mechanisms.proxies.ForgetfulProxy'",
    ),
)

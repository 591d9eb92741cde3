"""A proxy that does not know where the servers are: for a while, or never."""

from hubusers.local.incidents.incident import Incident, Kill
from hubusers.local.incidents.students import students

_EVENT = """\
title = "{title}"

[[cohorts]]
name = "students"
people = 6
user_class = "NotebookUser"
arrivals = {{ pattern = "evenly", over = "12s" }}
stay = "30s"
thinking = "2s"
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
        what_happens="When all are at work, the proxy is killed, as happens when its memory runs out. It is back "
        "within seconds, but knows no server any more. People's requests go to the hub, which sends them back to "
        "their server, in circles, until the hub looks at the routes again and restores them.",
        finds=("proxy-routes-lost",),
        event=_EVENT.format(title="The proxy restarts in a class"),
        hub={"servers": "lab"},
        new_people=students(6),
        proxy_apart=True,
        # The chart has 60 seconds.
        config="c.JupyterHub.last_activity_interval = 12",
        kills=(Kill("proxy", after_starts=6, seconds=12, back_after=1.5),),
    ),
    Incident(
        name="redirect-loop",
        title="The hub and the server's address lead to each other",
        source="JupyterHub, issues 1217 (too many redirects at scale) and 2429",
        what_happens="The proxy never gets the routes to the servers. It sends requests for a server to the hub; for "
        "the hub the server is ready, so it sends them back to the server's address. Browsers give up after some "
        "rounds.",
        finds=("redirect-loop",),
        event=_EVENT.format(title="A class whose servers have no route"),
        hub={"servers": "lab"},
        new_people=students(6),
        config="c.JupyterHub.proxy_class = 'hubusers.local.incidents.mechanisms.proxies.ForgetfulProxy'",
    ),
)

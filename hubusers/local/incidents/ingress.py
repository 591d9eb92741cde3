"""What stands before the proxy: an ingress with the wrong settings, or one that goes away."""

from hubusers.local.incidents.incident import Incident, Kill
from hubusers.local.incidents.students import students

_INGRESS = "hubusers.local.incidents.mechanisms.ingress"

_CLASS = """\
title = "{title}"

[[cohorts]]
name = "students"
people = {people}
user_class = "NotebookUser"
arrivals = {{ pattern = "evenly", over = "{over}" }}
stay = "{stay}"
thinking = "{thinking}"
leave = {{ log-out = "100 %" }}

[[targets]]
measure = "failed cells"
at_most = 0
"""

INCIDENTS = (
    Incident(
        name="no-websockets",
        title="The ingress does not hand on websockets",
        source="2i2c, incident report of 9 March 2026 (Project Pythia)",
        what_happens="The ingress hands requests on without the headers that ask for a websocket. Pages, files and "
        "saving work, but no kernel can be reached, because the server answers 400 to each channel.",
        finds=("websockets-refused",),
        event=_CLASS.format(title="A class without websockets", people=4, over="8s", stay="30s", thinking="2s"),
        hub={"servers": "lab"},
        new_people=students(4),
        relay=(_INGRESS, "--no-websockets"),
    ),
    Incident(
        name="websockets-cut",
        title="The ingress cuts connections on which nothing was said for some seconds",
        source="DataBiosphere, issue leonardo#547 of 27 August 2018 (a workshop: the kernel dies every two minutes on "
        "the dot)",
        what_happens="The ingress waits six seconds for the next word of the server, then cuts the connection. People "
        "who think longer before a cell lose their kernel's channel, always after the same time. Streams of a start's "
        "progress, on which the hub says something every eight seconds, are cut as well.",
        finds=("websockets-cut",),
        event=_CLASS.format(title="A class that thinks", people=4, over="8s", stay="30s", thinking="8s"),
        hub={"servers": "lab"},
        new_people=students(4),
        relay=(_INGRESS, "--read-timeout", "6"),
    ),
    Incident(
        name="saves-too-large",
        title="The ingress refuses to save notebooks above a size",
        source="JupyterHub, issue 1569 of 4 December 2017; chart, issue 3274 of 27 November 2023",
        what_happens="The ingress takes requests of up to 2,000 bytes (nginx takes one megabyte unless told "
        "otherwise). Everything works but saving, which is answered with 413.",
        finds=("save-refused",),
        event=_CLASS.format(title="A class with large notebooks", people=4, over="8s", stay="30s", thinking="2s"),
        hub={"servers": "lab"},
        new_people=students(4),
        relay=(_INGRESS, "--largest-body", "2000"),
    ),
    Incident(
        name="connections-run-out",
        title="The proxy runs out of connections",
        source="JupyterHub's proxy, issue 557 of 19 September 2024 (ports run out with hundreds of people); "
        "JupyterHub, issue 312 of 28 September 2015 (descriptors run out with 20 people)",
        what_happens="What stands before the hub can hold twelve connections at a time. The websockets of people who "
        "work take them one by one, until people who come get 503 for pages and files. Open websockets go on.",
        finds=("files-missing",),
        event=_CLASS.format(title="A class with too few connections", people=6, over="60s", stay="60s", thinking="4s"),
        hub={"servers": "lab"},
        new_people=students(6),
        relay=(_INGRESS, "--most-connections", "12"),
    ),
    Incident(
        name="ingress-away",
        title="The ingress goes away for some seconds, while the hub goes on",
        source="mybinder.org, incident reports of 22 February 2018 and 3 April 2019; 2i2c, incident report of 7 "
        "October 2025 (OceanHackWeek)",
        what_happens="In the middle of the arrivals the ingress ends, and is back after eight seconds. Nobody reaches "
        "anything meanwhile, but the hub and all servers go on, so nothing restarts.",
        finds=("hub-away",),
        relay=(_INGRESS,),
        kills=(Kill("relay", after_starts=10, seconds=1, back_after=8),),
        hub={"spawn_seconds": (1, 2)},
        event="""\
title = "A class whose ingress goes away"

[[cohorts]]
name = "students"
people = 20
arrivals = { pattern = "evenly", over = "20s" }
stay = "20s"

[[targets]]
measure = "start to ready"
percentile = 95
at_most = "5s"
""",
    ),
)

"""Kernels that end: in a cell, with their server, or because nobody used them for a while."""

from hubusers.local.incidents.incident import Incident
from hubusers.local.incidents.students import students

_EVENT = """\
title = "{title}"

[[cohorts]]
name = "students"
people = 4
user_class = "NotebookUser"
arrivals = {{ pattern = "evenly", over = "8s" }}
stay = "30s"
thinking = "{thinking}"
leave = {{ log-out = "100 %" }}

[[targets]]
measure = "failed cells"
at_most = 0
"""

_KILL_IN_CELL = """\
ipython = folder / "ipython"
(ipython / "profile_default").mkdir(parents=True, exist_ok=True)
(ipython / "profile_default" / "ipython_kernel_config.py").write_text(
    "c.IPKernelApp.exec_lines = ["
    "'from hubusers.local.incidents.mechanisms.kernels import kill_in_cell; kill_in_cell({})']"
)
c.Spawner.environment = {{"IPYTHONDIR": str(ipython)}}
"""

INCIDENTS = (
    Incident(
        name="kernels-die",
        title="Kernels are killed in a cell, because memory runs out",
        source="UBC, issue ubcs3/2017-Fall#4 of 5 November 2017; 2i2c, issue 2273 of 27 February 2023 (Temple)",
        what_happens="The third cell needs more memory than the server may have, so the system kills the kernel. The "
        "server says that it restarts the kernel; the cell is never answered.",
        finds=("kernel-died",),
        event=_EVENT.format(title="A class with too little memory", thinking="2s"),
        hub={"servers": "lab"},
        new_people=students(4),
        config=_KILL_IN_CELL.format("3"),
    ),
    Incident(
        name="servers-die",
        title="Servers are killed as a whole, because memory runs out",
        source="JupyterHub's DockerSpawner, issue 196 of 4 September 2017; JupyterHub, issue 3961 of 2022",
        what_happens="The second cell needs more memory than the server may have, and the system kills not the kernel "
        "but the server with all kernels in it. For some seconds the hub thinks that it runs, and its address answers "
        "503; then the hub notices.",
        finds=("server-unreachable",),
        event=_EVENT.format(title="A class whose servers have too little memory", thinking="4s"),
        hub={"servers": "lab"},
        new_people=students(4),
        # By default the hub looks every 30 seconds whether a server runs.
        config=_KILL_IN_CELL.format("2, server_too=True") + "c.Spawner.poll_interval = 10",
    ),
    Incident(
        name="kernels-culled",
        title="Kernels are culled while people think",
        source="2i2c, issues 2232 of 20 February 2023 and 2586 of 2023 (culling idle kernels that are connected)",
        what_happens="Servers end kernels that ran nothing for five seconds, though their notebook is open. People "
        "who read or listen that long find no kernel any more; the server goes on.",
        finds=("kernel-gone",),
        event=_EVENT.format(title="A class that listens", thinking="10s"),
        hub={"servers": "lab"},
        new_people=students(4),
        config="""\
c.Spawner.args = [
    "--MappingKernelManager.cull_idle_timeout=5",
    "--MappingKernelManager.cull_interval=1",
    "--MappingKernelManager.cull_connected=True",
]
""",
    ),
)

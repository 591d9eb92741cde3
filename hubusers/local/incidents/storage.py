"""Volumes of people's homes that are full, read-only or slow."""

from hubusers.local.incidents.incident import Incident
from hubusers.local.incidents.students import students

_CONTENTS = "c.Spawner.args = ['--ServerApp.contents_manager_class=hubusers.local.incidents.mechanisms.contents.{}']"

_EVENT = """\
title = "{title}"

[[cohorts]]
name = "students"
people = 5
user_class = "NotebookUser"
arrivals = {{ pattern = "evenly", over = "10s" }}
stay = "20s"
thinking = "1s"
leave = {{ log-out = "100 %" }}

[[targets]]
measure = "failed cells"
at_most = 0

[[targets]]
measure = "saved"
percentile = 95
at_most = "2s"
"""

INCIDENTS = (
    Incident(
        name="home-full",
        title="The volume of people's homes becomes full",
        source="2i2c, issues 708 of 23 September 2021 (CloudBank) and 1081 of 10 March 2022 (Toronto)",
        what_happens="The volume that all homes share has room for the notebooks of the first people only. From then "
        "on everybody's saving fails with *No space left on device*; opening and running cells go on.",
        finds=("save-refused",),
        event=_EVENT.format(title="A class on a full volume"),
        hub={"servers": "lab"},
        new_people=students(5),
        config=_CONTENTS.format("FullVolume"),
    ),
    Incident(
        name="home-read-only",
        title="The volume of people's homes becomes read-only",
        source="mybinder.org, incident report of 31 March 2018 (read-only file system on a node)",
        what_happens="After an error of the disk the system makes the volume read-only. From then on everybody's "
        "saving fails with *Read-only file system*; opening and running cells go on.",
        finds=("save-refused",),
        event=_EVENT.format(title="A class on a read-only volume"),
        hub={"servers": "lab"},
        new_people=students(5),
        config=_CONTENTS.format("ReadOnlyVolume"),
    ),
    Incident(
        name="slow-storage",
        title="The volume of people's homes is slow",
        source="Berkeley, issues 1961 of 16 November 2020 (saving files is sometimes extremely slow) and 4270 of 2023",
        what_happens="Each look at a file, and each save, takes two seconds longer, as on an NFS server that many "
        "people use. Kernels are as fast as ever.",
        finds=("slow-storage",),
        event=_EVENT.format(title="A class on a slow volume"),
        hub={"servers": "lab"},
        new_people=students(5),
        config=_CONTENTS.format("SlowVolume"),
    ),
)

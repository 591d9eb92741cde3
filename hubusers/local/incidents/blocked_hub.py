"""A hook that blocks the hub."""

from hubusers.local.incidents.incident import Incident, class_event

INCIDENT = Incident(
    name="blocked-hub",
    title="A hook blocks the hub's only event loop",
    source="systemdspawner, issue 25 of 18 October 2017 (blocking subprocess calls in coroutines)",
    what_happens="A hook that runs before each start asks another system and waits for its answer without letting the "
    "hub do anything else. Meanwhile the hub answers nobody, though its process has almost nothing to do.",
    finds=("hub-blocked",),
    hub={"spawn_seconds": (0.5, 1.0)},
    config="""\
import random, time

def look_up_groups(spawner):
    time.sleep(random.uniform(1, 2))  # in place of a blocking request

c.Spawner.pre_spawn_hook = look_up_groups
""",
    event=class_event(people=24, over="48s", stay="15s", ready_within="5s"),
)

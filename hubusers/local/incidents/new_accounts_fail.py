"""People who never had a server cannot start one."""

from hubusers.local.incidents.incident import Incident, class_event
from hubusers.local.incidents.kubernetes import container_started, image_present, scheduled
from hubusers.local.incidents.start import Start

_RETURNING = ("amina", "bjorn", "chiara", "dmitri", "elena", "farid", "grace", "hiro")
_NEW = ("ines", "jonas", "kateryna", "liam", "mei", "noor", "oscar", "priya")


async def start(start: Start) -> None:
    await start.wait(0.5, 1)
    if start.username not in _RETURNING:
        raise RuntimeError(f"the home directory /export/homes/{start.username} does not exist and cannot be made")
    scheduled(start, "node-1")
    await start.wait(0.2)
    image_present(start)
    container_started(start)


INCIDENT = Incident(
    name="new-accounts-fail",
    title="People who never had a server cannot start one",
    source="2i2c, incident report on Toronto, 3 October 2025",
    what_happens="The home of a person who comes for the first time is not made any more, so that the server fails to "
    "start. People who have a home from an earlier day work as always.",
    finds=("start-failures",),
    hub={"spawn_seconds": (0.5, 1.0)},
    start=start,
    returning_people=_RETURNING,
    new_people=_NEW,
    event=class_event(people=16, over="16s", stay="15s", ready_within="5s"),
)

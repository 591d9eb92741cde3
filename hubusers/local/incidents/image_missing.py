"""An image that cannot be pulled."""

from hubusers.local.incidents.incident import Incident, class_event
from hubusers.local.incidents.kubernetes import IMAGE, WARNING, container_started, image_present, scheduled
from hubusers.local.incidents.start import Start

_RATE_LIMIT = (
    "rpc error: code = Unknown desc = Error response from daemon: toomanyrequests: You have reached your pull rate "
    "limit. You may increase the limit by authenticating and upgrading: https://www.docker.com/increase-rate-limit"
)
_NOT_FOUND = (
    f'rpc error: code = NotFound desc = failed to pull and unpack image "{IMAGE}": failed to resolve reference '
    f'"{IMAGE}": {IMAGE}: not found'
)


async def start_where_the_image_is(start: Start) -> None:
    """Two of four nodes have the image; the others may not pull it any more."""
    node = start.number % 4
    if node in {1, 2}:
        scheduled(start, f"node-{node}")
        await start.wait(0.2)
        image_present(start)
        container_started(start)
    else:
        await _pull_in_vain(start, node, _RATE_LIMIT)


async def start_nowhere(start: Start) -> None:
    await _pull_in_vain(start, start.number % 4, _NOT_FOUND)


async def _pull_in_vain(start: Start, node: int, reason: str) -> None:
    scheduled(start, f"node-{node}")
    while True:  # until the hub gives up
        start.say_of_pod("Pulling", f'Pulling image "{IMAGE}"')
        await start.wait(0.5, 1)
        start.say_of_pod("Failed", f'Failed to pull image "{IMAGE}": {reason}', WARNING)
        start.say_of_pod("Failed", "Error: ErrImagePull", WARNING)
        start.say_of_pod("BackOff", f'Back-off pulling image "{IMAGE}"')
        start.say_of_pod("Failed", "Error: ImagePullBackOff", WARNING)
        await start.wait(2)


_MISSING = Incident(
    name="image-missing",
    title="The registry does not give the image to every node",
    source="mybinder.org, mybinder.org-deploy issue 2154 of 6 April 2022",
    what_happens="Some nodes have the image, and servers there start as always. The registry has had too many requests "
    "from this cluster and refuses to give the image to the other nodes, so that all servers there fail.",
    finds=("image-missing",),
    hub={"spawn_seconds": (0.3, 0.6)},
    config="c.Spawner.start_timeout = 6",
    start=start_where_the_image_is,
    event=class_event(people=16, over="16s", stay="15s", ready_within="5s"),
)

INCIDENTS = (
    _MISSING,
    Incident(
        name="image-mistyped",
        title="The image's tag does not exist",
        source="dockerspawner, issue 370 of 22 April 2020 (the default image does not exist)",
        what_happens="The hub's configuration names an image that the registry does not have. No server can start.",
        finds=("image-missing",),
        config="c.Spawner.start_timeout = 4",
        start=start_nowhere,
        event=_MISSING.event,
    ),
)

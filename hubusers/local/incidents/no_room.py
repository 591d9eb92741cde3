"""No room for more servers."""

import json

from hubusers.local.incidents.incident import Incident, class_event
from hubusers.local.incidents.kubernetes import container_started, image_present, no_room, scheduled
from hubusers.local.incidents.start import Start

_PLACES = 8
_NODES = 4


async def start_if_a_node_has_room(start: Start) -> None:
    if start.number <= _PLACES:
        await _start(start)
        return
    no_room(start, _NODES)
    await start.wait(0.5, 1)
    start.say_of_pod(
        "NotTriggerScaleUp",
        "pod didn't trigger scale-up: 1 max node group size reached",
        source="cluster-autoscaler",
    )
    await start.wait(600)  # the hub gives up earlier


async def start_if_the_quota_allows(start: Start) -> None:
    if start.number <= _PLACES:
        await _start(start)
        return
    await start.wait(0.1, 0.2)
    used = f"{_PLACES * 2}Gi"
    forbidden = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": f'pods "{start.pod}" is forbidden: exceeded quota: hub-memory, requested: requests.memory=2Gi, '
        f"used: requests.memory={used}, limited: requests.memory={used}",
        "reason": "Forbidden",
        "details": {"name": start.pod, "kind": "pods"},
        "code": 403,
    }
    raise RuntimeError(f"(403)\nReason: Forbidden\nHTTP response body: {json.dumps(forbidden)}\n")


async def _start(start: Start) -> None:
    scheduled(start, f"node-{start.number % _NODES}")
    await start.wait(0.1, 0.3)
    image_present(start)
    container_started(start)


INCIDENTS = (
    Incident(
        name="no-nodes-left",
        title="The cluster must not grow, and its nodes are full",
        source="Pangeo, pangeo-cloud-federation issue 161 of 24 March 2019",
        what_happens="The first servers fill the nodes. The autoscaler may not add a node, so that all other servers "
        "wait until the hub gives them up.",
        finds=("no-room",),
        hub={"spawn_seconds": (0.3, 0.6)},
        config="c.Spawner.start_timeout = 12",
        start=start_if_a_node_has_room,
        event=class_event(people=16, over="16s", stay="40s", ready_within="10s"),
    ),
    Incident(
        name="quota-exceeded",
        title="The quota of the hub's namespace is used up",
        source="Operate First, support issue 593 of 21 June 2022",
        what_happens="The hub may start so many servers and not more: Kubernetes refuses each further one at once.",
        finds=("no-room",),
        hub={"spawn_seconds": (0.3, 0.6)},
        start=start_if_the_quota_allows,
        event=class_event(people=16, over="16s", stay="40s", ready_within="10s"),
    ),
)

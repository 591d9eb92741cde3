"""`kubectl logs`: what a container has written, and what it writes next."""

from datetime import UTC, datetime, timedelta

from aiohttp import web

from tests.kube.kubelet import Kubelet
from tests.kube.resources import Object
from tests.kube.selectors import is_true
from tests.kube.store import Refused


def named_container(pod: Object, name: str) -> str:
    """Return the container that a request is about, which it needs not name if there is only one."""
    names = [container["name"] for container in pod["spec"]["containers"]]
    every = [*names, *(container["name"] for container in pod["spec"].get("initContainers", []))]
    about = pod["metadata"]["name"]
    if not name and len(names) > 1:
        message = f"a container name must be specified for pod {about}, choose one of: [{' '.join(names)}]"
        raise Refused(400, "BadRequest", message)
    if name and name not in every:
        raise Refused(400, "BadRequest", f"container {name} is not valid for pod {about}")
    return name or names[0]


async def logs(kubelet: Kubelet, request: web.BaseRequest, pod: Object) -> web.StreamResponse:
    """Answer with the log of a container: since when, its last lines, and on and on if asked for."""
    query, name = request.query, named_container(pod, request.query.get("container", ""))
    if pod["spec"].get("nodeName") in kubelet.faults.lost_nodes:
        raise Refused(500, "InternalError", "dial tcp 127.0.0.1:10250: connect: no route to host")
    container = kubelet.container(pod, name)
    if container is None:
        states = pod["status"].get("containerStatuses", [])
        waiting = next((state["state"].get("waiting") for state in states if state["name"] == name), None)
        why = (waiting or {}).get("reason", "ContainerCreating")
        why = "trying and failing to pull image" if why in ("ErrImagePull", "ImagePullBackOff") else why
        message = f'container "{name}" in pod "{pod["metadata"]["name"]}" is waiting to start: {why}'
        raise Refused(400, "BadRequest", message)
    since = datetime.min.replace(tzinfo=UTC)
    if "sinceTime" in query:
        since = datetime.fromisoformat(query["sinceTime"])
    elif "sinceSeconds" in query:
        since = datetime.now(UTC) - timedelta(seconds=int(query["sinceSeconds"]))
    lines = container.output.lines
    first = next((number for number, (when, _) in enumerate(lines) if when >= since), len(lines))
    if "tailLines" in query:
        first = max(first, len(lines) - int(query["tailLines"]))
    response = web.StreamResponse(headers={"Content-Type": "text/plain"})
    await response.prepare(request)
    while True:
        for when, line in lines[first:]:
            stamp = when.isoformat(timespec="microseconds").replace("+00:00", "Z") + " "
            await response.write((stamp.encode() if is_true(query, "timestamps") else b"") + line)
            first += 1
        if not is_true(query, "follow") or (container.output.ended and first >= len(lines)):
            return response
        if first >= len(lines):
            await container.output.more()

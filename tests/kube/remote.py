"""`kubectl exec` and `cp`: another command in a container, its streams as channels of a websocket."""

import asyncio
import json
from typing import Any

from aiohttp import WSMsgType, web

from tests.kube import sandbox
from tests.kube.containers import NotRunning
from tests.kube.kubelet import Kubelet
from tests.kube.logs import named_container
from tests.kube.resources import Object
from tests.kube.selectors import is_true
from tests.kube.store import Refused

_STDIN, _STDOUT, _STDERR, _ERROR, _RESIZE, _CLOSE = 0, 1, 2, 3, 4, 255

_PROTOCOLS = ("v5.channel.k8s.io", "v4.channel.k8s.io")
"""v5 can say that a stream has ended, as when `kubectl exec -i` has read all; v4 is for older clients."""


async def execute(kubelet: Kubelet, request: web.BaseRequest, pod: Object) -> web.StreamResponse:
    """Run a command in a container, and answer with what it writes and how it ends."""
    query = request.query
    name = named_container(pod, query.get("container", ""))
    container = kubelet.container(pod, name)
    if pod["spec"].get("nodeName") in kubelet.faults.lost_nodes:
        raise Refused(
            500, "InternalError", "error dialing backend: dial tcp 127.0.0.1:10250: connect: no route to host"
        )
    if container is None or container.output.ended:
        if pod["status"]["phase"] in ("Succeeded", "Failed"):
            message = f"cannot exec into a container in a completed pod; current phase is {pod['status']['phase']}"
            raise Refused(400, "BadRequest", message)
        raise Refused(500, "InternalError", f'unable to upgrade connection: container not found ("{name}")')
    socket = web.WebSocketResponse(protocols=_PROTOCOLS, max_msg_size=0, autoping=True)
    await socket.prepare(request)
    command = query.getall("command")
    wants_stdin = is_true(query, "stdin")
    if sandbox.executable(command[0], container.env["PATH"]) is None:
        why = (
            f'exec failed: unable to start container process: exec: "{command[0]}": executable file not found in $PATH'
        )
        await _end(socket, _failure(f"OCI runtime exec failed: {why}"))
        return socket
    try:
        process = await container.execute(command, wants_stdin)
    except NotRunning:
        await _end(socket, _failure("failed to load task: no running task found"))
        return socket
    assert process.stdout
    assert process.stderr
    outputs = [
        asyncio.create_task(_send(socket, _STDOUT, process.stdout)),
        asyncio.create_task(_send(socket, _STDERR, process.stderr)),
    ]
    input_ = asyncio.create_task(_receive(socket, process))
    try:
        await asyncio.gather(*outputs)
        code = await process.wait()
        await _end(socket, _status(code))
    except ConnectionError:
        pass
    finally:
        if process.returncode is None:
            process.kill()
        input_.cancel()
        for output in outputs:
            output.cancel()
    return socket


async def _send(socket: web.WebSocketResponse, channel: int, stream: asyncio.StreamReader) -> None:
    while chunk := await stream.read(32768):
        await socket.send_bytes(bytes([channel]) + chunk)


async def _receive(socket: web.WebSocketResponse, process: asyncio.subprocess.Process) -> None:
    """Give the command what the client writes, until it closes that; end the command when the client is gone."""
    async for message in socket:
        if message.type != WSMsgType.BINARY or not message.data:
            continue
        channel, data = message.data[0], message.data[1:]
        if process.stdin and channel == _STDIN:
            process.stdin.write(data)
            try:
                await process.stdin.drain()
            except ConnectionError:
                continue
        elif process.stdin and channel == _CLOSE and data[:1] == bytes([_STDIN]):
            process.stdin.close()
    if process.returncode is None:
        process.kill()


async def _end(socket: web.WebSocketResponse, status: dict[str, Any]) -> None:
    await socket.send_bytes(bytes([_ERROR]) + json.dumps(status).encode())
    await socket.close()


def _failure(why: str) -> dict[str, Any]:
    """Return what the error channel says if the command cannot be started."""
    message = f"Internal error occurred: error executing command in container: failed to exec in container: {why}"
    return {"metadata": {}, "status": "Failure", "message": message, "reason": "InternalError", "code": 500}


def _status(code: int) -> dict[str, Any]:
    """Return how a command ended, as the error channel says it."""
    if code == 0:
        return {"metadata": {}, "status": "Success"}
    number = 128 - code if code < 0 else code
    return {
        "metadata": {},
        "status": "Failure",
        "message": f"command terminated with non-zero exit code: exit status {number}",
        "reason": "NonZeroExitCode",
        "details": {"causes": [{"reason": "ExitCode", "message": str(number)}]},
    }

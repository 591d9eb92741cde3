"""`kubectl port-forward`: connections to a port of a pod, in a websocket that carries SPDY (`tests/kube/spdy.py`)."""

import asyncio
import os
from dataclasses import dataclass, field

from aiohttp import WSMsgType, web

from tests.kube import spdy
from tests.kube.kubelet import Kubelet
from tests.kube.resources import Object
from tests.kube.store import Refused

_PROTOCOL = "SPDY/3.1+portforward.k8s.io"


async def forward(kubelet: Kubelet, request: web.BaseRequest, pod: Object) -> web.StreamResponse:
    """Carry connections between a client and a pod, until one of them goes."""
    if pod["status"]["phase"] != "Running" or pod["spec"].get("nodeName") in kubelet.faults.lost_nodes:
        message = f"unable to forward port because pod is not running. Current status={pod['status']['phase']}"
        raise Refused(400, "BadRequest", message)
    socket = web.WebSocketResponse(protocols=[_PROTOCOL], max_msg_size=0)
    if _PROTOCOL not in request.headers.get("Sec-WebSocket-Protocol", ""):
        raise Refused(400, "BadRequest", "tests/kube/portforward.py speaks SPDY only through a websocket")
    await socket.prepare(request)
    tunnel = _Tunnel(socket, pod["status"]["podIP"])
    ended = asyncio.create_task(_ended(kubelet, pod))
    reading = asyncio.create_task(tunnel.run())
    try:
        await asyncio.wait({ended, reading}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        ended.cancel()
        reading.cancel()
        tunnel.close()
    await socket.close()
    return socket


async def _ended(kubelet: Kubelet, pod: Object) -> None:
    """Wait until the containers of a pod have ended: then its network is gone, too."""
    running = kubelet.pods[pod["metadata"]["uid"]]
    await asyncio.wait({running.task})


@dataclass
class _Tunnel:
    """The streams of one client: for each connection one for errors, one for data."""

    socket: web.WebSocketResponse
    address: str
    connection: spdy.Connection = field(default_factory=spdy.Connection)
    _writers: dict[int, asyncio.StreamWriter] = field(default_factory=dict)
    _errors: dict[str, int] = field(default_factory=dict)
    """The stream for errors of each connection, by its request id."""
    _tasks: set["asyncio.Task[None]"] = field(default_factory=set)

    async def run(self) -> None:
        async for message in self.socket:
            if message.type == WSMsgType.BINARY:
                for frame in self.connection.read(message.data):
                    await self._take(frame)

    def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        for writer in self._writers.values():
            writer.close()

    async def _take(self, frame: spdy.Frame) -> None:
        match frame:
            case spdy.Opened(stream, headers, _):
                await self.socket.send_bytes(self.connection.accept(stream))
                if headers["streamtype"] == "error":
                    self._errors[headers["requestid"]] = stream
                else:
                    await self._connect(stream, int(headers["port"]), self._errors[headers["requestid"]])
            case spdy.Data(stream, data, finished) if stream in self._writers:
                try:
                    self._writers[stream].write(data)
                    await self._writers[stream].drain()
                    if finished:
                        self._writers[stream].write_eof()
                except (ConnectionError, OSError):
                    return
            case spdy.Reset(stream) if stream in self._writers:
                self._writers.pop(stream).close()
            case spdy.Ping(whole):
                await self.socket.send_bytes(whole)

    async def _connect(self, stream: int, port: int, errors: int) -> None:
        """Connect to the port on the pod's loopback; what listens on all its addresses may have only the pod's own."""
        for address in ("127.0.0.1", self.address):
            try:
                reader, writer = await asyncio.open_connection(address, port)
                break
            except OSError as error:
                problem = error
        else:
            message = (
                f"failed to execute portforward in network namespace: failed to connect to localhost:{port} inside "
                f"namespace: dial tcp4 127.0.0.1:{port}: connect: {os.strerror(problem.errno or 0).lower()}"
            )
            await self.socket.send_bytes(spdy.data_frame(errors, message.encode()))
            for ended in (errors, stream):
                await self.socket.send_bytes(spdy.data_frame(ended, b"", finished=True))
            return
        self._writers[stream] = writer
        task = asyncio.create_task(self._back(stream, reader, errors))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _back(self, stream: int, reader: asyncio.StreamReader, errors: int) -> None:
        """Send what the pod says, and that it has ended."""
        try:
            while chunk := await reader.read(32768):
                await self.socket.send_bytes(spdy.data_frame(stream, chunk))
            await self.socket.send_bytes(spdy.data_frame(stream, b"", finished=True))
            await self.socket.send_bytes(spdy.data_frame(errors, b"", finished=True))
        except ConnectionError:
            return

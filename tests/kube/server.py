"""A small Kubernetes, for tests: its API, its controllers, and a kubelet whose containers are local processes.

It stands in for a cluster because none can be had on a machine that runs the tests. The real kubectl, helm and
KubeSpawner speak to it. What it does not do:

- Users, roles and tokens: everybody may do everything but what a test refuses.
- Deployments and all other controllers but those of Jobs, services and garbage: such objects are kept, nothing more.
- Images: a container runs what is installed on this machine, in namespaces that a machine may forbid. Limits of memory
  and CPU, users and NetworkPolicies mean nothing, and pods share the network of this machine, each with a loopback
  address of its own.
- Probes, lifecycle hooks, quotas, priorities and affinity.

Started by `tests/kube/cluster.py`. Prints its address when it is ready, and ends with its standard input.
"""

import asyncio
import inspect
import json
import os
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from aiohttp import web

from tests.kube.api import Api
from tests.kube.containers import Image
from tests.kube.control import Control
from tests.kube.deletion import collect_garbage
from tests.kube.faults import Faults
from tests.kube.jobs import run_jobs
from tests.kube.kubelet import Kubelet
from tests.kube.logs import logs
from tests.kube.nodes import add_node, schedule
from tests.kube.portforward import forward
from tests.kube.remote import execute
from tests.kube.resources import BY_PLURAL
from tests.kube.sandbox import Mount
from tests.kube.services import Services
from tests.kube.store import Store

_REPOSITORY = Path(__file__).parents[2]


def locust_image() -> Image:
    """Return what the Dockerfile makes: Locust with hubusers' locustfile, of this checkout."""
    env = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "LOCUST_LOCUSTFILE": "/hubusers/locustfile.py",
        "HOME": "/home/hubusers",
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    files = [Mount(_REPOSITORY / name, f"/hubusers/{name}") for name in ("locustfile.py", "events")]
    return Image(["locust"], env, "/hubusers", files)


class Server:
    """The whole cluster in one process."""

    def __init__(self, folder: Path) -> None:
        self.store = Store()
        self.faults = Faults(self.store)
        self.api = Api(self.store, self.faults)
        self.folder = folder

    async def run(self) -> None:
        """Serve until the standard input ends.

        Raises:
            Exception: a controller failed, which is a mistake in this cluster.
        """
        runner, port = await _serve(self.api.answer)
        addresses = f"127.{port >> 8}.{port & 255}"
        kubelet = Kubelet(self.store, self.faults, self.folder, addresses, {"": locust_image()})
        streamers = {"log": logs, "exec": execute, "portforward": forward}
        self.api.streamers |= {name: partial(streamer, kubelet) for name, streamer in streamers.items()}
        for name in ("default", "kube-system"):
            namespace = {"metadata": {"name": name}, "spec": {"finalizers": ["kubernetes"]}}
            self.store.create(BY_PLURAL["namespaces"], "", namespace | {"status": {"phase": "Active"}})
        add_node(self.store, "node-1")
        self.control = Control(self.store, self.faults, kubelet, runner, port)
        _, control_port = await _serve(self.obey)
        work = [controller(self.store) for controller in (collect_garbage, run_jobs, schedule)]
        work += [kubelet.run(), Services(self.store, kubelet).run(), self._until_stdin_ends()]
        tasks = [asyncio.create_task(each) for each in work]
        print(json.dumps({"api": port, "control": control_port}), flush=True)
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            kubelet.end_all()

    async def _until_stdin_ends(self) -> None:
        ended = asyncio.Event()
        asyncio.get_running_loop().add_reader(sys.stdin, ended.set)
        await ended.wait()

    async def obey(self, request: web.BaseRequest) -> web.Response:
        """Do what a test asks for: POST the name of a method of `Control` or `Faults`, with its arguments as JSON."""
        name = request.path.strip("/")
        method = getattr(self.control, name, None) or getattr(self.faults, name)
        result = method(**await request.json())
        return web.json_response(await result if inspect.isawaitable(result) else result)


async def _serve(answer: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]) -> tuple[web.ServerRunner, int]:
    """Serve on a free port, and return what serves and the port."""
    runner = web.ServerRunner(web.Server(answer), shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner, runner.addresses[0][1]


if __name__ == "__main__":
    asyncio.run(Server(Path(sys.argv[1])).run())

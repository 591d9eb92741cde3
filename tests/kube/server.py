"""A small Kubernetes, for tests: its API, its controllers, and a kubelet whose containers are local processes.

It stands in for a cluster because none can be had on a machine that runs the tests. The real kubectl, helm and
KubeSpawner speak to it. What it does not do:

- Users, roles and tokens: everybody may do everything but what a test refuses.
- Deployments and all other controllers but those of Jobs, services and garbage: such objects are kept, nothing more.
- Images: a container runs what is installed on this machine. Limits of memory and CPU, users and NetworkPolicies mean
  nothing, and pods share the network of this machine, each with a loopback address of its own.
- Probes, lifecycle hooks, quotas, priorities and affinity.

Started by `tests/kube/cluster.py`. Prints its address when it is ready, and ends with its standard input.
"""

import asyncio
import json
import os
import sys
from functools import partial
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.kube.api import Api
from tests.kube.containers import Image
from tests.kube.deletion import collect_garbage
from tests.kube.faults import Faults
from tests.kube.jobs import run_jobs
from tests.kube.kubelet import Kubelet
from tests.kube.logs import logs
from tests.kube.nodes import add_node, schedule
from tests.kube.remote import execute
from tests.kube.resources import BY_PLURAL
from tests.kube.sandbox import Mount
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
        runner = web.ServerRunner(web.Server(self.api.answer), handle_signals=False, shutdown_timeout=0)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        control = web.ServerRunner(web.Server(self.control), shutdown_timeout=0)
        await control.setup()
        await web.TCPSite(control, "127.0.0.1", 0).start()
        self.kubelet = Kubelet(
            self.store, self.faults, self.folder, f"127.{port >> 8}.{port & 255}", {"": locust_image()}
        )
        self.api.streamers |= {"log": partial(logs, self.kubelet), "exec": partial(execute, self.kubelet)}
        for name in ("default", "kube-system"):
            namespace = {"metadata": {"name": name}, "spec": {"finalizers": ["kubernetes"]}}
            self.store.create(BY_PLURAL["namespaces"], "", namespace | {"status": {"phase": "Active"}})
        add_node(self.store, "node-1")
        controllers = [collect_garbage, run_jobs, schedule]
        tasks = [asyncio.create_task(controller(self.store)) for controller in controllers]
        tasks.append(asyncio.create_task(self.kubelet.run()))
        tasks.append(asyncio.create_task(self._until_stdin_ends()))
        print(json.dumps({"api": port, "control": control.addresses[0][1]}), flush=True)
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            self.kubelet.end_all()

    async def _until_stdin_ends(self) -> None:
        ended = asyncio.Event()
        asyncio.get_running_loop().add_reader(sys.stdin, ended.set)
        await ended.wait()

    async def control(self, request: web.BaseRequest) -> web.Response:
        """Do what a test asks for: POST the name of a method of `Faults`, with its arguments as JSON."""
        arguments: dict[str, Any] = await request.json()
        result = getattr(self.faults, request.path.strip("/"))(**arguments)
        return web.json_response(result)


if __name__ == "__main__":
    asyncio.run(Server(Path(sys.argv[1])).run())

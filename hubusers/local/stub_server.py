"""The small HTTP server that stands in for all single-user servers of a local hub.

It answers every path, so that the hub finds each new server up, and browsers get a page. It is a process of its own, so
that it takes no time from the hub's event loop: `python -m hubusers.local.stub_server PORT VERSION`.
"""

import asyncio
import sys

from tornado import web


class _AnyPath(web.RequestHandler):
    def initialize(self, version: str) -> None:
        self.version = version

    def prepare(self) -> None:
        self.set_header("X-JupyterHub-Version", self.version)  # the hub warns if a server does not send it
        self.finish({"stub": True, "path": self.request.path})


async def serve(port: int, version: str) -> None:
    """Serve on a loopback port for ever."""
    application = web.Application([(".*", _AnyPath, {"version": version})], log_function=lambda _: None)
    application.listen(port, address="127.0.0.1")
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), sys.argv[2]))

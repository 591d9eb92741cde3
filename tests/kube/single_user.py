"""A tiny single-user server, for pods of KubeSpawner: answers every path, on the address of its pod.

Pods share the network of this machine, so it listens on its pod's address where a real one listens on all. It ends at
a SIGTERM, which the first process of a container must handle itself.
"""

import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


class _AnyPath(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = b'{"version": "1"}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-JupyterHub-Version", os.environ["SERVER_VERSION"])
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    port = urlsplit(os.environ["JUPYTERHUB_SERVICE_URL"]).port or 8888
    ThreadingHTTPServer((os.environ["POD_IP"], port), _AnyPath).serve_forever()

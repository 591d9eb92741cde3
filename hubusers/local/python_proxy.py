"""PyPI's configurable-http-proxy, patched to behave like npm's: `python -m hubusers.local.python_proxy ARGUMENTS`.

npm's proxy is what most deployments run, and so what a load test should meet. PyPI's differs from it:

- It forwards ten requests at a time, and drops requests that waited for 20 seconds, as they do in front of a busy hub.
- It collects an answer before it forwards it, so that a progress stream arrives when it is over.
- It does not forward the subprotocol of a websocket, and turns binary messages into text. Kernels need both.
- It holds a websocket open after the server has closed it.
- It takes `--host-routing`, but does not look at the host of a request.
"""

import sys
from typing import Any

from configurable_http_proxy import handlers
from configurable_http_proxy.cli import main
from tornado.httpclient import AsyncHTTPClient
from tornado.httputil import HTTPHeaders, parse_response_start_line
from tornado.iostream import StreamClosedError

_collect = handlers.ProxyHandler.call_proxy
_connect = handlers.ProxyHandler.start_ws_client
_initialize = handlers.ProxyHandler.initialize


async def _call_proxy(handler: Any, path: str | None = None) -> None:
    if handler.request.headers.get("Accept") != "text/event-stream":
        await _collect(handler, path)
        return
    url = await handler.get_target_url(path)
    if url is None:
        return

    def hand_on_header(line: str) -> None:
        if line.startswith("HTTP/"):
            handler.set_status(parse_response_start_line(line.strip()).code)
        elif line.strip():
            for name, value in HTTPHeaders.parse(line).get_all():
                if name == "Content-Type":
                    handler.set_header(name, value)

    async def hand_on(chunk: bytes) -> None:
        handler.write(chunk)
        await handler.flush()

    request = handler._get_proxy_request(url)
    request.header_callback, request.streaming_callback = hand_on_header, hand_on
    try:
        await AsyncHTTPClient().fetch(request, raise_error=False)
        handler.finish()
    except StreamClosedError:
        pass  # the client is gone
    except Exception as error:
        await handler.handle_proxy_error(503, error)


async def _start_ws_client(handler: Any, path: str | None = None) -> None:
    await _connect(handler, path)
    if server := handler.ws_client:
        hand_on = server._on_message_callback

        def hand_on_the_end_too(message: str | bytes | None) -> None:
            hand_on(message)
            if message is None:
                handler.close()

        server._on_message_callback = hand_on_the_end_too


class _RoutesOfHost:
    """The proxy as one request sees it: its routes are those of the request's host."""

    def __init__(self, proxy: Any, host: str) -> None:
        self._proxy = proxy
        self._host = host

    def __getattr__(self, name: str) -> Any:
        return getattr(self._proxy, name)

    def target_for_req(self, _: None, path: str) -> Any:
        return self._proxy.target_for_req(self._host, f"/{path.lstrip('/')}")


def _initialize_for_host(handler: Any, proxy: Any) -> None:
    _initialize(handler, _RoutesOfHost(proxy, handler.request.host_name) if proxy.host_routing else proxy)


def _select_subprotocol(handler: Any, offered: list[str]) -> str | None:
    """Return the subprotocol that the server has chosen, which the proxy would not tell the browser."""
    chosen: str | None = handler.ws_client.selected_subprotocol
    return chosen


def _on_message(handler: Any, message: str | bytes) -> None:
    if handler.ws_client:
        if handler.target and handler.target["prefix"]:
            handler.proxy.update_last_activity(handler.target["prefix"])
        handler.ws_client.write_message(message, binary=isinstance(message, bytes))


if __name__ == "__main__":
    AsyncHTTPClient.configure(None, max_clients=10_000, defaults={"connect_timeout": 600, "request_timeout": 600})
    # JupyterHub gives the option alone, as npm's proxy wants it.
    sys.argv = ["--host-routing=yes" if argument == "--host-routing" else argument for argument in sys.argv]
    handlers.ProxyHandler.initialize = _initialize_for_host
    handlers.ProxyHandler.call_proxy = _call_proxy
    handlers.ProxyHandler.start_ws_client = _start_ws_client
    handlers.ProxyHandler.select_subprotocol = _select_subprotocol
    handlers.ProxyHandler.on_message = _on_message
    main()

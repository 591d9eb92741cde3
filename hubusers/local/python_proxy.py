"""PyPI's configurable-http-proxy, made to behave as npm's does: `python -m hubusers.local.python_proxy ARGUMENTS`.

By itself it hands on ten requests at a time, and drops those that waited for 20 seconds, which a busy hub makes them
do; it collects an answer before it hands it on, so that a progress stream arrives when it is over; of a websocket it
tells nobody the subprotocol, turns binary messages into text, both of which kernels need, and holds it open when the
server has closed it. npm's, which is what most deployments run, does none of that, and is what a load test should meet.
"""

from typing import Any

from configurable_http_proxy import handlers
from configurable_http_proxy.cli import main
from tornado.httpclient import AsyncHTTPClient
from tornado.httputil import HTTPHeaders, parse_response_start_line
from tornado.iostream import StreamClosedError

_collect = handlers.ProxyHandler.call_proxy
_connect = handlers.ProxyHandler.start_ws_client


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
        pass  # whoever listened has gone
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


def _select_subprotocol(handler: Any, offered: list[str]) -> str | None:
    """Choose what the server has chosen; the proxy by itself tells the browser of none."""
    chosen: str | None = handler.ws_client.selected_subprotocol
    return chosen


def _on_message(handler: Any, message: str | bytes) -> None:
    if handler.ws_client:
        if handler.target and handler.target["prefix"]:
            handler.proxy.update_last_activity(handler.target["prefix"])
        handler.ws_client.write_message(message, binary=isinstance(message, bytes))


if __name__ == "__main__":
    AsyncHTTPClient.configure(None, max_clients=10_000, defaults={"connect_timeout": 600, "request_timeout": 600})
    handlers.ProxyHandler.call_proxy = _call_proxy
    handlers.ProxyHandler.start_ws_client = _start_ws_client
    handlers.ProxyHandler.select_subprotocol = _select_subprotocol
    handlers.ProxyHandler.on_message = _on_message
    main()
